//! Clients that send no credentials: for the upload host, outputs, HTTP checks, registries and the hosts of archives.

use std::time::Duration;

use reqwest::Client;
use url::Url;

use super::{
    Error, Kind, Pacing,
    address::{Guard, is_loopback},
    client::{Roots, client, roots_for},
    proxy,
};
use crate::env::Env;

/// How long a stream may be silent before it is reopened. The platform sends a heartbeat every 10 s (heroku.md §3).
pub const STREAM_SILENCE: Duration = Duration::from_secs(75);

/// The clients, and what is needed to make more.
#[derive(Clone)]
pub struct Outside {
    streams: Client,
    fresh: Client,
    guard: Guard,
    /// Where the API is: the clients above are good for addresses like its own.
    api: Url,
    /// The CA certificates, or what is wrong with those that the environment names.
    roots: Result<Roots, String>,
    /// The variable that names the proxy.
    proxy: Option<&'static str>,
    pacing: Pacing,
}

impl Outside {
    /// Makes the clients that accompany an API.
    pub fn new(api: Url, env: &Env, pacing: Pacing) -> Result<Self, String> {
        let local = is_loopback(&api);
        let found = Roots::find(env);
        let roots = roots_for(&api, &found)?;
        if let Some(fault) = proxy::fault(env).filter(|_| !local) {
            return Err(fault);
        }
        let guard = Guard::new(local);
        let silence = Some(STREAM_SILENCE);
        Ok(Self {
            streams: client(local, roots.clone(), pacing, silence, Some(&guard))?,
            // A read timeout would count from the first byte of an upload: that has a watch of its own.
            fresh: client(local, roots, pacing, None, Some(&guard))?,
            guard,
            api,
            roots: found,
            proxy: proxy::variable(env),
            pacing,
        })
    }

    /// The variable that names the proxy on the way to an address, if one does.
    pub(super) fn proxy_to(&self, url: &Url) -> Option<&'static str> {
        self.proxy.filter(|_| !is_loopback(url))
    }

    /// A client that keeps its connections, for an API that is silent for this long at most.
    pub(super) fn kept(&self, url: &Url, silence: Duration) -> Result<Client, String> {
        let roots = roots_for(url, &self.roots)?;
        client(is_loopback(url), roots, self.pacing, Some(silence), None)
    }

    /// The client for a stream at an address that the platform named, if it may be asked.
    pub fn for_stream(&self, name: &str, url: &Url) -> Result<&Client, Error> {
        self.admit(name, url)?;
        Ok(&self.streams)
    }

    /// The client for an upload to an address that the platform named, if it may be asked. Like those below it makes a
    /// connection for each request, and has no time-out but for the connection.
    pub fn for_upload(&self, name: &str, url: &Url) -> Result<&Client, Error> {
        self.admit(name, url)?;
        Ok(&self.fresh)
    }

    fn admit(&self, name: &str, url: &Url) -> Result<(), Error> {
        self.guard
            .admit(url)
            .map_err(|why| Error::new(Kind::Unsupported, name, refused(why)))
    }

    /// A client for an address that is not the platform's.
    pub fn client_for(&self, url: &Url) -> Result<Client, String> {
        self.fresh(url, None)
    }

    /// The same for an app's own address, which the platform named.
    pub fn client_for_app(&self, url: &Url) -> Result<Client, String> {
        self.guard.admit_bare(url).map_err(refused)?;
        self.fresh(url, Some(&self.guard))
    }

    /// The same for an address that another server named: a registry, the host of an archive. What holds of those that a
    /// platform names holds of it, too: only a server on this machine may name what is near.
    pub fn client_named_by(&self, by: &Url, url: &Url) -> Result<Client, String> {
        let guard = Guard::new(is_loopback(by));
        guard
            .admit(url)
            .map_err(|why| format!("it names an address, but nothing is sent there: {why}"))?;
        let roots = roots_for(url, &self.roots)?;
        client(is_loopback(url), roots, self.pacing, None, Some(&guard))
    }

    fn fresh(&self, url: &Url, guard: Option<&Guard>) -> Result<Client, String> {
        let local = is_loopback(url);
        if local == is_loopback(&self.api) && url.scheme() == self.api.scheme() {
            return Ok(self.fresh.clone());
        }
        client(
            local,
            roots_for(url, &self.roots)?,
            self.pacing,
            None,
            guard,
        )
    }
}

/// An address that the platform named, and where nothing is sent.
fn refused(why: &str) -> String {
    format!("the platform names this address, but nothing is sent there: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_is_given_for_an_address_that_a_platform_may_not_name() {
        let beside = |api: &str| {
            Outside::new(api.parse().unwrap(), &Env::default(), Pacing::default()).unwrap()
        };
        let (far, near) = (
            beside("https://api.example.com"),
            beside("http://127.0.0.1:1"),
        );
        for url in ["http://up.example.com/x", "https://169.254.169.254/x"] {
            let url = url.parse().unwrap();
            for refused in [far.for_upload("PUT x", &url), far.for_stream("GET x", &url)] {
                let error = refused.unwrap_err();
                assert_eq!(error.kind, Kind::Unsupported);
                assert!(error.message.contains("nothing is sent there"), "{error}");
            }
            assert!(
                near.for_upload("PUT x", &url).is_ok() && near.for_stream("GET x", &url).is_ok()
            );
        }
        let url = "https://up.example.com/x".parse().unwrap();
        assert!(far.for_upload("PUT x", &url).is_ok() && far.for_stream("GET x", &url).is_ok());
        // A request to an app has neither source nor secrets in it.
        let plain = "http://up.example.com/x".parse().unwrap();
        assert!(far.client_for_app(&url).is_ok() && far.client_for_app(&plain).is_ok());
        for url in [
            "http://127.0.0.1:80/x",
            "http://169.254.169.254/x",
            "https://localhost/x",
        ] {
            let url = url.parse().unwrap();
            let why = far.client_for_app(&url).unwrap_err();
            assert!(why.contains("nothing is sent there"), "{why}");
            assert!(near.client_for_app(&url).is_ok());
        }
    }
}
