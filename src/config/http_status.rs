//! The statuses that an HTTP check wants.

use std::fmt;

/// Statuses of an answer: any of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(pub Vec<StatusRange>);

/// Statuses that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRange {
    /// This one.
    One(u16),
    /// A class of statuses: all that begin with this digit.
    Class(u8),
}

impl Statuses {
    /// Whether a status is among them.
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|range| match range {
            StatusRange::One(one) => *one == status,
            StatusRange::Class(class) => u16::from(*class) == status / 100,
        })
    }
}

impl Default for Statuses {
    fn default() -> Self {
        Self(vec![StatusRange::One(200)])
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.0.iter().enumerate() {
            match at {
                0 => {}
                _ if at + 1 == self.0.len() => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            match range {
                StatusRange::One(status) => write!(f, "{status}")?,
                StatusRange::Class(class) => write!(f, "{class}xx")?,
            }
        }
        Ok(())
    }
}
