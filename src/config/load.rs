//! From a file to a [`Config`]: read, parse, fill in variables, read the types, validate. Problems are collected over all
//! of these as far as each one can go on.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    Config, findings::Findings, interpolate, parse, problem::Problems, raw::Root, read::Read as _,
    validate,
};
use crate::{env::Env, model::PlatformKind, units};

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

/// What there is without a `deploy.yaml` for commands that need nothing of it but the platform: it has no stages.
pub fn of_platform(path: &Path, platform: PlatformKind) -> Result<Config, Problems> {
    let mut config = stand_in(path, platform)?;
    config.stages.clear();
    Ok(config)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source: io::Error| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            LoadError::Missing { path, source }
        } else {
            LoadError::Unreadable { path, source }
        }
    };
    let file = open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a file that is too large, without reading all of it.
    file.take(LARGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// Opens a file for reading. A named pipe is not waited for: nobody may ever open its other end.
pub fn open_at_once(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    options.open(path)
}

/// Opens the file: a regular one, and none that a link outside of the checkout leads to, since lines of it are shown.
fn open(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        let target = path.canonicalize()?;
        let home = match path.parent() {
            Some(home) if !home.as_os_str().is_empty() => home.canonicalize()?,
            _ => Path::new(".").canonicalize()?,
        };
        let mut above = home.ancestors();
        let bound = above.find(|directory| directory.join(".git").symlink_metadata().is_ok());
        let inside = target.strip_prefix(bound.unwrap_or(&home));
        let is_git = |part: &OsStr| part.eq_ignore_ascii_case(".git");
        if inside.map_or(true, |rest| rest.iter().any(is_git)) {
            return Err(io::Error::other("it is a link that leaves the checkout"));
        }
    }
    let file = open_at_once(path)?;
    let kind = file.metadata()?;
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// The text of the file, without a byte order mark.
pub(super) fn decode<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, Problems> {
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
pub(super) fn from_text(path: &Path, source: &str, env: &Env) -> Result<Config, Problems> {
    let mut out = Findings::new(source);
    let root = parse::parse(source, &mut out);
    if let Some(mut root) = root {
        let mut used = Vec::new();
        let variables = interpolate::Variables::new(env);
        interpolate::interpolate_tree(&mut root, &variables, &mut used, &mut out);
        if let Some(raw) = Root::read(&root, "the file", &mut out) {
            let config = validate::validate(path, &raw, &mut out);
            if let Some(config) = config.filter(|_| out.is_empty()) {
                return Ok(Config {
                    sha256: units::hex(&Sha256::digest(source)),
                    variables: used,
                    ..config
                });
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
            "`launchway init` writes a starter file",
        ));
    }
    Err(out.into_problems(path))
}

/// What stands for `deploy.yaml` where there is none and only an app is named: one stage with it, on the platform that needs
/// to know nothing else.
pub fn for_app(path: &Path, app: &str) -> Result<Config, Problems> {
    let mut config = stand_in(path, PlatformKind::Heroku)?;
    for stage in &mut config.stages {
        stage.apps = vec![app.to_owned()];
    }
    Ok(config)
}

/// The least that a file may say.
fn stand_in(path: &Path, platform: PlatformKind) -> Result<Config, Problems> {
    let text = format!("version: 1\nplatform: {platform}\nstages: [{{stage: app, app: app}}]\n");
    from_text(path, &text, &Env::default())
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;

    const SECRET: &str = "hunter2-hunter2";

    #[test]
    fn without_a_file_there_is_a_platform_and_no_stage() {
        for about in &crate::model::PLATFORMS {
            let config = of_platform(Path::new("deploy.yaml"), about.kind).unwrap();
            assert_eq!(config.platform, about.kind);
            assert!(config.stages.is_empty() && config.pipeline.is_none());
        }
    }

    /// Whatever the text is: no panic, places within the file, and no secret in the report.
    fn check(source: &str) -> Result<(), TestCaseError> {
        let env = Env::from_iter([("A", SECRET), ("GITHUB_SHA", SECRET)]);
        if let Err(problems) = from_text(Path::new("deploy.yaml"), source, &env) {
            let lines: Vec<&str> = source.lines().collect();
            for problem in problems.iter().filter(|problem| problem.line > 0) {
                prop_assert!(problem.line <= lines.len() + 1, "{problem:?}");
                let length = lines
                    .get(problem.line - 1)
                    .map_or(0, |line| line.chars().count());
                prop_assert!(problem.column <= length + 2, "{problem:?}");
            }
            prop_assert!(problems.count() > 0);
            let report = problems.to_string();
            prop_assert!(!report.contains(SECRET), "{report}");
            prop_assert!(
                !report.contains(|c: char| c.is_control() && c != '\n'),
                "{report}"
            );
        }
        Ok(())
    }

    fn example() -> String {
        include_str!("../../deploy.example.yaml").to_owned()
    }

    /// Pieces that mean something to YAML or to us.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[\\[\\]{},:?*&!|>'\"%@`#~<\\-]{1,3}",
            "[ \t\r\n]{1,4}",
            prop::sample::select(vec![
                "- ",
                ": ",
                "\n",
                "\n  ",
                "---\n",
                "&a ",
                "*a",
                "<<: *a",
                "!!int ",
                "null",
                "true",
                "1e10",
                "${A}",
                "${",
                "${A:-",
                "$${",
                "stages:",
                "version: 1\n",
                "http: ",
                "\u{feff}",
                "\u{1b}",
                "\u{2028}",
                "\u{85}",
                "ä",
                "𝄞",
                "\u{0}",
            ])
            .prop_map(str::to_owned),
            ".{0,6}",
        ]
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(source in "\\PC*|.*") {
            check(&source)?;
        }

        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(source) = decode(Path::new("deploy.yaml"), &bytes) {
                check(source)?;
            }
        }

        #[test]
        fn any_yaml_like_text_gets_an_answer(pieces in prop::collection::vec(piece(), 0..60)) {
            check(&pieces.concat())?;
        }

        #[test]
        fn any_mutation_of_the_example_gets_an_answer(
            edits in prop::collection::vec((any::<Index>(), 0_usize..12, piece()), 1..6)
        ) {
            let mut source: Vec<char> = example().chars().collect();
            for (at, deleted, inserted) in edits {
                let at = at.index(source.len());
                let end = (at + deleted).min(source.len());
                source.splice(at..end, inserted.chars());
            }
            check(&source.into_iter().collect::<String>())?;
        }

        #[test]
        fn any_value_in_the_example_gets_an_answer(line in any::<Index>(), value in piece()) {
            let source = example();
            let lines: Vec<&str> = source.lines().collect();
            let line = line.index(lines.len());
            let changed: Vec<String> = lines
                .iter()
                .enumerate()
                .map(|(index, text)| match text.split_once(": ") {
                    Some((key, _)) if index == line => format!("{key}: {value}"),
                    _ => (*text).to_owned(),
                })
                .collect();
            check(&changed.join("\n"))?;
        }
    }
}
