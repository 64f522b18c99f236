//! Addresses that authorise anyone who holds them.

use std::fmt;

use url::Url;

/// An address that carries its own authorisation (a pre-signed URL): never shown with its query.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Url);

impl SecretUrl {
    /// Takes the address in.
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// The whole address: for the request that needs it, and for nothing else.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// The values in it that authorise, for the redactor: long ones of its query, and a password.
    pub fn secrets(&self) -> Vec<String> {
        // Long enough to be taken for a secret, but the same for everybody.
        const PUBLIC: [&str; 4] = [
            "X-Amz-Algorithm",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
        ];
        let is_public = |name: &str| {
            PUBLIC
                .iter()
                .any(|public| public.eq_ignore_ascii_case(name))
        };
        let raw = self.0.query().unwrap_or_default();
        let decoded = self
            .0
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        raw.split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain(decoded)
            .filter(|(name, value)| value.len() >= 16 && !is_public(name))
            .map(|(_, value)| value)
            .chain(self.0.password().map(str::to_owned))
            .collect()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.cannot_be_a_base() {
            // The data itself is behind the colon.
            return write!(f, "{}:…", self.0.scheme());
        }
        write!(
            f,
            "{}://{}",
            self.0.scheme(),
            self.0.host_str().unwrap_or("?")
        )?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.0.path())
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_passwords_are_not_shown() {
        let show = |text: &str| SecretUrl::new(Url::parse(text).unwrap()).to_string();
        assert_eq!(show("data:base64,QUJD"), "data:…");
        assert_eq!(
            show("docker://me:pw@r.example.com/a:1"),
            "docker://r.example.com/a:1"
        );
    }

    #[test]
    fn a_pre_signed_address_never_shows_its_query() {
        let url =
            Url::parse("https://s3.example.com:8443/a/b.tgz?X-Amz-Signature=0123456789abcdef0")
                .unwrap();
        let secret = SecretUrl::new(url);
        for text in [format!("{secret}"), format!("{secret:?}")] {
            assert_eq!(text, "https://s3.example.com:8443/a/b.tgz");
        }
        assert!(secret.secrets().contains(&"0123456789abcdef0".to_owned()));
    }
}
