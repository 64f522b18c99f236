//! The one way to stderr (and, for data, to stdout): whole lines, without secrets, around the live area of a terminal.
//! A reader that went away (`launchway … 2>&1 | head`) is no reason to stop a deploy: writing just ends.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use indicatif::MultiProgress;

use super::sanitize;
use crate::redact::Redactor;

/// A stream that is written to until it breaks.
pub struct Out {
    to: Box<dyn Write + Send>,
    broken: Option<io::Error>,
}

impl Out {
    /// To this writer.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self {
            to: Box::new(writer),
            broken: None,
        }
    }

    /// To standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// To standard error.
    pub fn stderr() -> Self {
        Self::to(io::stderr())
    }

    /// Writes the text at once. After the first error nothing is written any more.
    pub fn write(&mut self, text: &str) {
        if self.broken.is_some() || text.is_empty() {
            return;
        }
        let written = self.to.write_all(text.as_bytes());
        self.broken = written.and_then(|()| self.to.flush()).err();
    }

    /// Why not everything was written. That a reader went away is no failure.
    pub fn failure(&self) -> Option<&io::Error> {
        let gone = |error: &&io::Error| error.kind() != io::ErrorKind::BrokenPipe;
        self.broken.as_ref().filter(gone)
    }
}

/// The console of a run: a handle that everything which writes for people shares, the log of `tracing` included.
#[derive(Clone)]
pub struct Console {
    out: Arc<Mutex<Out>>,
    live: Option<MultiProgress>,
    redactor: Redactor,
}

impl Console {
    /// A console that writes to `out`. With `live`, lines appear above its live area.
    pub fn new(out: Out, live: Option<MultiProgress>, redactor: Redactor) -> Self {
        Self {
            out: Arc::new(Mutex::new(out)),
            live,
            redactor,
        }
    }

    /// Standard error; with a live area if it is a terminal.
    pub fn stderr(terminal: bool, redactor: Redactor) -> Self {
        // On a terminal that can't be drawn on indicatif hides, and with it what is printed through it.
        let live = terminal
            .then(MultiProgress::new)
            .filter(|multi| !multi.is_hidden());
        Self::new(Out::stderr(), live, redactor)
    }

    /// What keeps secrets out.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The live area, on a terminal.
    pub(super) fn live(&self) -> Option<&MultiProgress> {
        self.live.as_ref()
    }

    /// Prints text of whole lines, as it is but for secrets. A missing line end at the end is added.
    pub fn print(&self, text: &str) {
        self.print_with_secrets(&self.redactor.clean(text));
    }

    /// Prints text with the secrets that are in it: for the one command that tells a CI system what to hide.
    pub(super) fn print_with_secrets(&self, text: &str) {
        let mut text = text.to_owned();
        if text.is_empty() {
            return;
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let write = || {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            out.write(&text);
        };
        match &self.live {
            Some(multi) => multi.suspend(write),
            None => write(),
        }
    }
}

/// For the log of `tracing`: each write is taken for whole lines, and sanitised.
impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<String> = sanitize::lines(&text, sanitize::Colours::Keep).collect();
        self.print(&lines.join("\n"));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A stream to look into, which may break after some bytes.
    #[derive(Clone, Default)]
    pub(in crate::report) struct Shared {
        pub(in crate::report) bytes: Arc<Mutex<Vec<u8>>>,
        pub(in crate::report) breaks_after: Option<usize>,
    }

    impl Shared {
        pub(in crate::report) fn text(&self) -> String {
            String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut all = self.bytes.lock().unwrap();
            if self.breaks_after.is_some_and(|n| all.len() >= n) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            all.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_pipe_ends_the_writing_and_nothing_else() {
        let shared = Shared {
            breaks_after: Some(4),
            ..Shared::default()
        };
        let mut out = Out::to(shared.clone());
        for line in ["one\n", "two\n", "three\n"] {
            out.write(line);
        }
        assert_eq!(shared.text(), "one\n");
        assert!(out.broken.is_some() && out.failure().is_none());
    }

    #[test]
    fn lines_are_whole_and_without_secrets() {
        let shared = Shared::default();
        let redactor = Redactor::new(["hunter2hunter2"]);
        let mut console = Console::new(Out::to(shared.clone()), None, redactor);
        console.print("a hunter2hunter2");
        console.print("");
        console.write_all(b"log \x1b[2Jline\r::error::x\n").unwrap();
        assert_eq!(shared.text(), "a ***\nlog line\n\\::error::x\n");
    }
}
