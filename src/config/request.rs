//! What an HTTP check sends.

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    mask,
    placeholder::{self, Placeholder},
};

/// What an HTTP check sends. Headers and body may hold secrets; placeholders in them are the run's own.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The headers, in lower case, and their values.
    pub headers: Vec<(String, SecretString)>,
    /// The body.
    pub body: Option<SecretString>,
}

impl Default for Request {
    /// A GET that says nothing of its own.
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }
}

impl Request {
    /// The placeholders in it.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        let values = self.headers.iter().map(|(_, value)| value);
        placeholder::named_in(
            values
                .chain(&self.body)
                .map(secrecy::ExposeSecret::expose_secret),
        )
    }

    /// The request with its placeholders filled in.
    #[must_use]
    pub fn filled(&self, value: impl Fn(Placeholder) -> String) -> Self {
        let text = |secret: &SecretString| placeholder::fill(secret.expose_secret(), &value).into();
        let headers = self.headers.iter();
        Self {
            method: self.method.clone(),
            headers: headers
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            body: self.body.as_ref().map(text),
        }
    }

    /// What headers hold that are made for secrets: the value, and what is behind the word for its kind, as in `Bearer …`.
    pub(super) fn credentials(&self) -> impl Iterator<Item = String> {
        let secret = |name: &str| mask::is_secret_key(name) || name == "cookie";
        self.headers
            .iter()
            .filter(move |(name, _)| secret(name))
            .flat_map(|(_, value)| {
                let value = value.expose_secret();
                let bare = value.split_once(' ').map(|(_, bare)| bare);
                std::iter::once(value).chain(bare).map(str::to_owned)
            })
    }
}
