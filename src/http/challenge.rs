//! What a 401 asks for: RFC 7235's `WWW-Authenticate`. Registries may want a token that another server gives out for a password
//! (<https://distribution.github.io/distribution/spec/auth/token/>). That server is not asked: only the API gets its token.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use url::Url;

use super::{Error, Kind};

/// Who gives out the token that a 401 wants instead of a password; `None` if a password would do.
pub(super) fn token_server(headers: &HeaderMap) -> Option<String> {
    let mut realm = None;
    for challenge in headers.get_all(WWW_AUTHENTICATE) {
        let text = challenge.to_str().ok()?;
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let lower = rest.to_ascii_lowercase();
        if scheme.eq_ignore_ascii_case("basic") || lower.contains(", basic ") {
            return None;
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            realm = Some(host(rest).unwrap_or_else(|| "another server".to_owned()));
        }
    }
    realm
}

/// The host of a challenge's realm.
fn host(parameters: &str) -> Option<String> {
    let (_, rest) = parameters.split_once("realm=\"")?;
    let (realm, _) = rest.split_once('"')?;
    Some(Url::parse(realm).ok()?.host_str()?.to_owned())
}

/// Says so in the error of a request that sent a password.
pub(super) fn told(mut error: Error, server: Option<&str>) -> Error {
    if let (Kind::Denied { status: 401, .. }, Some(server)) = (&error.kind, server) {
        error.kind = Kind::WantsToken;
        error.message = format!(
            "it wants a token that {server} gives out, and takes no password: the API's token is not sent to others"
        );
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_says_who_gives_out_tokens() {
        for (challenges, expected) in [
            (
                &[
                    "Bearer realm=\"https://auth.example.com/token\",service=\"r\",scope=\"repository:a/web:pull\"",
                ][..],
                Some("auth.example.com"),
            ),
            (&["bearer realm=\"/token\""], Some("another server")),
            (&["Bearer"], Some("another server")),
            (&["Bearer realm=\"https://x"], Some("another server")),
            (&["Basic realm=\"Registry\""], None),
            (&["Bearer realm=\"https://x/\"", "Basic realm=\"r\""], None),
            (&["Bearer realm=\"https://x/\", Basic realm=\"r\""], None),
            (&["Digest realm=\"https://x/\""], None),
            (&[""], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for challenge in challenges {
                headers.append(WWW_AUTHENTICATE, challenge.parse().unwrap());
            }
            assert_eq!(
                token_server(&headers).as_deref(),
                expected,
                "{challenges:?}"
            );
        }
    }
}
