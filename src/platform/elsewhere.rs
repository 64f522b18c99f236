//! What is hosted elsewhere, by its content: a tag, or an address, may stand for something else tomorrow. A registry is asked
//! for the digest behind a tag (<https://distribution.github.io/distribution/spec/api/>), a file is read to its end. Neither
//! ever sees the platform's token; the registry's own user and password are in the image's address.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::Services;
use crate::{
    http::{Error, SecretUrl, answer::read_bounded, is_loopback},
    units,
};

/// How long a registry may take for an answer, and a file for all of it.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(30);
const FILE_TIMEOUT: Duration = Duration::from_mins(5);
/// How often an unresponsive host is tried.
const TRIES: usize = 3;
/// The largest file that is read.
const LARGEST_FILE: u64 = 2 << 30;
/// The largest answer of what gives tokens.
const LARGEST_TOKEN: usize = 64 << 10;
/// The kinds of manifests that a tag may stand for. Without the lists among them a registry gives another digest.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json";

/// The digest of an image, as lower-case hex of SHA-256; else why it is not known.
pub async fn image_digest(services: &Services, image: &SecretUrl) -> Result<String, String> {
    let place = Place::of(image.expose()).ok_or("it is not the address of an image")?;
    if let Some(digest) = place.digest {
        return Ok(digest);
    }
    let client = services.outside.client_for(&place.manifest)?;
    let ask = |authorize: &dyn Fn(RequestBuilder) -> RequestBuilder| {
        let request = client
            .request(Method::HEAD, place.manifest.clone())
            .header(header::ACCEPT, MANIFESTS);
        authorize(request)
    };
    let timeout = services.pacing.timeout(REGISTRY_TIMEOUT);
    let mut answer = send(services, timeout, || ask(&|request| request)).await?;
    if answer.status() == StatusCode::UNAUTHORIZED {
        let challenges = answer.headers().get_all(header::WWW_AUTHENTICATE);
        let mut challenges = challenges.iter().filter_map(|value| value.to_str().ok());
        let challenge = challenges.find_map(Challenge::read);
        answer = match challenge.ok_or("it wants another kind of authorization")? {
            Challenge::Basic => {
                let (user, password) = place
                    .login
                    .as_ref()
                    .ok_or("it wants a user and a password")?;
                let with = |request: RequestBuilder| request.basic_auth(user, Some(password));
                send(services, timeout, || ask(&with)).await?
            }
            Challenge::Bearer(realm) => {
                let token = token(services, &place, realm, timeout).await?;
                send(services, timeout, || {
                    ask(&|request| request.bearer_auth(&token))
                })
                .await?
            }
        };
    }
    if !answer.status().is_success() {
        return Err(format!("it answered {}", answer.status()));
    }
    let digest = answer.headers().get("docker-content-digest");
    digest
        .and_then(|value| sha256_of(value.to_str().ok()?))
        .ok_or_else(|| "it gave no digest".to_owned())
}

/// The digest of a file, as lower-case hex of SHA-256; else why it is not known. One redirect is followed, as the build
/// worker does.
pub async fn file_digest(services: &Services, file: &SecretUrl) -> Result<String, String> {
    let limit = services.pacing.timeout(FILE_TIMEOUT);
    let read = async {
        let url = file.expose();
        let client = services.outside.client_for(url)?;
        let mut answer = send(services, limit, || client.get(url.clone())).await?;
        let place = answer.headers().get(header::LOCATION);
        let place = place.and_then(|place| url.join(place.to_str().ok()?).ok());
        if let Some(place) = place.filter(|_| answer.status().is_redirection()) {
            answer = redirected(services, url, place, limit).await?;
        }
        if !answer.status().is_success() {
            return Err(format!("its host answered {}", answer.status()));
        }
        let (mut sha256, mut bytes) = (Sha256::new(), 0_u64);
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| why(&error))?;
            bytes += chunk.len() as u64;
            if bytes > LARGEST_FILE {
                let largest = units::bytes(LARGEST_FILE);
                return Err(format!("it has more than {largest}"));
            }
            sha256.update(&chunk);
        }
        Ok(units::hex(&sha256.finalize()))
    };
    let read = tokio::time::timeout(limit, read).await;
    read.unwrap_or_else(|_| Err(format!("it was not read within {}", units::whole(limit))))
}

/// What is at the place that an address leads to.
async fn redirected(
    services: &Services,
    from: &Url,
    place: Url,
    timeout: Duration,
) -> Result<Response, String> {
    if place.scheme() != "https" && !is_loopback(from) {
        return Err("it redirects to an address that is not https".to_owned());
    }
    let client = services.outside.client_named_by(from, &place)?;
    for secret in SecretUrl::new(place.clone()).secrets() {
        services.redactor.announce(&secret);
    }
    send(services, timeout, || client.get(place.clone())).await
}

/// Sends a request, and again where nothing of use came back.
async fn send(
    services: &Services,
    timeout: Duration,
    request: impl Fn() -> RequestBuilder,
) -> Result<Response, String> {
    let mut pauses = services.pacing.pauses().take(TRIES - 1);
    loop {
        let sent = request().timeout(timeout).send().await;
        let again = match &sent {
            Ok(answer) => answer.status().is_server_error(),
            Err(_) => true,
        };
        match pauses.next().filter(|_| again) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return sent.map_err(|error| why(&error)),
        }
    }
}

/// What went wrong on the way, without the address.
fn why(error: &reqwest::Error) -> String {
    let Error { message, .. } = Error::from_reqwest("", error);
    message
}

/// A token for reading one repository. It is given anonymously, or for the user and password in the image's address.
async fn token(
    services: &Services,
    place: &Place,
    realm: Url,
    timeout: Duration,
) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Token {
        #[serde(alias = "access_token")]
        token: String,
    }
    if realm.scheme() != "https" && !(is_loopback(&realm) && is_loopback(&place.manifest)) {
        return Err("it wants a token from an address that is not https".to_owned());
    }
    let client = services.outside.client_named_by(&place.manifest, &realm)?;
    let ask = || {
        let request = client.get(realm.clone());
        match &place.login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    };
    let answer = send(services, timeout, ask).await?;
    if !answer.status().is_success() {
        return Err(format!("its token server answered {}", answer.status()));
    }
    let body = read_bounded(answer, LARGEST_TOKEN).await;
    let body = body.map_err(|error| why(&error))?;
    let token: Result<Token, _> = serde_json::from_slice(&body);
    let token = token.map_err(|_| "its token server gave none")?.token;
    services.redactor.announce(&token);
    Ok(token)
}

/// Where the manifest of an image is.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    manifest: Url,
    login: Option<(String, String)>,
    /// The digest in the address itself.
    digest: Option<String>,
}

impl Place {
    /// Of `docker://[user:password@]host/repository:tag[@sha256:…]`.
    fn of(image: &Url) -> Option<Self> {
        let (path, digest) = match image.path().split_once('@') {
            Some((path, digest)) => (path, Some(sha256_of(digest)?)),
            None => (image.path(), None),
        };
        let (repository, tag) = path.trim_start_matches('/').rsplit_once(':')?;
        let host = match image.host_str()? {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        let port = image.port().map(|port| format!(":{port}"));
        let at = format!("{host}{}", port.unwrap_or_default());
        let local = Url::parse(&format!("http://{at}")).is_ok_and(|url| is_loopback(&url));
        let scheme = if local { "http" } else { "https" };
        let decoded = |text: &str| {
            let pair = format!("x={}", text.replace('+', "%2B"));
            let found = url::form_urlencoded::parse(pair.as_bytes()).next();
            found.map(|(_, value)| value.into_owned())
        };
        Some(Self {
            manifest: Url::parse(&format!("{scheme}://{at}/v2/{repository}/manifests/{tag}"))
                .ok()?,
            login: match (image.username(), image.password()) {
                ("", None) => None,
                (user, password) => Some((decoded(user)?, decoded(password.unwrap_or_default())?)),
            },
            digest,
        })
    }
}

/// What a registry wants before it answers.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    /// A token from there.
    Bearer(Url),
}

impl Challenge {
    /// Reads a `WWW-Authenticate`: `Bearer realm="https://…",service="…",scope="…"`.
    fn read(text: &str) -> Option<Self> {
        let (scheme, mut rest) = text.split_once(' ').unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut others) = (None, Vec::new());
        while let Some((name, behind)) = rest.split_once("=\"") {
            let (value, behind) = behind.split_once('"')?;
            match name.trim_matches([',', ' ']) {
                "realm" => realm = Url::parse(value).ok(),
                name @ ("service" | "scope") => others.push((name.to_owned(), value)),
                _ => {}
            }
            rest = behind;
        }
        let mut realm = realm?;
        realm.query_pairs_mut().extend_pairs(others);
        Some(Self::Bearer(realm))
    }
}

/// The hex of `sha256:…`, if it is one.
fn sha256_of(text: &str) -> Option<String> {
    let hex = text.strip_prefix("sha256:")?;
    let fits = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| hex.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
