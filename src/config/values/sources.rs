//! Where a source is, if launchway does not hand it over itself. Such addresses may carry secrets: no message shows one.

use secrecy::SecretString;
use url::Url;

use super::{
    super::{
        findings::Findings,
        node::{Kind, Node},
        read::Read,
    },
    scalar::{line, schema},
};

/// What stands for the source's version in an archive's address.
pub(in crate::config) const VERSION: &str = "${version}";

/// The address of an archive that is hosted somewhere.
#[derive(Clone, Debug)]
pub(in crate::config) struct ArchiveUrl(pub(in crate::config) SecretString);

schema!(ArchiveUrl, { "type": "string", "examples": ["https://artifacts.example.com/shop/${version}.tgz"] });

impl Read for ArchiveUrl {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let text = &line(node, what, out)?.text;
        web(&text.replace(VERSION, "version"), node, what, out)?;
        Some(Self(text.as_str().into()))
    }
}

/// A pre-signed address.
#[derive(Clone, Debug)]
pub(in crate::config) struct UploadUrl(pub(in crate::config) SecretString);

schema!(UploadUrl, { "type": "string", "examples": ["https://uploads.example.com/shop.tgz"] });

impl Read for UploadUrl {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let text = &line(node, what, out)?.text;
        web(text, node, what, out)?;
        Some(Self(text.as_str().into()))
    }
}

/// The address of a hook; none if it is an empty text, as that of a variable that is not set may be.
#[derive(Clone, Debug)]
pub(in crate::config) struct HookUrl(pub(in crate::config) Option<SecretString>);

schema!(HookUrl, { "type": "string", "examples": ["https://hooks.example.com/services/acme"] });

impl Read for HookUrl {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        if let Kind::Scalar(scalar) = &node.kind
            && scalar.text.is_empty()
            && !scalar.plain
        {
            return Some(Self(None));
        }
        let text = &line(node, what, out)?.text;
        web(text, node, what, out)?;
        Some(Self(Some(text.as_str().into())))
    }
}

fn web(text: &str, node: &Node, what: &str, out: &mut Findings<'_>) -> Option<()> {
    let fits = Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !fits {
        out.add(&node.span, format!("{what} is not a URL"))
            .help("expected one that begins with `https://`");
    }
    fits.then_some(())
}

/// An image in a registry.
#[derive(Clone, Debug)]
pub(in crate::config) struct Image {
    pub(in crate::config) url: SecretString,
}

schema!(Image, { "type": "string", "examples": ["docker://registry.example.com/acme/shop:1.2.3"] });

impl Read for Image {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let text = &line(node, what, out)?.text;
        let url = Url::parse(text)
            .ok()
            .filter(|url| url.scheme() == "docker" && url.has_host());
        let Some(url) = url else {
            out.add(&node.span, format!("{what} is not the address of an image"))
                .help("expected `docker://registry/name:tag`");
            return None;
        };
        let name = url.path().rsplit('/').next().unwrap_or_default();
        let tagged = name
            .split_once(':')
            .is_some_and(|(name, tag)| !name.is_empty() && !tag.is_empty());
        if !tagged {
            out.add(&node.span, format!("{what} has no tag")).help(
                "the platform needs one that says which image it is: `docker://registry/name:tag`",
            );
            return None;
        }
        Some(Self {
            url: text.as_str().into(),
        })
    }
}
