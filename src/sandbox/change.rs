//! Changes that someone else makes during a run.

/// Something that happens without the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody else releases another source to an app.
    Release {
        /// The app's name.
        app: String,
        /// The source version that is running then.
        version: String,
    },
    /// A config var of an app is set, or removed with `None`: that makes a release of the slug that runs.
    ConfigVar {
        /// The app's name.
        app: String,
        /// The var.
        name: String,
        /// Its value.
        value: Option<String>,
    },
    /// Somebody rolls an app back to one of its releases.
    RollBack {
        /// The app's name.
        app: String,
        /// The release's number.
        version: u64,
    },
    /// The artefact of a release is destroyed.
    Expire {
        /// The app's name.
        app: String,
        /// The release's number.
        version: u64,
    },
    /// An app leaves its pipeline.
    Uncouple {
        /// The app's name.
        app: String,
    },
    /// Akkeris: the timer that releases builds releases none from now on, so that no test races it.
    StopTimer,
    /// Heroku: other jobs of the account use up its calls of the hour, until so many are left.
    CallsLeft(u32),
}

/// A change that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox has no {0}")]
pub struct CannotChange(pub(super) String);
