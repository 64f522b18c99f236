//! From a file to a [`Config`]: read, parse, fill in variables, read the types, validate. Problems are collected over all
//! of these as far as each one can go on.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    Config, findings::Findings, interpolate, parse, problem::Problems, raw::Root, read::Read as _,
    validate,
};
use crate::env::Env;

/// The largest `deploy.yaml`.
const LARGEST: usize = 1024 * 1024;

/// Why there is no [`Config`].
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such file.
    #[error("there is no `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It can't be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file, or what is in its place.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not valid.
    #[error(transparent)]
    Invalid(#[from] Problems),
}

/// Reads `path`, fills in the variables from `env` and validates the whole.
pub fn load(path: &Path, env: &Env) -> Result<Config, LoadError> {
    let bytes = read(path)?;
    if bytes.len() > LARGEST {
        let help = "at most 1 MiB: is it the right file?";
        return Err(Problems::of_the_file(path, "the file is too large", help).into());
    }
    let source = decode(path, &bytes)?;
    from_text(path, source, env).map_err(LoadError::Invalid)
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source: io::Error| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            LoadError::Missing { path, source }
        } else {
            LoadError::Unreadable { path, source }
        }
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a file that is too large, without reading all of it.
    file.take(LARGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// The text of the file, without a byte order mark.
fn decode<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, Problems> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let help = "save it as UTF-8; in PowerShell, `Out-File -Encoding utf8`";
        return Err(Problems::of_the_file(path, "the file is in UTF-16", help));
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        let mut out = Findings::new(good);
        out.add(
            &(good.len()..good.len()),
            "the file is not UTF-8 from here on",
        )
        .help("save it as UTF-8");
        out.into_problems(path)
    })
}

/// The same from a text: pure, and what the tests feed.
fn from_text(path: &Path, source: &str, env: &Env) -> Result<Config, Problems> {
    let mut out = Findings::new(source);
    let root = parse::parse(source, &mut out);
    if let Some(mut root) = root {
        interpolate::interpolate_tree(&mut root, env, &mut out);
        if let Some(raw) = Root::read(&root, "the file", &mut out) {
            let config = validate::validate(path, &raw, &mut out);
            if let Some(config) = config.filter(|_| out.is_empty()) {
                return Ok(config);
            }
        }
    } else if out.is_empty() {
        let what = if source.trim().is_empty() {
            "the file is empty"
        } else {
            "there is nothing in the file but comments"
        };
        return Err(Problems::of_the_file(
            path,
            what,
            "`launchway init` writes a first one",
        ));
    }
    Err(out.into_problems(path))
}
