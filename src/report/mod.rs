//! Events become text for people and JSON for programs; the run record becomes the end of the output, and a file.
//!
//! ```text
//! event -> narrate (words) -> layout (columns) -> human (pulse, terminal) -> console (redact) -> stderr
//!       -> json (redact) -> stdout
//! record, failure -> ending (table, live, failure) -> console
//!                 -> record (a file)
//! ```
//!
//! Deciding what to say is pure; only `console`, `json` and `record` write. Foreign text passes [`sanitize`] where it
//! becomes part of a line, and everything that is written passes [`redact`].

pub mod console;
pub mod ending;
pub mod explain;
pub mod failure;
#[cfg(test)]
mod fixtures;
pub mod human;
pub mod json;
pub mod layout;
pub mod live;
pub mod narrate;
pub mod pulse;
pub mod record;
#[cfg(test)]
mod runners;
pub mod sanitize;
pub mod style;
pub mod table;
pub mod terminal;

pub use self::{
    console::Console,
    style::{ColourChoice, Output, Style, Verbosity},
};

use std::time::Duration;

use crate::{event::Listener, redact::Redactor};

/// The reporters for this kind of output. A log is silent during a wait for no longer than `keep_alive`. People read stderr in each of them; JSON lines go to stdout beside that.
pub fn reporters(
    output: Output,
    style: Style,
    console: &Console,
    redactor: &Redactor,
    keep_alive: Duration,
) -> Vec<Box<dyn Listener>> {
    let mut reporters: Vec<Box<dyn Listener>> = vec![Box::new(
        human::Human::new(console, style).silent_for(keep_alive),
    )];
    if output == Output::Json {
        reporters.push(Box::new(json::Json::new(
            console::Out::stdout(),
            redactor.clone(),
        )));
    }
    reporters
}
