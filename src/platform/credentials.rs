//! Where the token comes from, and where it may go.
//!
//! First found wins: `--api-key-file`, `LAUNCHWAY_API_KEY`, the platform's own variable, `.netrc`. It is never the value
//! of a flag: command lines can be read by every process of the machine.
//!
//! It goes to the platform's public host, or to one that is named outside `deploy.yaml`: by a flag, a variable, or an entry
//! of its own in `.netrc`. Otherwise anyone who can edit `deploy.yaml` could send it anywhere.

use std::{
    fs,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use url::Url;

use super::netrc;
use crate::{env::Env, model::TOKEN_VARIABLE};

/// Where a token is to go.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The API.
    pub url: &'a Url,
    /// Whether it is the platform's public address.
    pub public: bool,
    /// Whether nothing but `deploy.yaml` names it.
    pub only_in_file: bool,
}

/// Why there is no token.
#[derive(Debug)]
pub enum NoToken {
    /// It was looked for in these places, in this order.
    Missing(Vec<String>),
    /// A place has one that can't be a token; the text says which and why, and does not show it.
    Unusable(String),
    /// Only `deploy.yaml` names this host.
    Unnamed(String),
}

/// A token and where it was found.
#[derive(Debug)]
pub struct FoundToken {
    /// The token.
    pub token: SecretString,
    /// The place: `HEROKU_API_KEY`.
    pub from: String,
    /// What is wrong with the place, if anything.
    pub warning: Option<String>,
}

/// Looks for the token of the API at `to`, whose platform calls it `variable`.
pub fn find(
    key_file: Option<&Path>,
    env: &Env,
    variable: &str,
    to: Destination<'_>,
) -> Result<FoundToken, NoToken> {
    let host = host(to.url);
    let netrc = Netrc::read(env);
    let has_entry = || netrc.as_ref().is_some_and(|netrc| netrc.names(&host));
    if to.only_in_file && !to.public && !has_entry() {
        return Err(NoToken::Unnamed(host));
    }
    if let Some(path) = key_file {
        let text = read_key_file(path)
            .map_err(|e| NoToken::Unusable(format!("--api-key-file {}: {e}", path.display())))?;
        let from = format!("--api-key-file {}", path.display());
        return checked(&text, from, None);
    }
    let variables = [TOKEN_VARIABLE, variable];
    for name in variables {
        // A CI system sets a secret that does not exist to the empty string.
        if let Some(value) = env.get(name).filter(|value| !value.trim().is_empty()) {
            return checked(value, name.to_owned(), None);
        }
    }
    let mut looked: Vec<String> = variables.iter().map(ToString::to_string).collect();
    if let Some(netrc) = netrc {
        if let Some(password) = netrc.password(&host, to.public) {
            let from = netrc.path.display().to_string();
            return checked(&password, from, netrc.warning());
        }
        if let Err(e) = &netrc.text {
            let why = format!("{} can't be read: {e}", netrc.path.display());
            return Err(NoToken::Unusable(why));
        }
        looked.push(format!("{} (machine {host})", netrc.path.display()));
    }
    Err(NoToken::Missing(looked))
}

fn read_key_file(path: &Path) -> std::io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().take(64 << 10).read_to_string(&mut text)?;
        return Ok(text);
    }
    let text = fs::read_to_string(path)?;
    forget_handed_over(path);
    Ok(text)
}

/// Empties the file behind an inherited descriptor (`/dev/fd/3`) that has no name: a shell's here-document. Children
/// inherit the descriptor and could read the token again. A pipe is empty once it was read.
#[cfg(unix)]
fn forget_handed_over(path: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let inherited = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .any(|directory| path.parent() == Some(Path::new(directory)));
    if inherited && fs::metadata(path).is_ok_and(|file| file.is_file() && file.nlink() == 0) {
        // If it can only be read it stays: that is up to the process that opened it.
        let _ = fs::OpenOptions::new().write(true).truncate(true).open(path);
    }
}

#[cfg(not(unix))]
fn forget_handed_over(_: &Path) {}

fn checked(text: &str, from: String, warning: Option<String>) -> Result<FoundToken, NoToken> {
    let token = text.trim();
    if token.is_empty() {
        return Err(NoToken::Unusable(format!("{from} is empty")));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let why = "holds a space, a line break or another character that no token has";
        return Err(NoToken::Unusable(format!("{from} {why}")));
    }
    Ok(FoundToken {
        token: SecretString::from(token),
        from,
        warning,
    })
}

/// The user's `.netrc`.
struct Netrc {
    path: PathBuf,
    /// What it holds; nothing if it is not there, and a fault if it can't be read.
    text: Result<String, io::Error>,
}

impl Netrc {
    /// Reads it from where the environment says that it is.
    fn read(env: &Env) -> Option<Self> {
        let path = netrc_path(env)?;
        let text = match fs::read_to_string(&path) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(String::new())
            }
            text => text,
        };
        Some(Self { path, text })
    }

    /// Whether it has an entry for exactly this host.
    fn names(&self, host: &str) -> bool {
        self.password(host, false).is_some()
    }

    /// The password of the entry for `host`; `default` serves the platform's public host only.
    fn password(&self, host: &str, public: bool) -> Option<String> {
        netrc::password(self.text.as_deref().ok()?, host, public)
    }

    fn warning(&self) -> Option<String> {
        others_can_read(&self.path).then(|| {
            format!(
                "{} can be read by other users: chmod 600 it",
                self.path.display()
            )
        })
    }
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
        let to = Destination {
            url: &url,
            public: true,
            only_in_file: false,
        };
        find(key_file, env, "HEROKU_API_KEY", to)
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
    fn what_only_deploy_yaml_names_gets_no_token() {
        let dir = tempfile::tempdir().unwrap();
        let netrc = dir.path().join("netrc");
        let key = dir.path().join("key");
        fs::write(&key, "from-file\n").unwrap();
        let url = Url::parse("https://apps.example.com").unwrap();
        let to = |only_in_file| Destination {
            url: &url,
            public: false,
            only_in_file,
        };
        let set = env(&[
            ("HEROKU_API_KEY", "from-variable"),
            ("NETRC", netrc.to_str().unwrap()),
        ]);
        let found = |key: Option<&Path>, only_in_file| {
            let found = find(key, &set, "HEROKU_API_KEY", to(only_in_file));
            found.map(|found| found.token.expose_secret().to_owned())
        };
        for rest in [
            "",
            "default password x",
            "machine other.example.com password x",
        ] {
            fs::write(&netrc, rest).unwrap();
            for key in [None, Some(key.as_path())] {
                let Err(NoToken::Unnamed(host)) = found(key, true) else {
                    panic!("the token goes there with {key:?}, {rest:?}");
                };
                assert_eq!(host, "apps.example.com");
            }
            assert_eq!(found(None, false).unwrap(), "from-variable");
        }
        fs::write(&netrc, "machine apps.example.com password from-netrc").unwrap();
        assert_eq!(found(None, true).unwrap(), "from-variable");
        assert_eq!(found(Some(&key), true).unwrap(), "from-file");
    }

    #[test]
    fn the_default_entry_serves_the_public_host_only() {
        let dir = tempfile::tempdir().unwrap();
        let netrc = dir.path().join("netrc");
        fs::write(&netrc, "default password x").unwrap();
        let env = env(&[("NETRC", netrc.to_str().unwrap())]);
        let url = Url::parse("https://apps.example.com").unwrap();
        for public in [true, false] {
            let to = Destination {
                url: &url,
                public,
                only_in_file: false,
            };
            assert_eq!(find(None, &env, "HEROKU_API_KEY", to).is_ok(), public);
        }
    }

    #[test]
    fn a_netrc_that_can_not_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        let Err(NoToken::Unusable(why)) = look(None, &env(&[("NETRC", path)])) else {
            panic!("no fault");
        };
        assert!(why.contains(path) && why.contains("can't be read"), "{why}");
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
