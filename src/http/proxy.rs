//! The proxy that the environment names: which variable does, and whether its value can be used. The HTTP client reads
//! the same variables, and passes over a value that it can't read without a word.

use url::Url;

use super::Error;
use crate::env::Env;

/// What is known of the proxy.
#[derive(Default)]
pub(super) enum ProxyState {
    #[default]
    Untried,
    Works,
    /// It does not take the user and the password that it was given.
    Denied(Error),
}

/// The variables that name a proxy for https, in the order in which they are looked at.
const VARIABLES: [&[&str]; 2] = [&["HTTPS_PROXY", "https_proxy"], &["ALL_PROXY", "all_proxy"]];

/// The variable that names the proxy for https, and its value.
fn named(env: &Env) -> Option<(&'static str, &str)> {
    VARIABLES.iter().find_map(|names| {
        let set = names
            .iter()
            .find_map(|&name| env.get(name).map(|value| (name, value)));
        set.filter(|(_, value)| !value.is_empty())
    })
}

/// The variable that names the proxy.
pub(super) fn variable(env: &Env) -> Option<&'static str> {
    named(env).map(|(name, _)| name)
}

/// What is wrong with the variable that names the proxy, if anything. Its value may hold a password and is not shown.
pub(super) fn fault(env: &Env) -> Option<String> {
    let (name, value) = named(env)?;
    let why = unusable(value)?;
    Some(format!(
        "{name} can't be used: {why}; it takes the form `http://HOST:PORT`, with `USER:PASSWORD@` before the host if need be"
    ))
}

fn unusable(value: &str) -> Option<&'static str> {
    if value.starts_with(['"', '\'']) || value.ends_with(['"', '\'']) {
        return Some("its value is in quotes");
    }
    if value.contains(char::is_whitespace) {
        return Some("its value contains a space");
    }
    let Some((scheme, _)) = value.split_once("://") else {
        let parsed = Url::parse(&format!("http://{value}"));
        return parsed.is_err().then_some("its value is not an address");
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => Url::parse(value)
            .is_err()
            .then_some("its value is not an address"),
        "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => {
            Some("it names a SOCKS proxy, and only HTTP proxies are supported")
        }
        _ => Some("its scheme is not http"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_can_not_be_used_is_told_without_being_shown() {
        for (value, expected) in [
            ("http://proxy:3128", None),
            ("proxy:3128", None),
            ("https://u:p@proxy.example.com", None),
            ("\"http://u:hunter2@proxy:3128\"", Some("quotes")),
            ("http://u:hunter2@proxy:3128'", Some("quotes")),
            ("http://u:hunter2@proxy:3128 ", Some("space")),
            ("socks5h://u:hunter2@proxy:1080", Some("SOCKS")),
            ("ftp://u:hunter2@proxy", Some("scheme")),
            ("http://u:hunter2@proxy:99999", Some("not an address")),
            ("http://", Some("not an address")),
        ] {
            let fault = fault(&Env::from_iter([("HTTPS_PROXY", value)]));
            assert_eq!(fault.is_some(), expected.is_some(), "{value}");
            let text = fault.unwrap_or_default();
            assert!(text.contains(expected.unwrap_or_default()), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let name = |variables: &[(&str, &str)]| variable(&variables.iter().copied().collect());
        assert_eq!(name(&[]), None);
        assert_eq!(name(&[("https_proxy", "p")]), Some("https_proxy"));
        assert_eq!(
            name(&[("HTTPS_PROXY", "p"), ("ALL_PROXY", "p")]),
            Some("HTTPS_PROXY")
        );
        assert_eq!(
            name(&[("HTTPS_PROXY", ""), ("all_proxy", "p")]),
            Some("all_proxy")
        );
        assert_eq!(name(&[("HTTP_PROXY", "p")]), None);
    }
}
