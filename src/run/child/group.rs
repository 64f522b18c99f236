//! The processes that a command started. They end with it, so that none outlives it.

use super::strays::Mark;

/// The processes of one command; ended when this is dropped.
pub(super) struct Group {
    mark: Mark,
    own: own::Group,
}

impl Group {
    pub(super) fn of(child: &tokio::process::Child, mark: Mark) -> Self {
        let own = own::Group::of(child);
        Self { mark, own }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.own.end();
        self.mark.end_all();
    }
}

/// The process group that the command was started in.
#[cfg(unix)]
mod own {
    use rustix::process::{Pid, Signal, kill_process_group};

    pub(super) struct Group(Option<Pid>);

    impl Group {
        pub(super) fn of(child: &tokio::process::Child) -> Self {
            let id = child.id().and_then(|id| i32::try_from(id).ok());
            Self(id.and_then(Pid::from_raw))
        }

        pub(super) fn end(&mut self) {
            if let Some(id) = self.0 {
                // It fails if no process is left in the group, which is the goal.
                let _ = kill_process_group(id, Signal::KILL);
            }
        }
    }
}

/// A job object. What its processes start belongs to it, too, and all of them end when its last handle is closed. Only this process
/// has one, so they end even if it is killed.
/// <https://learn.microsoft.com/en-us/windows/win32/procthread/job-objects>
#[cfg(windows)]
mod own {
    use win32job::{ExtendedLimitInfo, Job};

    pub(super) struct Group(Option<Job>);

    impl Group {
        /// What the command starts before it is in the job does not belong to it; but `cmd` takes longer than this to start.
        pub(super) fn of(child: &tokio::process::Child) -> Self {
            let handle = child.raw_handle();
            let job = handle.and_then(|handle| {
                let mut limits = ExtendedLimitInfo::new();
                limits.limit_kill_on_job_close();
                let job = Job::create_with_limit_info(&limits).ok()?;
                // It fails if the command has ended.
                job.assign_process(handle as isize).ok()?;
                Some(job)
            });
            Self(job)
        }

        pub(super) fn end(&mut self) {
            self.0 = None;
        }
    }
}
