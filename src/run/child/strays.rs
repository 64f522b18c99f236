//! Processes that left the group of the command that started them: daemons, and whatever calls `setsid`. They are known by a
//! variable that the command began with, as CI systems know theirs, and ended with it. Where `/proc` does not show a process's
//! environment (anything but Linux), and where a process was started without it (`sudo`, `env -i`), they are not found.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// The variable in the environment of each command.
pub(super) const VARIABLE: &str = "LAUNCHWAY_CHILD";

static NEXT: AtomicU64 = AtomicU64::new(0);

/// What the variable holds for one command: no other command of this or another run has the same.
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let (id, at) = (std::process::id(), since.unwrap_or_default().as_nanos());
        Self(format!(
            "{id}-{at}-{}",
            NEXT.fetch_add(1, Ordering::Relaxed)
        ))
    }

    pub(super) fn value(&self) -> String {
        self.0.clone()
    }

    /// Ends every process that has the variable.
    pub(super) fn end_all(&self) {
        #[cfg(target_os = "linux")]
        linux::end_all(&format!("{VARIABLE}={}", self.0));
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs::{self, File},
        io::Read as _,
    };

    use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

    /// How often all processes are scanned: one that was just ended may have started another before.
    const ROUNDS: u32 = 10;
    /// How many bytes of an environment are read: the kernel's limit for starting a program.
    const MOST: u64 = 6 << 20;

    pub(super) fn end_all(wanted: &str) {
        for _ in 0..ROUNDS {
            if end_once(wanted) == 0 {
                return;
            }
        }
    }

    /// Ends those that exist now; returns how many.
    fn end_once(wanted: &str) -> usize {
        let Ok(processes) = fs::read_dir("/proc") else {
            return 0;
        };
        let ids = processes.flatten().filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            Pid::from_raw(id).filter(|id| *id != getpid())
        });
        ids.filter(|id| end(*id, wanted)).count()
    }

    /// Ends a process if it has the variable. The descriptor is opened first, so that a reused id can't hit another
    /// process.
    fn end(id: Pid, wanted: &str) -> bool {
        let Ok(held) = pidfd_open(id, PidfdFlags::empty()) else {
            return false;
        };
        let mut environment = Vec::new();
        let read = File::open(format!("/proc/{}/environ", id.as_raw_nonzero()))
            .and_then(|file| file.take(MOST).read_to_end(&mut environment));
        if read.is_err() {
            return false;
        }
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|one| one == wanted.as_bytes())
            && pidfd_send_signal(&held, Signal::KILL).is_ok()
    }
}
