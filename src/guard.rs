//! Keeps the process's memory and its environment, with the token in them, from the commands that it starts: they run as
//! the same user, and each of their dependencies could read `/proc/PID/environ`.
//!
//! Linux: the process is not dumpable, so `/proc/PID/environ`, `/proc/PID/mem` and `ptrace` are root's (see
//! `PR_SET_DUMPABLE` in `prctl(2)`). Unix: it leaves no core file. macOS hides other processes' environments from
//! other users only, and Windows lets a user open his own processes: there a token file is the safer way.

/// Does what the system offers. What it refuses is left as it is: a run is not worse off than without.
pub fn this_process() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            ..getrlimit(Resource::Core)
        };
        let _ = setrlimit(Resource::Core, none);
    }
}
