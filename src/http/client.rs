//! The one place that makes HTTP clients, and the CA certificates that servers are judged by. A variable that is set but
//! empty counts as not set; the TLS library would take it for a file without a name. A file that can't be used is named,
//! where the library would only say that it found no certificates.

use std::{fs, path::Path, time::Duration};

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use url::Url;

use super::{
    Pacing,
    address::Guard,
    error::{CONNECT_TIMEOUT, root_cause},
};
use crate::env::Env;

/// How many headers an answer may have. The HTTP library's own limit of 100 is less than some apps send.
const MOST_HEADERS: usize = 1000;

const FILE: &str = "SSL_CERT_FILE";
const DIRECTORY: &str = "SSL_CERT_DIR";

/// Where the CA certificates come from.
#[derive(Clone)]
pub(super) enum Roots {
    /// From the operating system, as the TLS library finds them.
    System,
    /// These only.
    Only(Vec<Certificate>),
    /// These, and the operating system's.
    More(Vec<Certificate>),
}

impl Roots {
    /// As the environment has it.
    pub(super) fn find(env: &Env) -> Result<Self, String> {
        let named = |name| env.get(name).filter(|value| !value.is_empty());
        if let Some(file) = named(FILE) {
            let certificates = read(Path::new(file), FILE)?;
            if cfg!(any(windows, target_vendor = "apple")) {
                return Ok(Self::More(certificates));
            }
            if named(DIRECTORY).is_some() {
                // The library reads both.
                return Ok(Self::System);
            }
            return Ok(Self::Only(certificates));
        }
        if env.get(FILE).is_some()
            && let Some(file) = system_file()
        {
            let certificates = read(&file, "the system's CA file")?;
            return Ok(if named(DIRECTORY).is_some() {
                Self::System
            } else {
                Self::Only(certificates)
            });
        }
        Ok(Self::System)
    }

    /// Gives them to a client.
    pub(super) fn apply(self, builder: ClientBuilder) -> ClientBuilder {
        match self {
            Self::System => builder,
            Self::Only(certificates) => builder.tls_certs_only(certificates),
            Self::More(certificates) => builder.tls_certs_merge(certificates),
        }
    }
}

fn read(file: &Path, what: &str) -> Result<Vec<Certificate>, String> {
    let place = file.display();
    let bytes =
        fs::read(file).map_err(|e| format!("{what} names {place}, which can't be read: {e}"))?;
    let certificates = Certificate::from_pem_bundle(&bytes).unwrap_or_default();
    if certificates.is_empty() {
        return Err(format!(
            "{what} names {place}, in which there is no certificate in PEM form"
        ));
    }
    Ok(certificates)
}

/// The file in which this system keeps its CA certificates, where it has one.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn system_file() -> Option<std::path::PathBuf> {
    openssl_probe::probe().cert_file
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn system_file() -> Option<std::path::PathBuf> {
    None
}

/// The CA certificates for an address. Plain HTTP needs none: a rehearsal works on a machine without any.
pub(super) fn roots_for(url: &Url, found: &Result<Roots, String>) -> Result<Roots, String> {
    match url.scheme() {
        "http" => Ok(Roots::Only(Vec::new())),
        _ => found.clone(),
    }
}

/// Makes a client that follows no redirects. A local one works without proxies, which would capture loopback. One that
/// has no time-out for silence keeps no connection either.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes clients: none follows redirects or forgets its time-outs"
)]
pub(super) fn client(
    local: bool,
    roots: Roots,
    pacing: Pacing,
    silence: Option<Duration>,
    guard: Option<&Guard>,
) -> Result<Client, String> {
    let mut builder = Client::builder()
        .user_agent(concat!("launchway/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .http1_max_headers(MOST_HEADERS)
        .connect_timeout(pacing.timeout(CONNECT_TIMEOUT));
    builder = match silence {
        Some(silence) => builder.read_timeout(pacing.timeout(silence)),
        None => builder.pool_max_idle_per_host(0),
    };
    if local {
        builder = builder.no_proxy();
    }
    if let Some(guard) = guard {
        builder = builder.dns_resolver(std::sync::Arc::new(guard.clone()));
    }
    roots.apply(builder).build().map_err(|e| {
        format!(
            "cannot set up TLS: {}; {}set SSL_CERT_FILE to a file with CA certificates",
            root_cause(&e),
            if cfg!(windows) {
                ""
            } else {
                "install the package `ca-certificates` or "
            }
        )
    })
}
