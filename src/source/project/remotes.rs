//! The remotes in a repository's configuration, and the apps that they are for.

use url::Url;

/// Of more remotes the rest is left out.
const MOST: usize = 100;

/// A remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// What the repository calls it.
    pub name: String,
    /// Its address, with credentials perhaps: not to be shown.
    pub url: String,
}

/// The remotes in the text of a `config`. What it includes is not read.
pub(super) fn read(text: &str) -> Vec<Remote> {
    let mut found = Vec::new();
    let mut name = None;
    for line in text.lines() {
        let mut line = line.trim();
        if line.starts_with('[') {
            let (section, rest) = section(line);
            name = section;
            line = rest.trim();
        }
        let (Some(name), Some((key, value))) = (&name, line.split_once('=')) else {
            continue;
        };
        if key.trim().eq_ignore_ascii_case("url") && found.len() < MOST {
            found.push(Remote {
                name: name.clone(),
                url: unquoted(value.trim()),
            });
        }
    }
    found
}

/// The name in `[remote "NAME"]`, and what is behind it; no name for another section.
fn section(line: &str) -> (Option<String>, &str) {
    let inner = line.strip_prefix('[').unwrap_or(line);
    let Some((kind, rest)) = inner.split_once('"') else {
        return (None, inner.split_once(']').map_or("", |(_, rest)| rest));
    };
    let mut name = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '"' => {
                let rest = rest.get(at + 1..).unwrap_or_default();
                let rest = rest.split_once(']').map_or("", |(_, rest)| rest);
                let is_remote = kind.trim().eq_ignore_ascii_case("remote");
                return (is_remote.then_some(name), rest);
            }
            c => name.push(c),
        }
    }
    (None, "")
}

/// A value without quotes, escapes and comment.
fn unquoted(value: &str) -> String {
    let mut text = String::new();
    let mut quoted = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            },
            '#' | ';' if !quoted => break,
            c => text.push(c),
        }
    }
    text.trim().to_owned()
}

/// The app that an address is for, if its host is one of these: `https://git.heroku.com/APP.git`, `git@heroku.com:APP.git`,
/// `ssh://git@heroku.com/APP.git`.
pub fn app_of<'u>(url: &'u str, hosts: &[&str]) -> Option<&'u str> {
    let (host, path) = match url.split_once("://") {
        Some(_) => {
            let host = Url::parse(url).ok()?.host_str()?.to_owned();
            let path = url.split_once("://")?.1.split_once('/')?.1;
            (host, path)
        }
        None => {
            let (host, path) = url.split_once(':')?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            (host.to_ascii_lowercase(), path)
        }
    };
    if !hosts.contains(&host.as_str()) {
        return None;
    }
    let app = path.trim_matches('/');
    let app = app.strip_suffix(".git").unwrap_or(app);
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!app.is_empty() && app.chars().all(is_part)).then_some(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_found_in_every_form() {
        let text = "[core]\n\turl = no\n[remote \"heroku\"]\n\turl = https://git.heroku.com/acme.git\n\tfetch = +refs/*\n\
                    [Remote \"a\\\"b: c\"] URL=\"git@heroku.com:x.git\" # why\n[remote]\nurl = none\n\
                    [branch \"main\"]\n\tremote = heroku\n[remote \"open\nurl = no\n";
        let found = read(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|r| (r.name.as_str(), r.url.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("heroku", "https://git.heroku.com/acme.git"),
                ("a\"b: c", "git@heroku.com:x.git")
            ]
        );
    }

    #[test]
    fn an_address_is_for_an_app_on_the_platforms_hosts_only() {
        let hosts = ["git.heroku.com", "heroku.com"];
        for (url, app) in [
            ("https://git.heroku.com/acme-shop.git", Some("acme-shop")),
            ("https://git.heroku.com/acme", Some("acme")),
            ("https://me:secret@git.heroku.com/acme.git", Some("acme")),
            ("HTTPS://GIT.heroku.com/acme.git/", Some("acme")),
            ("git@heroku.com:acme.git", Some("acme")),
            ("ssh://git@heroku.com/acme.git", Some("acme")),
            ("ssh://git@heroku.com:22/acme.git", Some("acme")),
            ("git@github.com:acme/shop.git", None),
            ("https://git.heroku.com.example.com/acme.git", None),
            ("https://example.com/git.heroku.com/acme.git", None),
            ("https://example.com@git.heroku.co/acme.git", None),
            ("https://git.heroku.com/a/b.git", None),
            ("https://git.heroku.com/a\nb: c.git", None),
            ("git@heroku.com:a: b.git", None),
            ("git@heroku.com:.git", None),
            ("https://git.heroku.com", None),
            ("/srv/heroku.com:acme.git", None),
            ("", None),
        ] {
            assert_eq!(app_of(url, &hosts), app, "{url:?}");
        }
    }
}
