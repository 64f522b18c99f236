//! Files that are likely not meant to leave the machine: secrets that git does not track.

use std::fs::{File, Metadata};
use std::io::{self, Read};

/// How much of a file is looked at; a service account's key is no larger.
const LOOK: u64 = 16 * 1024;

/// What a path alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Innocent,
    Suspect(&'static str),
    /// Suspect if the content is.
    Look(Content),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    PrivateKey,
    ServiceAccount,
    Token(&'static str, &'static str),
}

/// Says what a file that git does not track looks like, if it looks like a secret.
/// `open` opens it.
pub(super) fn suspect(
    path: &[u8],
    open: impl Fn() -> io::Result<(File, Metadata)>,
) -> Option<&'static str> {
    match judge(path) {
        Name::Innocent => None,
        Name::Suspect(what) => Some(what),
        Name::Look(content) => content.found_in(&beginning(content, open().ok()?)?),
    }
}

/// What a file begins with. What can't be read is found out when it is packed.
fn beginning(sought: Content, (file, metadata): (File, Metadata)) -> Option<Vec<u8>> {
    if !metadata.is_file() || (sought == Content::ServiceAccount && metadata.len() > LOOK) {
        return None;
    }
    let mut content = Vec::new();
    file.take(LOOK).read_to_end(&mut content).ok()?;
    Some(content)
}

fn judge(path: &[u8]) -> Name {
    let path = path.to_ascii_lowercase();
    let mut components = path.rsplit(|&byte| byte == b'/');
    let name = components.next().unwrap_or(&path);
    let directory = components.next().unwrap_or(b"");
    let extension = name.rsplit(|&byte| byte == b'.').next().unwrap_or(name);
    match (directory, name) {
        (_, b".env") => Name::Suspect("environment file"),
        (_, name) if name.starts_with(b".env.") => match extension {
            b"example" | b"sample" | b"template" | b"dist" | b"defaults" | b"schema" => {
                Name::Innocent
            }
            _ => Name::Suspect("environment file"),
        },
        (
            _,
            b"id_rsa" | b"id_dsa" | b"id_ecdsa" | b"id_ed25519" | b"id_ecdsa_sk" | b"id_ed25519_sk",
        ) => Name::Suspect("SSH private key"),
        (_, b".netrc" | b"_netrc") => Name::Suspect("netrc"),
        (_, b".git-credentials") => Name::Suspect("git credentials"),
        (_, b".pgpass") => Name::Suspect("PostgreSQL password file"),
        (_, b".htpasswd") => Name::Suspect("password file"),
        (_, b".s3cfg" | b".boto" | b"aws_credentials") | (b".aws", b"credentials") => {
            Name::Suspect("AWS credentials")
        }
        (_, b"application_default_credentials.json") => Name::Suspect("Google Cloud credentials"),
        (b".azure", b"accesstokens.json" | b"msal_token_cache.json") => {
            Name::Suspect("Azure credentials")
        }
        (b".kube", b"config") | (_, b"kubeconfig") => Name::Suspect("Kubernetes credentials"),
        (b".docker", b"config.json") | (_, b".dockercfg") => {
            Name::Look(Content::Token("\"auth\"", "container registry credentials"))
        }
        (_, b".npmrc") => Name::Look(Content::Token("_auth", "npm token")),
        (_, b".pypirc") => Name::Look(Content::Token("password", "PyPI password")),
        (b".cargo", b"credentials" | b"credentials.toml") => Name::Suspect("cargo token"),
        (_, b".vault-token") => Name::Suspect("Vault token"),
        (_, b"terraform.tfstate" | b"terraform.tfstate.backup") => Name::Suspect("Terraform state"),
        (b"config", b"master.key") => Name::Suspect("Rails master key"),
        _ => match extension {
            b"p12" | b"pfx" | b"jks" | b"keystore" | b"kdbx" => Name::Suspect("key store"),
            b"ppk" => Name::Suspect("private key"),
            b"pem" | b"key" | b"p8" | b"asc" | b"gpg" => Name::Look(Content::PrivateKey),
            b"json" => Name::Look(Content::ServiceAccount),
            _ => Name::Innocent,
        },
    }
}

impl Content {
    fn found_in(self, content: &[u8]) -> Option<&'static str> {
        let has = |needle: &str| {
            content
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        };
        match self {
            Self::PrivateKey => {
                (has("PRIVATE KEY-----") || has("PRIVATE KEY BLOCK-----")).then_some("private key")
            }
            // What `gcloud` and the actions that log in leave behind: a key, a user's or a workload's credentials.
            Self::ServiceAccount => {
                let is = |kind: &str, secret: &str| has(kind) && has(secret);
                if is("\"service_account\"", "\"private_key\"") {
                    Some("Google service account key")
                } else if is("\"authorized_user\"", "\"refresh_token\"")
                    || is("\"external_account\"", "Bearer ")
                {
                    Some("cloud credentials")
                } else {
                    None
                }
            }
            Self::Token(needle, what) => has(needle).then_some(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Name, judge};

    #[test]
    fn names_are_judged() {
        for (path, suspect) in [
            (".env", true),
            ("api/.env.production", true),
            (".env.example", false),
            (".envrc.md", false),
            ("environment", false),
            ("deploy/id_ed25519", true),
            ("deploy/id_ed25519.pub", false),
            ("home/.aws/credentials", true),
            ("docs/credentials", false),
            (".NETRC", true),
            ("certs/server.PFX", true),
        ] {
            let found = matches!(judge(path.as_bytes()), Name::Suspect(_));
            assert_eq!(found, suspect, "{path}");
        }
        assert_eq!(judge(b"certs/server.pem"), Name::Look(Content::PrivateKey));
    }

    #[test]
    fn content_is_judged() {
        let key = b"-----BEGIN RSA PRIVATE KEY-----\n";
        assert_eq!(Content::PrivateKey.found_in(key), Some("private key"));
        assert_eq!(
            Content::PrivateKey.found_in(b"-----BEGIN CERTIFICATE-----"),
            None
        );
        let account = br#"{"type": "service_account", "private_key": "x"}"#;
        assert!(Content::ServiceAccount.found_in(account).is_some());
        for credentials in [
            r#"{"type":"external_account","credential_source":{"headers":{"Authorization":"Bearer x"}}}"#,
            r#"{"type": "authorized_user", "refresh_token": "x"}"#,
        ] {
            let found = Content::ServiceAccount.found_in(credentials.as_bytes());
            assert_eq!(found, Some("cloud credentials"), "{credentials}");
        }
        assert_eq!(Content::ServiceAccount.found_in(b"{}"), None);
    }
}
