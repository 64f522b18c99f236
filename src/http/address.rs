//! Addresses that the platform names: where the archive goes, where output is. They are untrusted: none may aim this machine at itself or at its neighbours (the metadata service of a cloud is at a link-local
//! address), nor have anything sent in plain text. Only an API that is on this machine itself may name what it likes.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, PoisonError, RwLock},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The metadata service of AWS; the others have link-local addresses.
const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether an address is on this machine: where plain HTTP is allowed, and proxies and CA files are not needed.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether an IP address is this machine or on its own link, in whatever form.
fn is_near(ip: IpAddr) -> bool {
    let near = |ip: Ipv4Addr| ip.is_loopback() || ip.is_link_local() || ip.octets()[0] == 0;
    match ip {
        IpAddr::V4(ip) => near(ip),
        IpAddr::V6(ip) => {
            let parts = ip.segments();
            let embedded = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                near(Ipv4Addr::new(a, b, c, d))
            };
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unicast_link_local()
                || ip == METADATA
                || match parts {
                    // Mapped, compatible, translated (NAT64), 6to4.
                    [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
                    | [0, 0, 0, 0, 0xffff, 0, high, low]
                    | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
                    | [0x2002, high, low, ..] => embedded(high, low),
                    _ => false,
                }
        }
    }
}

/// Why nothing is sent to an address that a platform names, in the clear or not; `None` if it may be.
fn too_near(url: &Url) -> Option<&'static str> {
    let near = match url.host() {
        Some(Host::Ipv4(ip)) => is_near(ip.into()),
        Some(Host::Ipv6(ip)) => is_near(ip.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        None => return Some("it names no host"),
    };
    near.then_some("it is on this machine or on its own link")
}

/// Why neither source nor secrets are sent to an address that a platform names; `None` if they may be.
fn objection(url: &Url) -> Option<&'static str> {
    let plain = (url.scheme() != "https").then_some("it is not https");
    too_near(url).or(plain)
}

/// Keeps the addresses that a platform names from being near, by name as well: as a resolver it leaves out what is near of
/// what such a name stands for. Other names (a proxy's) it resolves as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    /// Whether the API itself is on this machine: then anything may be named.
    trusting: bool,
    hosts: Arc<RwLock<HashSet<String>>>,
}

impl Guard {
    /// A guard for an API that is on this machine, or is not.
    pub(super) fn new(local: bool) -> Self {
        Self {
            trusting: local,
            ..Self::default()
        }
    }

    /// Whether source or secrets may be sent to an address that the platform named; else why not.
    pub(super) fn admit(&self, url: &Url) -> Result<(), &'static str> {
        self.admit_unless(objection, url)
    }

    /// The same for a request with neither source nor secrets: it may be in the clear.
    pub(super) fn admit_bare(&self, url: &Url) -> Result<(), &'static str> {
        self.admit_unless(too_near, url)
    }

    fn admit_unless(
        &self,
        objection: fn(&Url) -> Option<&'static str>,
        url: &Url,
    ) -> Result<(), &'static str> {
        if self.trusting {
            return Ok(());
        }
        if let Some(why) = objection(url) {
            return Err(why);
        }
        if let Some(name) = url.domain() {
            let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
            hosts.insert(name.to_owned());
        }
        Ok(())
    }

    /// Of what a name stands for, what may be connected to.
    fn sift(&self, name: &str, found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        if !hosts.contains(name) {
            return Ok(found);
        }
        let (near, far): (Vec<_>, Vec<_>) = found.into_iter().partition(|at| is_near(at.ip()));
        match near.first() {
            Some(at) if far.is_empty() => Err(io::Error::other(format!(
                "{name} is {}, which is on this machine or on its own link",
                at.ip()
            ))),
            _ => Ok(far),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let sifted = guard.sift(name.as_str(), found.collect())?;
            Ok(Box::new(sifted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_only() {
        for (url, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:80/", true),
            ("http://localhost:3", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("https://api.heroku.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn what_a_platform_may_name() {
        let guard = Guard::new(false);
        for url in [
            "https://s3.amazonaws.com/x?sig=1",
            "https://10.0.0.8/x",
            "https://[2001:db8::1]/",
            "https://localhost.example.com/",
        ] {
            assert_eq!(guard.admit(&url.parse().unwrap()), Ok(()), "{url}");
        }
        for url in [
            "http://s3.amazonaws.com/x",
            "ftp://s3.amazonaws.com/x",
            "file:///etc/passwd",
            "data:text/plain,x",
            "https://127.0.0.1/",
            "https://127.9.9.9:8080/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0.0.0.0/",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://x.localhost/",
            "https://[::1]/",
            "https://[::]/",
            "https://[fe80::1]/",
            "https://[febf::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://[::127.0.0.1]/",
            "https://[::ffff:0:127.0.0.1]/",
            "https://[64:ff9b::169.254.169.254]/",
            "https://[2002:7f00:1::]/",
            "https://[fd00:ec2::254]/",
        ] {
            assert!(guard.admit(&url.parse().unwrap()).is_err(), "{url}");
            assert_eq!(
                Guard::new(true).admit(&url.parse().unwrap()),
                Ok(()),
                "{url}"
            );
        }
    }

    #[test]
    fn a_name_may_not_stand_for_what_is_near() {
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 443);
        let guard = Guard::new(false);
        guard
            .admit(&"https://up.example.com/x".parse().unwrap())
            .unwrap();
        let sift = |name: &str, ips: &[&str]| {
            let found = guard.sift(name, ips.iter().map(|ip| at(ip)).collect());
            found.map_err(|why| why.to_string())
        };
        assert_eq!(
            sift("up.example.com", &["192.0.2.1"]),
            Ok(vec![at("192.0.2.1")])
        );
        assert_eq!(
            sift("up.example.com", &["127.0.0.1", "192.0.2.1"]),
            Ok(vec![at("192.0.2.1")])
        );
        let why = sift("up.example.com", &["::ffff:169.254.169.254"]).unwrap_err();
        assert!(why.starts_with("up.example.com is"), "{why}");
        // Only the user can have named a proxy on this machine.
        assert_eq!(sift("proxy", &["127.0.0.1"]), Ok(vec![at("127.0.0.1")]));
    }

    #[tokio::test]
    async fn the_resolver_asks_the_system_and_sifts() {
        let guard = Guard::default();
        guard.hosts.write().unwrap().insert("localhost".to_owned());
        let refused = guard.resolve("localhost".parse().unwrap()).await;
        assert!(
            refused
                .err()
                .unwrap()
                .to_string()
                .contains("on this machine")
        );
        let found = Guard::default().resolve("localhost".parse().unwrap()).await;
        assert!(found.unwrap().all(|at| at.ip().is_loopback()));
    }
}
