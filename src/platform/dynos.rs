//! The processes of an app: those that it should have, and those that it has.

/// A process type of an app, and how many processes of it should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// The process type: `web`, `worker`.
    pub kind: String,
    /// How many.
    pub quantity: u64,
}

/// A process of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dyno {
    /// Its name: `web.1`.
    pub name: String,
    /// Its process type; `run`, `release` and `scheduler` are one-off ones.
    pub kind: String,
    /// How it is.
    pub state: DynoState,
    /// The version of the release that it runs, if the platform says.
    pub release: Option<u64>,
}

/// How a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DynoState {
    /// It runs.
    Up,
    /// It boots.
    Starting,
    /// It ended by itself.
    Crashed,
    /// It sleeps until somebody asks.
    Idle,
    /// It is stopped.
    Down,
    /// A word that this version does not know.
    Other(String),
}

impl DynoState {
    /// What the platform's word means.
    pub fn read(word: &str) -> Self {
        match word {
            "up" => Self::Up,
            "starting" => Self::Starting,
            "crashed" => Self::Crashed,
            "idle" => Self::Idle,
            "down" => Self::Down,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The state in words, as in "web.1 has crashed".
    pub fn words(&self) -> String {
        match self {
            Self::Up => "is up".to_owned(),
            Self::Starting => "is starting".to_owned(),
            Self::Crashed => "has crashed".to_owned(),
            Self::Idle => "is idle".to_owned(),
            Self::Down => "is down".to_owned(),
            Self::Other(word) => format!("is `{word}`"),
        }
    }
}
