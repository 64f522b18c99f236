//! Which parts of the output are folded: logs, and on GitLab whole stages; lines that matter stay outside. Around a
//! log, GitHub's workflow commands are switched off.

use jiff::Timestamp;

use super::{ci_syntax::CiSyntax, narrate::Line, style::Tone};
use crate::{
    journal::event::{Event, OutputSource},
    units::random_id,
};

/// The open parts.
#[derive(Debug)]
pub struct LogGroups {
    syntax: CiSyntax,
    /// How many parts there were: each has a name of its own.
    count: usize,
    stage: Option<Part>,
    log: Option<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    title: String,
    /// The token that switches commands on again.
    token: String,
}

impl LogGroups {
    /// No part yet.
    pub fn new(syntax: CiSyntax) -> Self {
        Self {
            syntax,
            count: 0,
            stage: None,
            log: None,
        }
    }

    /// What goes in front of everything that is said about this event.
    pub fn event(&mut self, event: &Event, at: Timestamp) -> String {
        match event {
            Event::StageStarted { stage, .. } if self.syntax.nest() => {
                let mut text = self.end(at);
                let part = self.part(stage.clone());
                text += &self.syntax.open(&part.name, &part.title, false, at);
                self.stage = Some(part);
                text
            }
            Event::RunFinished { .. } => self.end(at),
            _ => String::new(),
        }
    }

    /// What goes in front of this line: the start of its log, or the end of one if the line matters more.
    pub fn line(&mut self, line: &Line, event: Option<&Event>, at: Timestamp) -> String {
        match line {
            Line::Output { .. } => event
                .and_then(log_title)
                .map_or_else(String::new, |title| self.log(title, at)),
            Line::Step(step) if matches!(step.tone, Tone::Good | Tone::Warn | Tone::Bad) => {
                self.close_log(at)
            }
            Line::Header(_) | Line::Step(_) => String::new(),
        }
    }

    /// The end of all parts.
    pub fn end(&mut self, at: Timestamp) -> String {
        let mut text = self.close_log(at);
        if let Some(part) = self.stage.take() {
            text += &self.syntax.close(&part.name, &part.title, at);
        }
        text
    }

    /// Wraps a command so that the CI system acts on it in the middle of an open log.
    pub fn say(&mut self, command: &str) -> String {
        let syntax = self.syntax;
        match &mut self.log {
            Some(part) if !command.is_empty() => {
                let resume = syntax.resume(&part.token);
                part.token = random_id();
                format!("{resume}{command}{}", syntax.stop(&part.token))
            }
            _ => command.to_owned(),
        }
    }

    fn log(&mut self, title: String, at: Timestamp) -> String {
        if self.syntax == CiSyntax::None || self.log.as_ref().is_some_and(|log| log.title == title)
        {
            return String::new();
        }
        let mut text = self.close_log(at);
        let part = self.part(title);
        text += &self.syntax.open(&part.name, &part.title, true, at);
        text += &self.syntax.stop(&part.token);
        self.log = Some(part);
        text
    }

    fn close_log(&mut self, at: Timestamp) -> String {
        let Some(part) = self.log.take() else {
            return String::new();
        };
        self.syntax.resume(&part.token) + &self.syntax.close(&part.name, &part.title, at)
    }

    fn part(&mut self, title: String) -> Part {
        self.count += 1;
        Part {
            name: format!("launchway_{}", self.count),
            title,
            token: random_id(),
        }
    }
}

/// The title of the log that an event belongs to.
fn log_title(event: &Event) -> Option<String> {
    let Event::Output {
        source,
        stage,
        app,
        several,
        ..
    } = event
    else {
        return None;
    };
    let of = if *several { stage } else { app };
    Some(match source {
        OutputSource::Build => format!("build log of {of}"),
        OutputSource::Release => format!("release phase of {of}"),
        OutputSource::Check => format!("output of the checks of {of}"),
        OutputSource::Notify => "output of notify".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_in_the_middle_of_a_log_is_heard() {
        let at = "2026-08-01T12:00:00Z".parse().unwrap();
        let mut groups = LogGroups::new(CiSyntax::Github);
        assert_eq!(groups.say("::add-mask::x\n"), "::add-mask::x\n");
        let opened = groups.log("build log of acme".into(), at);
        let first = opened
            .lines()
            .last()
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned();
        let said = groups.say("::add-mask::x\n");
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], format!("::{first}::"));
        assert_eq!(lines[1], "::add-mask::x");
        let second = lines[2].strip_prefix("::stop-commands::").unwrap();
        assert_ne!(first, second);
        assert_eq!(groups.end(at), format!("::{second}::\n::endgroup::\n"));
    }
}
