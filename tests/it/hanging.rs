//! A git that never answers: every command ends with its signal or its deadline, and leaves no child behind.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use rustix::fs::OFlags;
use rustix::process::Signal;

use crate::support::{Run, SINGLE, Shop, eventually};

/// What git reads of a checkout's configuration: a FIFO, from which nothing comes.
struct Fifo(PathBuf);

impl Fifo {
    /// Opened to write, which succeeds only while somebody reads.
    fn reader(&self) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(&self.0)
    }
}

/// A shop in a checkout in which every git hangs.
fn shop() -> (Shop, Fifo) {
    let shop = Shop::new().yaml(SINGLE);
    shop.commit();
    shop.git(&["config", "include.path", "fifo"]);
    let fifo = shop.workspace().join(".git/fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    (shop, Fifo(fifo))
}

/// What must hold of each end.
#[track_caller]
fn harmless(run: &Run, fifo: &Fifo) {
    run.changed_nothing()
        .says("nothing was changed on the platform");
    assert!(fifo.reader().is_err(), "a git still waits");
    let entries = std::fs::read_dir(run.root.join("work")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains("out.tgz")).collect();
    assert_eq!(left, [""; 0]);
}

const COMMANDS: [&[&str]; 4] = [
    &["deploy"],
    &["plan"],
    &["plan", "--offline"],
    &["pack", "-o", "out.tgz"],
];

#[test]
fn a_signal_ends_it() {
    for command in COMMANDS {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let (shop, fifo) = shop();
            let mut live = shop.launchway(command).start();
            // Held open, or git would come to the end of its configuration.
            let held = eventually(|| fifo.reader().ok(), || "no git".to_owned());
            live.signal(signal);
            let run = live.end();
            drop(held);
            run.exits(code);
            harmless(&run, &fifo);
            assert_eq!(run.record.is_some(), command == ["deploy"]);
        }
    }
}

#[test]
fn a_deadline_ends_it() {
    for command in COMMANDS {
        let (shop, fifo) = shop();
        let run = shop.launchway(command).args(&["--timeout", "500ms"]).run();
        run.exits(124);
        harmless(&run, &fifo);
        assert_eq!(run.record.is_some(), command == ["deploy"]);
    }
}
