//! The request of an HTTP check, ready to be sent again and again.

use std::time::Duration;

use reqwest::{Client, Method, Response, header};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::config;

/// A request with nothing left to fill in.
pub(super) struct Outgoing {
    client: Client,
    url: Url,
    method: Method,
    headers: header::HeaderMap,
    body: Option<Vec<u8>>,
}

impl Outgoing {
    /// The request of a check, filled in, or why it can't be sent.
    pub(super) fn new(client: Client, url: Url, request: &config::Request) -> Result<Self, String> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| "its method is not valid".to_owned())?;
        let mut headers = header::HeaderMap::new();
        for (name, value) in &request.headers {
            let known = header::HeaderName::from_bytes(name.as_bytes());
            let value = header::HeaderValue::from_bytes(value.expose_secret().as_bytes());
            let (Ok(known), Ok(mut value)) = (known, value) else {
                return Err(format!("its header `{name}` can't be sent"));
            };
            // Not shown by what prints headers.
            value.set_sensitive(true);
            headers.insert(known, value);
        }
        let body = request.body.as_ref();
        Ok(Self {
            client,
            url,
            method,
            headers,
            body: body.map(|body| body.expose_secret().as_bytes().to_vec()),
        })
    }

    /// Where it goes.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Sends it on a new connection: the server might just be closing a kept one, and a kept one would always reach the
    /// same process.
    pub(super) async fn send(&self, limit: Duration) -> Result<Response, reqwest::Error> {
        let request = self.client.request(self.method.clone(), self.url.clone());
        let mut request = request.headers(self.headers.clone()).timeout(limit);
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        request.send().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_can_hold_is_said_without_its_value() {
        let request = |value: &str| config::Request {
            headers: vec![("x-a".to_owned(), value.to_owned().into())],
            ..config::Request::default()
        };
        let url: Url = "https://shop.example.com/".parse().unwrap();
        let outgoing = |value| Outgoing::new(Client::default(), url.clone(), &request(value));
        assert!(outgoing("Bearer für mich").is_ok());
        let why = outgoing("a\u{7f}b").map(drop).unwrap_err();
        assert_eq!(why, "its header `x-a` can't be sent");
    }
}
