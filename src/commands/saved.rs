//! The file of a saved plan: `plan --save FILE` writes it, `deploy --plan FILE` reads it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::Context;
use crate::{
    config::open_at_once,
    exit::Exit,
    failure::Failure,
    report::{files, sanitize},
    run::saved::Saved,
};

/// The largest file: room for some ten thousand apps.
const LARGEST: u64 = 16 << 20;

impl Context<'_> {
    /// Writes a plan to its file, whole or not at all.
    pub(super) fn save(&self, path: &Path, saved: &Saved) -> Result<(), Failure> {
        if saved.source.sha256.is_none() {
            let what = "the plan can't be saved: nothing says what the content of the source is";
            return Err(Failure::new(Exit::Refused, what)
                .state("nothing was changed on the platform")
                .next("a warning above says why its digest is unknown"));
        }
        let json = serde_json::to_string_pretty(saved)
            .map_err(|e| Failure::new(Exit::Internal, format!("cannot write the plan: {e}")))?;
        let json = self.redactor.clean_json(&json) + "\n";
        let shown = sanitize::text(&path.display().to_string());
        let cannot = |e: io::Error| Failure::new(Exit::Io, format!("cannot write {shown}: {e}"));
        files::write(path, &json).map_err(cannot)?;
        self.console.print(&format!("saved the plan to {shown}\n"));
        Ok(())
    }
}

/// Reads a saved plan. What is none is refused: others may have written it.
pub(super) fn read(path: &Path) -> Result<Saved, Failure> {
    let shown = path.display();
    let cannot = |e: io::Error| {
        Failure::new(Exit::Io, format!("cannot read the saved plan {shown}: {e}"))
            .state("nothing was changed on the platform")
            .next("`launchway plan --save FILE` writes one")
    };
    let mut text = String::new();
    let read = open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    let why = match read {
        Ok(_) if text.len() as u64 > LARGEST => Err("it is too large".to_owned()),
        Ok(_) => Saved::read(&text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err("it is not a saved plan".to_owned())
        }
        Err(error) => return Err(cannot(error)),
    };
    why.map_err(|why| {
        Failure::new(Exit::Refused, format!("{shown} can't be executed: {why}"))
            .state("nothing was changed on the platform")
            .next("save a new plan with `launchway plan --save FILE`")
    })
}

/// Opens a regular file: anything else may never end.
fn open(path: &Path) -> io::Result<File> {
    let file = open_at_once(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}
