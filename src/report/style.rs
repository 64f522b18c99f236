//! How the report looks: decided once from the flags and the environment, then passed around as a value.

use std::time::Duration;

use anstyle::{AnsiColor, Style as Ansi};

use super::ci_syntax::CiSyntax;
use crate::ci::System;

/// Who the output is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// What fits the place where launchway runs.
    #[default]
    Auto,
    /// People.
    Human,
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Programs: one JSON object per line on stdout.
    Json,
}

impl Output {
    /// The marks in the log, in this CI system.
    pub fn syntax(self, system: Option<System>) -> CiSyntax {
        match self {
            Self::Auto => system.into(),
            Self::Github => CiSyntax::Github,
            Self::Gitlab => CiSyntax::Gitlab,
            Self::Human | Self::Json => CiSyntax::None,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColourChoice {
    /// On a terminal and in the logs of CI systems that show them; `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE` count.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Warnings, failures and the table at the end (`-q`).
    Quiet,
    /// What changed.
    #[default]
    Normal,
    /// Also every retry and every try of a check (`-v`).
    Verbose,
}

/// How the report looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// When to use colours.
    pub colour: bool,
    /// How much is said.
    pub verbosity: Verbosity,
    /// Whether stderr is a terminal that can redraw lines.
    pub terminal: bool,
    /// How many columns to write for.
    pub width: usize,
    /// The CI system whose marks are in the log.
    pub syntax: CiSyntax,
    /// Whether the system that reads these marks is there: only then is it told what to hide.
    pub masks: bool,
    /// After how much silence a log says that something is waited for.
    pub keep_alive: Duration,
}

/// The silence that [`Style::keep_alive`] allows if nothing else is said. Travis ends jobs after ten minutes of it.
pub const KEEP_ALIVE: Duration = Duration::from_mins(1);

/// The width without a terminal. Logs of CI systems scroll.
pub const LOG_WIDTH: usize = 160;
/// The width to write for on a terminal whose width is not known.
pub const TERMINAL_WIDTH: usize = 100;

/// Paragraphs are not wider than this, however wide the terminal is.
pub const MAX_PARAGRAPH: usize = 110;

impl Style {
    /// The style for this environment. `variable` looks up an environment variable. The width is `COLUMNS`, or a guess:
    /// callers that know better set it.
    pub fn detect(
        choice: ColourChoice,
        verbosity: Verbosity,
        stderr_is_terminal: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| variable(name).is_some_and(|v| !v.is_empty());
        let switched_on =
            |name: &str| variable(name).is_some_and(|v| !matches!(v.as_str(), "" | "0" | "false"));
        let dumb = variable("TERM").is_some_and(|t| t == "dumb");
        let colour = match choice {
            ColourChoice::Always => true,
            ColourChoice::Never => false,
            ColourChoice::Auto if set("NO_COLOR") => false,
            ColourChoice::Auto if switched_on("FORCE_COLOR") || switched_on("CLICOLOR_FORCE") => {
                true
            }
            ColourChoice::Auto if dumb => false,
            // These two show colours in their logs, which are no terminals.
            ColourChoice::Auto => stderr_is_terminal || set("GITHUB_ACTIONS") || set("GITLAB_CI"),
        };
        let terminal = stderr_is_terminal && !dumb;
        let width = variable("COLUMNS")
            .and_then(|c| c.parse().ok())
            .filter(|w| *w >= 40)
            .unwrap_or(if terminal { TERMINAL_WIDTH } else { LOG_WIDTH });
        Self {
            colour,
            verbosity,
            terminal,
            width,
            syntax: CiSyntax::None,
            masks: false,
            keep_alive: KEEP_ALIVE,
        }
    }

    /// No colours, no terminal.
    #[cfg(test)]
    pub const fn plain() -> Self {
        Self {
            colour: false,
            verbosity: Verbosity::Normal,
            terminal: false,
            width: LOG_WIDTH,
            syntax: CiSyntax::None,
            masks: false,
            keep_alive: KEEP_ALIVE,
        }
    }

    /// What foreign text may keep.
    pub fn colours(&self) -> super::sanitize::Colours {
        if self.colour {
            super::sanitize::Colours::Keep
        } else {
            super::sanitize::Colours::Strip
        }
    }

    /// The text in a tone, if there are colours.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let ansi = tone.ansi();
        if !self.colour || text.is_empty() || ansi == Ansi::new() {
            return text.to_owned();
        }
        format!("{ansi}{text}{ansi:#}")
    }
}

/// What a piece of text means. Colour only repeats what the words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// Structure that the eye may skip: times, rules, units.
    Dim,
    /// A label.
    Label,
    /// It went well.
    Good,
    /// A person should look.
    Warn,
    /// It failed.
    Bad,
    /// The one line to read.
    Strong,
}

impl Tone {
    fn ansi(self) -> Ansi {
        let colour = |c: AnsiColor| Ansi::new().fg_color(Some(c.into()));
        match self {
            Self::Plain => Ansi::new(),
            Self::Dim => Ansi::new().dimmed(),
            Self::Label => colour(AnsiColor::Cyan),
            Self::Good => colour(AnsiColor::Green),
            Self::Warn => colour(AnsiColor::Yellow),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Strong => Ansi::new().bold(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(choice: ColourChoice, terminal: bool, variables: &[(&str, &str)]) -> bool {
        let look_up = |name: &str| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Style::detect(choice, Verbosity::Normal, terminal, look_up).colour
    }

    #[test]
    fn colours_are_decided_by_flag_then_variables_then_place() {
        use ColourChoice::{Always, Auto, Never};
        for (expected, choice, terminal, variables) in [
            (true, Always, false, &[("NO_COLOR", "1")][..]),
            (false, Never, true, &[("FORCE_COLOR", "1")]),
            (true, Auto, true, &[]),
            (false, Auto, false, &[]),
            (false, Auto, true, &[("NO_COLOR", "1")]),
            (true, Auto, true, &[("NO_COLOR", "")]),
            (
                false,
                Auto,
                true,
                &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
            ),
            (true, Auto, false, &[("FORCE_COLOR", "1")]),
            (false, Auto, false, &[("FORCE_COLOR", "0")]),
            (true, Auto, false, &[("CLICOLOR_FORCE", "1")]),
            (false, Auto, true, &[("TERM", "dumb")]),
            (true, Auto, false, &[("GITHUB_ACTIONS", "true")]),
            (true, Auto, false, &[("GITLAB_CI", "true")]),
            (
                false,
                Auto,
                false,
                &[("GITLAB_CI", "true"), ("NO_COLOR", "1")],
            ),
        ] {
            assert_eq!(
                colour(choice, terminal, variables),
                expected,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn a_dumb_terminal_is_not_drawn_on() {
        let dumb = |n: &str| (n == "TERM").then(|| "dumb".to_owned());
        let style = Style::detect(ColourChoice::Always, Verbosity::Normal, true, dumb);
        assert!(style.colour && !style.terminal);
    }
}
