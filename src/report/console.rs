//! The one way to stderr (and, for data, to stdout): whole lines, without secrets, around the live area of a terminal.
//! A reader that went away (`launchway … 2>&1 | head`) is no reason to stop a deploy: writing just ends.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use indicatif::MultiProgress;

use super::sanitize;
use crate::redact::Redactor;

/// The pause after `WouldBlock`, which a stream gives if another process has made it non-blocking.
const FULL_PAUSE: Duration = Duration::from_millis(10);

/// A stream that is written to until it breaks.
pub struct Out {
    to: Box<dyn Write + Send>,
    broken: Option<io::Error>,
    written: u64,
    lost: u64,
}

/// Texts that could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostOutput {
    /// How many were not written, or not whole.
    pub lost: u64,
    /// How many there were.
    pub all: u64,
    /// Why.
    pub why: String,
}

impl Out {
    /// A stream that writes to `out`.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self {
            to: Box::new(writer),
            broken: None,
            written: 0,
            lost: 0,
        }
    }

    /// Standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// Standard error.
    pub fn stderr() -> Self {
        Self::to(io::stderr())
    }

    /// Writes the text at once. After the first error nothing is written any more: what follows a gap would look whole.
    pub fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.broken.is_none() {
            self.broken = self.put(text.as_bytes()).err();
        }
        match self.broken {
            None => self.written += 1,
            Some(_) => self.lost += 1,
        }
    }

    fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            let done = if bytes.is_empty() {
                self.to.flush().map(|()| None)
            } else {
                self.to.write(bytes).map(Some)
            };
            match done {
                Ok(None) => return Ok(()),
                Ok(Some(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(Some(count)) => bytes = &bytes[count..],
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => thread::sleep(FULL_PAUSE),
                    _ => return Err(error),
                },
            }
        }
    }

    /// What was lost, and why. A reader that closed the pipe is no loss.
    pub fn lost(&self) -> Option<LostOutput> {
        self.failure().map(|why| LostOutput {
            lost: self.lost,
            all: self.written + self.lost,
            why: why.to_string(),
        })
    }

    /// Whether nothing is written any more.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Why not everything was written. A reader that closed the pipe is no failure.
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

/// For the log of `tracing`: each write counts as whole lines, and is sanitised.
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
        pub(in crate::report) breaks_with: Option<io::ErrorKind>,
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
                return Err(self.breaks_with.unwrap_or(io::ErrorKind::BrokenPipe).into());
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

    /// Takes a byte at a time, and every other time nothing for the moment.
    #[derive(Clone, Default)]
    struct Busy {
        shared: Shared,
        tries: usize,
    }

    impl Write for Busy {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.tries += 1;
            match self.tries % 2 {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => self.shared.write(&bytes[..1]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stream_that_takes_nothing_for_the_moment_gets_everything() {
        let busy = Busy::default();
        let mut out = Out::to(busy.clone());
        out.write("one\n");
        out.write("two\n");
        assert_eq!(busy.shared.text(), "one\ntwo\n");
        assert_eq!(out.lost(), None);
    }

    #[test]
    fn what_is_lost_is_counted_unless_nobody_reads() {
        for (kind, expected) in [
            (io::ErrorKind::StorageFull, Some((2, 3))),
            (io::ErrorKind::BrokenPipe, None),
        ] {
            let shared = Shared {
                breaks_after: Some(4),
                breaks_with: Some(kind),
                ..Shared::default()
            };
            let mut out = Out::to(shared.clone());
            for line in ["one\n", "two\n", "", "three\n"] {
                out.write(line);
            }
            assert_eq!(shared.text(), "one\n");
            assert_eq!(out.lost().map(|l| (l.lost, l.all)), expected, "{kind}");
        }
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
