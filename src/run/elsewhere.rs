//! What is built elsewhere (an image, or an archive that is hosted already) and its version. The name is an address,
//! and what is there may change; so the digest of the content is appended, as it is for a packed workspace. Without a
//! digest nothing counts as the same: it is built again, with a warning.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::Run;
use crate::{
    config::{Config, Delivery, Image},
    failure::Failure,
    http::SecretUrl,
    platform::{Content, content::Proof, elsewhere},
};

/// How many hex digits of the digest a version has.
const DIGITS: usize = 12;
/// The longest version that every platform keeps.
const LONGEST: usize = 128;

/// Something that is built, or packed, elsewhere.
#[derive(Debug)]
pub struct ExternalSource {
    /// Where it is.
    pub url: SecretUrl,
    /// What it is called.
    pub version: String,
    /// SHA-256 of its content, lower-case hex. Without it the version does not say which content that is.
    pub sha256: Option<String>,
}

impl ExternalSource {
    /// Its content, as the platform is searched for it.
    pub fn content(&self) -> Content {
        let proof = match self.sha256 {
            Some(_) => Proof::Name,
            None => Proof::Nothing,
        };
        Content {
            version: self.version.clone(),
            proof,
        }
    }
}

/// Whether the workspace is packed: not for images or a slug, and for a hosted archive only if its address has a version in it that
/// nothing but the workspace tells.
pub fn is_packed(config: &Config) -> bool {
    match (&config.build.image, &config.source.delivery) {
        _ if config.build.slug.is_some() || !config.build.images.is_empty() => false,
        (Some(_), _) => false,
        (None, Delivery::Hosted(url)) => {
            config.source.version.is_none() && url.expose_secret().contains(Delivery::VERSION)
        }
        (None, _) => true,
    }
}

/// What is built elsewhere, by name alone, without a request for its digest. `workspace` is the workspace's name: its
/// version if it is packed, else its commit.
pub fn name(config: &Config, workspace: Option<&str>) -> Option<String> {
    let given = config.source.version.as_deref().or(workspace);
    match (&config.build.image, &config.source.delivery) {
        (Some(image), _) => Some(
            config
                .source
                .version
                .clone()
                .unwrap_or_else(|| place(image)),
        ),
        (None, Delivery::Hosted(url)) => Some(given.map_or_else(|| address(url), str::to_owned)),
        (None, _) => None,
    }
}

/// `artifacts.example.com/acme/shop.tgz`.
fn address(url: &SecretString) -> String {
    let url = Url::parse(url.expose_secret()).ok();
    url.map_or_else(String::new, |url| {
        format!("{}{}", url.host_str().unwrap_or_default(), url.path())
    })
}

/// `registry.example.com/acme/shop:2`.
fn place(image: &Image) -> String {
    let url = image.url.expose_secret();
    let (_, place) = url.rsplit_once("://").unwrap_or(("", url));
    let host_at = place.split('/').next().and_then(|host| host.rfind('@'));
    let place = &place[host_at.map_or(0, |at| at + 1)..];
    place.split('@').next().unwrap_or(place).to_owned()
}

/// The name followed by the digest. A name that is too long loses its beginning.
pub(super) fn version(name: &str, sha256: Option<&str>) -> String {
    let digest = sha256.map_or(String::new(), |sha256| {
        format!("-{}", sha256.get(..DIGITS).unwrap_or(sha256))
    });
    let mut cut = name.len().saturating_sub(LONGEST - digest.len());
    while !name.is_char_boundary(cut) {
        cut += 1;
    }
    format!("{}{digest}", &name[cut..])
}

impl Run<'_> {
    /// What is built elsewhere, if that is what `deploy.yaml` wants: its content is asked for. `workspace` is what
    /// the workspace is called.
    pub async fn elsewhere(
        &self,
        workspace: Option<&str>,
    ) -> Result<Option<ExternalSource>, Failure> {
        let Some(name) = name(self.config, workspace) else {
            return Ok(None);
        };
        let services = self.platform.services();
        let (url, found) = match (&self.config.build.image, &self.config.source.delivery) {
            (Some(image), _) => {
                let url = self.secret_url(&image.url, "", "build.image")?;
                let found = elsewhere::image_digest(services, &url).await;
                let found = found.map_err(|why| {
                    format!(
                        "the registry does not say which image {} is now ({why}): it is deployed again, because the tag may have \
                         moved to another image",
                        place(image)
                    )
                });
                (url, found)
            }
            (None, Delivery::Hosted(template)) => {
                let url = self.secret_url(template, &name, "source.url")?;
                let found = elsewhere::file_digest(services, &url).await;
                let found = found.map_err(|why| {
                    format!(
                        "the archive at `source.url` can't be read here ({why}): it is built again, because it may have \
                         changed"
                    )
                });
                (url, found)
            }
            (None, _) => return Ok(None),
        };
        let sha256 = match found {
            Ok(sha256) => Some(sha256),
            Err(told) => {
                self.journal.warn(told);
                None
            }
        };
        Ok(Some(ExternalSource {
            url,
            version: version(&name, sha256.as_deref()),
            sha256,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_called_by_its_place_without_its_password() {
        for (url, expected) in [
            (
                "docker://r.example.com/acme/shop:2",
                "r.example.com/acme/shop:2",
            ),
            (
                "docker://me:p@ss@r.example.com:5000/shop:2@sha256:00",
                "r.example.com:5000/shop:2",
            ),
        ] {
            assert_eq!(place(&Image { url: url.into() }), expected);
        }
    }

    #[test]
    fn the_digest_is_kept_whole_however_long_the_name_is() {
        let sha256 = "0123456789abcdef";
        assert_eq!(version("v1", Some(sha256)), "v1-0123456789ab");
        assert_eq!(version("v1", None), "v1");
        let long = version(&"é".repeat(100), Some(sha256));
        assert!(
            long.len() <= 128 && long.ends_with("é-0123456789ab"),
            "{long}"
        );
    }
}
