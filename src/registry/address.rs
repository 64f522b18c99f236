//! Where the registry is: a pure function of what is configured.

use url::Url;

use crate::{http::is_loopback, model::About};

/// The variable that names the registry.
pub const VARIABLE: &str = "LAUNCHWAY_REGISTRY_URL";

/// Where a registry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its origin: scheme, host and port, and nothing else.
    pub url: Url,
    /// Where the platform's own is. References call it so, wherever it is.
    own: &'static str,
}

impl Address {
    /// Whether a reference's host is this registry: by its own name, or by that of the platform's own.
    pub fn is_called(&self, host: &str) -> bool {
        let own = self.own.split_once("://").map(|(_, host)| host);
        let here = self.url.authority();
        [own, Some(here)].contains(&Some(host))
    }
}

/// The registry's address: what [`VARIABLE`] says, else the origin of an API that is on this machine, else the platform's own
/// if the API is at its public address. `None` if the platform has no registry that images are pushed to, or if nobody says
/// which one belongs to this API: its token is nobody else's business. A variable that is set but empty counts as not set.
pub fn address(
    about: &About,
    api: &Url,
    variable: Option<&str>,
) -> Result<Option<Address>, String> {
    let Some(own) = about.registry else {
        return Ok(None);
    };
    let text = match variable.filter(|text| !text.is_empty()) {
        Some(text) => text.to_owned(),
        None if is_loopback(api) => api.origin().ascii_serialization(),
        None if about.is_public(api) => own.to_owned(),
        None => return Ok(None),
    };
    let url: Url = text
        .parse()
        .map_err(|e| format!("{VARIABLE} is not an address: {e}"))?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if !secure {
        return Err(format!(
            "{VARIABLE} is not https: the token goes there, and http is accepted for loopback only"
        ));
    }
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        return Err(format!(
            "{VARIABLE} is more than a scheme and a host, such as https://registry.example.com"
        ));
    }
    Ok(Some(Address { url, own }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::PlatformKind;

    const HEROKU: &About = PlatformKind::Heroku.about();
    const AKKERIS: &About = PlatformKind::Akkeris.about();

    #[test]
    fn each_place_has_its_registry() {
        const PUBLIC: &str = "https://api.heroku.com";
        const NEAR: &str = "http://127.0.0.1:4000/base";
        for (about, api, variable, expected) in [
            (HEROKU, PUBLIC, None, "https://registry.heroku.com/"),
            (HEROKU, PUBLIC, Some(""), "https://registry.heroku.com/"),
            (
                HEROKU,
                "https://api.heroku.com/base",
                None,
                "https://registry.heroku.com/",
            ),
            // Whose registry would that be?
            (HEROKU, "https://api.example.com", None, ""),
            (HEROKU, "https://api.heroku.com:8443", Some(""), ""),
            (HEROKU, "https://api.heroku.com.example.com", None, ""),
            (
                HEROKU,
                "https://api.example.com",
                Some("https://r.example.com"),
                "https://r.example.com/",
            ),
            (HEROKU, NEAR, None, "http://127.0.0.1:4000/"),
            (
                HEROKU,
                NEAR,
                Some("http://localhost:5000"),
                "http://localhost:5000/",
            ),
            (
                HEROKU,
                NEAR,
                Some("https://r.example.com"),
                "https://r.example.com/",
            ),
            (
                HEROKU,
                PUBLIC,
                Some("http://[::1]:5000/"),
                "http://[::1]:5000/",
            ),
            (AKKERIS, PUBLIC, Some("https://r.example.com"), ""),
            (AKKERIS, NEAR, None, ""),
        ] {
            let found = address(about, &api.parse().unwrap(), variable).unwrap();
            let found = found.map_or(String::new(), |found| found.url.into());
            assert_eq!(found, expected, "{api} {variable:?}");
        }
    }

    #[test]
    fn it_is_called_by_its_own_name_and_by_the_platforms() {
        let near = "http://127.0.0.1:4000".parse().unwrap();
        let found = address(HEROKU, &near, None).unwrap().unwrap();
        for (host, expected) in [
            ("registry.heroku.com", true),
            ("127.0.0.1:4000", true),
            ("127.0.0.1", false),
            ("registry.heroku.com:80", false),
            ("heroku.com", false),
            ("", false),
        ] {
            assert_eq!(found.is_called(host), expected, "{host}");
        }
    }

    #[test]
    fn the_token_goes_to_no_other_address() {
        let api = "https://api.heroku.com".parse().unwrap();
        for (variable, why) in [
            ("http://r.example.com", "not https"),
            ("http://localhost.example.com", "not https"),
            ("ftp://r.example.com", "not https"),
            ("r.example.com", "not an address"),
            ("https://r.example.com/v2/", "more than"),
            ("https://r.example.com/?key=1", "more than"),
            ("https://me:secret@r.example.com", "more than"),
        ] {
            let said = address(HEROKU, &api, Some(variable));
            let said = said.unwrap_err();
            assert!(said.contains(why) && !said.contains("secret"), "{said}");
        }
    }
}
