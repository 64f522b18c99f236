//! Whether the answer to an HTTP check is what is wanted, and what is said of it.

use reqwest::{StatusCode, header};
use url::Url;

use crate::{config::HttpCheck, platform::answer::page};

/// An answer.
pub(super) struct Seen<'a> {
    /// What was asked.
    pub(super) url: &'a Url,
    /// The status.
    pub(super) status: StatusCode,
    /// The headers.
    pub(super) headers: &'a header::HeaderMap,
    /// The beginning of the body, or why it broke off.
    pub(super) body: Result<&'a [u8], &'a str>,
}

/// Whether an answer is what the check wants, and what was seen.
pub(super) fn judge(check: &HttpCheck, seen: &Seen<'_>) -> (bool, String) {
    let status = seen.status.as_u16();
    if status != check.status {
        let what = format!("{status} instead of {}", check.status);
        return (false, format!("{what}{}", seen.instead()));
    }
    let Some(wanted) = &check.body else {
        return (true, status.to_string());
    };
    match seen.body {
        Err(why) => (false, format!("{status}, but the body broke off: {why}")),
        Ok(body) if String::from_utf8_lossy(body).contains(wanted.as_str()) => {
            (true, format!("{status} with `{wanted}` in the body"))
        }
        Ok(_) => {
            let instead = seen.instead();
            let what = format!("{status}, but `{wanted}` is not in the body");
            (false, format!("{what}{instead}"))
        }
    }
}

impl Seen<'_> {
    /// What was there instead of what was wanted: where a redirect leads to, what a page is called.
    fn instead(&self) -> String {
        if let Some(to) = self.redirect() {
            return format!(", a redirect to {to}");
        }
        match self.body.ok().and_then(page) {
            Some(page) => format!(": {page}"),
            None => String::new(),
        }
    }

    /// Where a redirect leads to, without its query, which may hold a secret.
    fn redirect(&self) -> Option<String> {
        let to = self.headers.get(header::LOCATION)?.to_str().ok()?;
        let mut to = self.url.join(to).ok()?;
        if !self.status.is_redirection() || to.cannot_be_a_base() {
            return None;
        }
        to.set_query(None);
        to.set_fragment(None);
        // Only an address without a host refuses these.
        let _ = to.set_username("");
        let _ = to.set_password(None);
        Some(to.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::HttpTarget;

    fn check(body: Option<&str>) -> HttpCheck {
        HttpCheck {
            target: HttpTarget::Path("/".to_owned()),
            status: 200,
            body: body.map(str::to_owned),
            within: Duration::from_secs(1),
            every: Duration::from_secs(1),
            successes: 1,
        }
    }

    fn seen(check: &HttpCheck, status: u16, to: Option<&str>, body: &str) -> (bool, String) {
        let mut headers = header::HeaderMap::new();
        if let Some(to) = to {
            headers.insert(header::LOCATION, to.parse().unwrap());
        }
        let seen = Seen {
            url: &Url::parse("http://shop.example.com/health?key=secret").unwrap(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            body: Ok(body.as_bytes()),
        };
        judge(check, &seen)
    }

    #[test]
    fn what_is_there_instead_is_said() {
        let page = "<!doctype html><html><head><title>Sign in</title></head></html>";
        for (status, to, body, expected) in [
            (
                301,
                Some("https://shop.example.com/health?key=secret"),
                "",
                "301 instead of 200, a redirect to https://shop.example.com/health",
            ),
            (
                302,
                Some("/login?next=x#y"),
                "",
                "302 instead of 200, a redirect to http://shop.example.com/login",
            ),
            (
                302,
                Some("https://me:pw@sso.example.com/"),
                "",
                "302 instead of 200, a redirect to https://sso.example.com/",
            ),
            (302, None, "", "302 instead of 200"),
            (201, Some("/made"), "", "201 instead of 200"),
            (
                503,
                None,
                page,
                "503 instead of 200: a page of HTML: Sign in",
            ),
            (503, None, "down", "503 instead of 200"),
            (
                200,
                None,
                page,
                "200, but `ok` is not in the body: a page of HTML: Sign in",
            ),
            (200, None, "no", "200, but `ok` is not in the body"),
        ] {
            let (ok, said) = seen(&check(Some("ok")), status, to, body);
            assert_eq!((ok, said.as_str()), (false, expected));
        }
        assert_eq!(
            seen(&check(None), 200, None, page),
            (true, "200".to_owned())
        );
    }
}
