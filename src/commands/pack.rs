//! `pack`: the archive alone, as a file or as a list.

use std::{
    fmt::Write as _,
    fs::File,
    path::{Path, PathBuf},
};

use super::{Context, runtime::Doing};
use crate::{
    cli,
    exit::Exit,
    failure::Failure,
    report::{Output, files::refuse_links, sanitize},
    run::{
        blocking::blocking,
        pack::{cannot_pack, pack_options},
    },
    source::{self, Facts, Options},
    units,
};

impl Context<'_> {
    pub(super) fn pack(&self, args: &cli::Pack) -> Result<Exit, Failure> {
        let options = self.source_options()?;
        match (&args.out, &args.explain) {
            (Some(path), _) => self.pack_to(path, options),
            (None, Some(path)) => self.pack_explain(path, &options),
            (None, None) => self.pack_list(&options),
        }
    }

    /// What `deploy.yaml` says of packing. That can be tried before there is one.
    fn source_options(&self) -> Result<Options, Failure> {
        let own = self.global.own_files();
        let default = Path::new(cli::CONFIG);
        if self.global.config == default && matches!(default.try_exists(), Ok(false)) {
            self.console
                .print("note: there is no deploy.yaml: this directory is packed as it is\n");
            return Ok(Options {
                own,
                outputs: source::outputs(),
                commits: self.ci.commits.clone(),
                ..Options::new(".")
            });
        }
        Ok(pack_options(&self.config()?, &self.ci, &own))
    }

    fn pack_to(&self, path: &Path, options: Options) -> Result<Exit, Failure> {
        const DOING: &str = "packing the workspace";
        let out = path.to_owned();
        let work = blocking(DOING, move |cancelled| {
            if out == Path::new("-") {
                let facts = source::write(&options, &mut std::io::stdout(), cancelled);
                return facts.map_err(|e| cannot_pack(&e));
            }
            write_file(&out, options, cancelled)
        });
        let facts = self.read_only(&Doing::new(DOING), async { work.await? })?;
        for warning in &facts.warnings {
            self.console
                .print(&format!("warning: {}\n", sanitize::text(warning)));
        }
        self.console.print(&format!(
            "packed {}, {} → {}, version {}\nsha256 {}\n",
            units::count(facts.files, "file", "files"),
            units::bytes(facts.bytes),
            units::bytes(facts.archive_bytes),
            sanitize::text(&facts.identity.version),
            facts.sha256,
        ));
        Ok(Exit::Ok)
    }

    fn pack_list(&self, options: &Options) -> Result<Exit, Failure> {
        let survey = source::survey(options).map_err(|e| cannot_pack(&e))?;
        let mut text = String::new();
        if self.global.output == Output::Json {
            for entry in &survey.entries {
                let path = String::from_utf8_lossy(&entry.path);
                let line = serde_json::json!({
                    "path": path, "bytes": entry.size, "mode": format!("{:04o}", entry.mode),
                    "tracked": entry.tracked, "reason": entry.reason.to_string(),
                });
                let _ = writeln!(text, "{line}");
            }
        } else {
            for entry in &survey.entries {
                let path = sanitize::text(&String::from_utf8_lossy(&entry.path));
                let _ = write!(text, "{:04o} {:>12} {path}", entry.mode, entry.size);
                if entry.is_surprising() {
                    let _ = write!(text, "  ({})", sanitize::text(&entry.reason.to_string()));
                }
                text.push('\n');
            }
            let left_out = survey.left_out.iter().filter(|_| self.global.verbose > 0);
            for left_out in left_out {
                let _ = writeln!(
                    text,
                    "   -            - {}",
                    sanitize::text(&left_out.to_string())
                );
            }
        }
        for warning in &survey.warnings {
            self.console
                .print(&format!("warning: {}\n", sanitize::text(warning)));
        }
        let shown = self.data(&text)?;
        // What is in a directory that can't be read is not in the list.
        if survey.unreadable.is_empty() {
            Ok(shown)
        } else {
            Err(cannot_pack(&source::Error::Unreadable(survey.unreadable)))
        }
    }

    fn pack_explain(&self, path: &Path, options: &Options) -> Result<Exit, Failure> {
        let found = source::explain(options, path).map_err(|e| match e {
            source::Error::Outside { .. } => Failure::new(Exit::Usage, e.to_string())
                .next("give a path relative to the workspace, or an absolute one inside it"),
            e => cannot_pack(&e),
        })?;
        let verdict = if found.packed { "in" } else { "out" };
        let missing = if found.exists {
            ""
        } else {
            " (there is no such file)"
        };
        let text = format!(
            "{verdict}: {}{missing}: {}\n",
            sanitize::text(&found.path),
            sanitize::text(&found.reason.to_string())
        );
        self.data(&text)
    }
}

/// Writes the archive beside its final name first: a file that is there is whole.
fn write_file(
    path: &Path,
    mut options: Options,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Facts, Failure> {
    let cannot =
        |e: std::io::Error| Failure::new(Exit::Io, format!("cannot write {}: {e}", path.display()));
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    options.own.extend([path.to_owned(), partial.clone()]);
    let result = refuse_links(&partial)
        .and_then(|()| File::create(&partial))
        .map_err(cannot)
        .and_then(|mut file| {
            source::write(&options, &mut file, cancelled).map_err(|e| cannot_pack(&e))
        })
        .and_then(|facts| {
            std::fs::rename(&partial, path).map_err(cannot)?;
            Ok(facts)
        });
    if result.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    result
}
