//! The commands for CI systems in a job's output: groups around logs, annotations, masks. One function
//! for each, with each system's form and escaping; what a system has no form for is an empty text.
//!
//! GitHub: `packages/core/src/command.ts` of <https://github.com/actions/toolkit>; GitLab:
//! <https://docs.gitlab.com/ci/jobs/job_logs/>; Azure: the logging commands of Azure Pipelines; Buildkite: managing log
//! output; Travis: folds; TeamCity: service messages.

use jiff::Timestamp;

use super::sanitize::text;
use crate::ci::System;

/// The CI system whose marks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CiSyntax {
    /// None: a terminal, or a CI system without commands.
    #[default]
    None,
    /// GitHub Actions'.
    Github,
    /// GitLab CI's.
    Gitlab,
    /// Azure Pipelines'.
    Azure,
    /// Buildkite's.
    Buildkite,
    /// Travis CI's.
    Travis,
    /// TeamCity's.
    Teamcity,
}

impl From<Option<System>> for CiSyntax {
    fn from(system: Option<System>) -> Self {
        match system {
            Some(System::Github) => Self::Github,
            Some(System::Gitlab) => Self::Gitlab,
            Some(System::Azure) => Self::Azure,
            Some(System::Buildkite) => Self::Buildkite,
            Some(System::Travis) => Self::Travis,
            Some(System::Teamcity) => Self::Teamcity,
            _ => Self::None,
        }
    }
}

/// How bad an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It ends the run.
    Error,
    /// A person should know.
    Warning,
}

/// Something that a CI system shows beside the log, at a place in a file where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// How bad it is.
    pub level: Level,
    /// A few words.
    pub title: String,
    /// The text; may have several lines.
    pub message: String,
    /// The file, relative to the checkout, with line and column from 1.
    pub place: Option<(String, usize, usize)>,
}

/// The longest message of an annotation, in characters; GitHub cuts at 4096.
const MAX_MESSAGE: usize = 3000;

impl CiSyntax {
    /// Begins a part of the log that can be folded. `name` tells parts apart and is made of letters, digits, `_`.
    pub fn open(self, name: &str, title: &str, folded: bool, at: Timestamp) -> String {
        let title = text(title);
        let second = at.as_second();
        match self {
            Self::None => String::new(),
            Self::Github => format!("::group::{}\n", data(&title)),
            Self::Azure => format!("##[group]{title}\n"),
            Self::Gitlab => {
                let collapsed = if folded { "[collapsed=true]" } else { "" };
                format!("\u{1b}[0Ksection_start:{second}:{name}{collapsed}\r\u{1b}[0K{title}\n")
            }
            Self::Buildkite => format!("--- {title}\n"),
            Self::Travis => format!("travis_fold:start:{name}\r\u{1b}[0K{title}\n"),
            Self::Teamcity => format!("##teamcity[blockOpened name='{}']\n", teamcity(&title)),
        }
    }

    /// Ends such a part.
    pub fn close(self, name: &str, title: &str, at: Timestamp) -> String {
        match self {
            // On Buildkite a part ends where the next one begins.
            Self::None | Self::Buildkite => String::new(),
            Self::Github => "::endgroup::\n".to_owned(),
            Self::Azure => "##[endgroup]\n".to_owned(),
            Self::Gitlab => {
                format!(
                    "\u{1b}[0Ksection_end:{}:{name}\r\u{1b}[0K\n",
                    at.as_second()
                )
            }
            Self::Travis => format!("travis_fold:end:{name}\r\u{1b}[0K\n"),
            Self::Teamcity => format!(
                "##teamcity[blockClosed name='{}']\n",
                teamcity(&text(title))
            ),
        }
    }

    /// Whether foldable parts may be inside one another.
    pub fn nest(self) -> bool {
        matches!(self, Self::Gitlab)
    }

    /// From here on nothing in the log is a command, until [`CiSyntax::resume`].
    pub fn stop(self, token: &str) -> String {
        match self {
            Self::Github => format!("::stop-commands::{token}\n"),
            _ => String::new(),
        }
    }

    /// Commands count again.
    pub fn resume(self, token: &str) -> String {
        match self {
            Self::Github => format!("::{token}::\n"),
            _ => String::new(),
        }
    }

    /// Asks the system to hide a secret wherever it turns up. The line itself is not shown.
    pub fn mask(self, secret: &str) -> String {
        match self {
            Self::Github => format!("::add-mask::{}\n", data(secret)),
            // Azure can't be told a secret with a line end inside.
            Self::Azure if !secret.contains(['\r', '\n']) => {
                format!("##vso[task.setsecret]{secret}\n")
            }
            _ => String::new(),
        }
    }

    /// An annotation. Every text in it may be foreign.
    pub fn annotate(self, annotation: &Annotation) -> String {
        let message: Vec<String> = super::sanitize::split(&annotation.message)
            .map(text)
            .collect();
        let message: String = message.join("\n").chars().take(MAX_MESSAGE).collect();
        let title = text(&annotation.title);
        match self {
            Self::Github => {
                let level = match annotation.level {
                    Level::Error => "error",
                    Level::Warning => "warning",
                };
                let mut properties = vec![format!("title={}", property(&title))];
                if let Some((file, line, column)) = &annotation.place {
                    properties.push(format!("file={}", property(&text(file))));
                    properties.push(format!("line={line}"));
                    properties.push(format!("col={column}"));
                }
                format!("::{level} {}::{}\n", properties.join(","), data(&message))
            }
            Self::Azure => {
                let level = match annotation.level {
                    Level::Error => "error",
                    Level::Warning => "warning",
                };
                let mut properties = format!("type={level};");
                if let Some((file, line, column)) = &annotation.place {
                    let file = azure(&text(file));
                    properties = format!(
                        "{properties}sourcepath={file};linenumber={line};columnnumber={column};"
                    );
                }
                format!(
                    "##vso[task.logissue {properties}]{title}: {}\n",
                    azure(&message)
                )
            }
            Self::Teamcity if annotation.level == Level::Error => {
                let words = teamcity(&format!("{title}: {message}"));
                format!("##teamcity[buildProblem description='{words}']\n")
            }
            _ => String::new(),
        }
    }
}

/// Text as the data of a command of GitHub's.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Text as the value of a property of a command of GitHub's.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn azure(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace(';', "%3B")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(']', "%5D")
}

fn teamcity(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\'' | '[' | ']' => out.extend(['|', c]),
            '\n' => out.push_str("|n"),
            '\r' => out.push_str("|r"),
            c if c.is_ascii() => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let code = format!("|0x{unit:04X}");
                    out.push_str(&code);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-08-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn each_system_has_its_form() {
        for (syntax, open, close) in [
            (CiSyntax::None, "", ""),
            (CiSyntax::Github, "::group::50%25 done\n", "::endgroup::\n"),
            (
                CiSyntax::Gitlab,
                "\u{1b}[0Ksection_start:1785585600:log_1[collapsed=true]\r\u{1b}[0K50% done\n",
                "\u{1b}[0Ksection_end:1785585600:log_1\r\u{1b}[0K\n",
            ),
            (CiSyntax::Azure, "##[group]50% done\n", "##[endgroup]\n"),
            (CiSyntax::Buildkite, "--- 50% done\n", ""),
            (
                CiSyntax::Travis,
                "travis_fold:start:log_1\r\u{1b}[0K50% done\n",
                "travis_fold:end:log_1\r\u{1b}[0K\n",
            ),
            (
                CiSyntax::Teamcity,
                "##teamcity[blockOpened name='50% done']\n",
                "##teamcity[blockClosed name='50% done']\n",
            ),
        ] {
            assert_eq!(syntax.open("log_1", "50% done", true, at()), open);
            assert_eq!(syntax.close("log_1", "50% done", at()), close);
        }
    }

    #[test]
    fn an_annotation_can_not_be_left_by_its_text() {
        let annotation = Annotation {
            level: Level::Error,
            title: "a, b: c".into(),
            message: "50%\r::error::x\n]y".into(),
            place: Some(("a,b:c;].yaml".into(), 3, 7)),
        };
        assert_eq!(
            CiSyntax::Github.annotate(&annotation),
            "::error title=a%2C b%3A c,file=a%2Cb%3Ac;].yaml,line=3,col=7::50%25%0A\\::error::x%0A]y\n"
        );
        assert_eq!(
            CiSyntax::Azure.annotate(&annotation),
            "##vso[task.logissue type=error;sourcepath=a,b:c%3B%5D.yaml;linenumber=3;columnnumber=7;]a, b: c: \
             50%AZP25%0A\\::error::x%0A%5Dy\n"
        );
        assert_eq!(
            CiSyntax::Teamcity.annotate(&annotation),
            "##teamcity[buildProblem description='a, b: c: 50%|n\\::error::x|n|]y']\n"
        );
        assert_eq!(CiSyntax::Gitlab.annotate(&annotation), "");
    }

    #[test]
    fn a_mask_is_one_line() {
        assert_eq!(CiSyntax::Github.mask("a%b\nc"), "::add-mask::a%25b%0Ac\n");
        assert_eq!(CiSyntax::Azure.mask("a\nb"), "");
        assert_eq!(CiSyntax::Gitlab.mask("secret"), "");
    }
}
