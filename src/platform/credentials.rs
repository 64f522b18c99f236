//! Where the token comes from. First found wins: `--api-key-file`, `LAUNCHWAY_API_KEY`, the platform's own variable,
//! `.netrc`.
//! It is never the value of a flag: command lines can be read by every process of the machine.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use url::Url;

use super::netrc;
use crate::env::Env;

/// The variables that may hold a token; no child process sees them.
pub const TOKEN_VARIABLES: &[&str] = &["LAUNCHWAY_API_KEY", "HEROKU_API_KEY", "AKKERIS_API_KEY"];

/// Why there is no token.
#[derive(Debug)]
pub enum NoToken {
    /// It was looked for in these places, in this order.
    Missing(Vec<String>),
    /// A place has one that can't be a token; the text says which and why, and does not show it.
    Unusable(String),
}

/// A token and where it was found.
#[derive(Debug)]
pub struct Found {
    /// The token.
    pub token: SecretString,
    /// The place: `HEROKU_API_KEY`.
    pub from: String,
    /// What is wrong with the place, if anything.
    pub warning: Option<String>,
}

/// Looks for the token of the API at `api_url`, whose platform calls it `variable`.
pub fn find(
    key_file: Option<&Path>,
    env: &Env,
    variable: &str,
    api_url: &Url,
) -> Result<Found, NoToken> {
    if let Some(path) = key_file {
        let text = read_key_file(path)
            .map_err(|e| NoToken::Unusable(format!("--api-key-file {}: {e}", path.display())))?;
        let from = format!("--api-key-file {}", path.display());
        return checked(&text, from, None);
    }
    let variables = ["LAUNCHWAY_API_KEY", variable];
    for name in variables {
        // A CI system sets a secret that does not exist to the empty string.
        if let Some(value) = env.get(name).filter(|value| !value.trim().is_empty()) {
            return checked(value, name.to_owned(), None);
        }
    }
    let mut looked: Vec<String> = variables.iter().map(ToString::to_string).collect();
    if let Some(path) = netrc_path(env) {
        if let Some(found) = from_netrc(&path, api_url) {
            return found;
        }
        looked.push(format!("{} (machine {})", path.display(), host(api_url)));
    }
    Err(NoToken::Missing(looked))
}

fn read_key_file(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().take(64 << 10).read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(path)
}

fn checked(text: &str, from: String, warning: Option<String>) -> Result<Found, NoToken> {
    let token = text.trim();
    if token.is_empty() {
        return Err(NoToken::Unusable(format!("{from} is empty")));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let why = "holds a space, a line break or another character that no token has";
        return Err(NoToken::Unusable(format!("{from} {why}")));
    }
    Ok(Found {
        token: SecretString::from(token),
        from,
        warning,
    })
}

fn netrc_path(env: &Env) -> Option<PathBuf> {
    if let Some(path) = env.get("NETRC").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let (home, name) = if cfg!(windows) {
        (env.get("USERPROFILE"), "_netrc")
    } else {
        (env.get("HOME"), ".netrc")
    };
    home.filter(|home| !home.is_empty())
        .map(|home| Path::new(home).join(name))
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    // The platform's own client writes the port of an unusual address into the entry's name.
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn from_netrc(path: &Path, api_url: &Url) -> Option<Result<Found, NoToken>> {
    let text = fs::read_to_string(path).ok()?;
    let password = netrc::password(&text, &host(api_url))?;
    let warning = others_can_read(path).then(|| {
        format!(
            "{} can be read by other users: chmod 600 it",
            path.display()
        )
    });
    Some(checked(&password, path.display().to_string(), warning))
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().copied().collect()
    }

    fn look(key_file: Option<&Path>, env: &Env) -> Result<(String, String), NoToken> {
        let url = Url::parse("https://api.heroku.com").unwrap();
        find(key_file, env, "HEROKU_API_KEY", &url)
            .map(|found| (found.token.expose_secret().to_owned(), found.from))
    }

    #[test]
    fn the_first_place_wins() {
        let dir = tempfile::tempdir().unwrap();
        let (variable, name) = if cfg!(windows) {
            ("USERPROFILE", "_netrc")
        } else {
            ("HOME", ".netrc")
        };
        let netrc = dir.path().join(name);
        fs::write(&netrc, "machine api.heroku.com password from-netrc\n").unwrap();
        let key = dir.path().join("key");
        fs::write(&key, "from-file\n").unwrap();
        let home = dir.path().to_str().unwrap();

        let mut variables = vec![(variable, home)];
        assert_eq!(look(None, &env(&variables)).unwrap().0, "from-netrc");
        variables.push(("HEROKU_API_KEY", "from-heroku"));
        assert_eq!(look(None, &env(&variables)).unwrap().0, "from-heroku");
        variables.push(("LAUNCHWAY_API_KEY", " from-launchway\n"));
        assert_eq!(
            look(None, &env(&variables)).unwrap(),
            ("from-launchway".to_owned(), "LAUNCHWAY_API_KEY".to_owned())
        );
        assert_eq!(look(Some(&key), &env(&variables)).unwrap().0, "from-file");
    }

    #[test]
    fn without_a_token_the_places_are_named() {
        let nowhere = env(&[("NETRC", "/nonexistent/.netrc"), ("HEROKU_API_KEY", "")]);
        let Err(NoToken::Missing(looked)) = look(None, &nowhere) else {
            panic!("found a token");
        };
        assert_eq!(
            looked,
            [
                "LAUNCHWAY_API_KEY",
                "HEROKU_API_KEY",
                "/nonexistent/.netrc (machine api.heroku.com)"
            ]
        );
    }

    #[test]
    fn what_can_not_be_a_token_is_refused_without_showing_it() {
        for value in ["two words", "line\nbreak", "t\u{f6}ken"] {
            let Err(NoToken::Unusable(why)) = look(None, &env(&[("HEROKU_API_KEY", value)])) else {
                panic!("taken: {value:?}");
            };
            assert!(
                why.contains("HEROKU_API_KEY") && !why.contains(value),
                "{why}"
            );
        }
    }
}
