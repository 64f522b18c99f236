//! The binary on a terminal, with a person before it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Child;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::{Launchway, eventually};

/// A command whose stdin and stderr are a terminal.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts it.
    pub(crate) fn start(command: Launchway<'_>) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let open = || {
            let mut options = File::options();
            let options = options.read(true).write(true);
            options.open(name.to_str().unwrap()).unwrap()
        };
        let child = command
            .env("TERM", "xterm")
            .bare()
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .unwrap();
        let keys = File::from(master);
        let shown = Arc::new(Mutex::new(String::new()));
        let (seen, mut from) = (Arc::clone(&shown), keys.try_clone().unwrap());
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            // It fails when the last one who had the terminal has gone.
            while let Ok(count @ 1..) = from.read(&mut part) {
                let text = String::from_utf8_lossy(&part[..count]).into_owned();
                seen.lock().unwrap().push_str(&text);
            }
        });
        Self { child, keys, shown }
    }

    /// Waits until this is on the screen.
    #[track_caller]
    pub(crate) fn until(&self, text: &str) {
        let shown = || self.shown.lock().unwrap().clone();
        eventually(|| shown().contains(text).then_some(()), shown);
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Its exit code, and all that was shown, after an interrupt. The terminal is not its controlling one.
    pub(crate) fn interrupted(self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        self.end()
    }

    /// The same after what CI systems send when a job is cancelled.
    pub(crate) fn terminated(self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.end()
    }

    /// Its exit code, and all that was shown.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let shown = self.shown.lock().unwrap().clone();
        (code, shown)
    }
}
