//! Which names a shell wants at a place of a command line. Pure: what is on the line is held against the commands' own
//! arguments, by what they call their values.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::{CONFIG, Cli};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// The name of a stage.
    Stage,
    /// The name of an app.
    App,
    /// The name of a pipeline.
    Pipeline,
}

/// What to complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is wanted.
    pub wanted: CompletionKind,
    /// What stands before the name in the same word, to be repeated: `--to=`.
    pub lead: String,
    /// What is typed of the name.
    pub typed: String,
    /// The `deploy.yaml` that the line names.
    pub config: PathBuf,
}

/// What the values of an argument are.
fn wanted(arg: &Arg) -> Option<CompletionKind> {
    let name = arg.get_value_names()?.first()?.as_str();
    match name {
        "STAGE" => Some(CompletionKind::Stage),
        "APP" => Some(CompletionKind::App),
        "NAME|ID" => Some(CompletionKind::Pipeline),
        _ => None,
    }
}

/// What is to be completed in the word `current` behind the words `before`, the first of which is the program; nothing if
/// that is no name of `deploy.yaml`.
pub fn place(current: &str, before: &[String]) -> Option<Completion> {
    let mut root = Cli::command();
    root.build();
    let mut line = Line {
        command: &root,
        positional: 0,
        value_of: None,
        only_positionals: false,
        config: PathBuf::from(CONFIG),
    };
    for word in before.iter().skip(1) {
        line.read(word);
    }
    let (arg, lead, typed) = line.at(current)?;
    let (mut lead, mut typed) = (lead.to_owned(), typed);
    if let Some(between) = arg.get_value_delimiter()
        && let Some((others, last)) = typed.rsplit_once(between)
    {
        lead = format!("{lead}{others}{between}");
        typed = last;
    }
    Some(Completion {
        wanted: wanted(arg)?,
        lead,
        typed: typed.to_owned(),
        config: line.config,
    })
}

/// A command line, as far as it was read.
struct Line<'c> {
    command: &'c Command,
    positional: usize,
    /// The argument whose value comes next.
    value_of: Option<&'c Arg>,
    only_positionals: bool,
    config: PathBuf,
}

impl<'c> Line<'c> {
    fn read(&mut self, word: &str) {
        if let Some(arg) = self.value_of {
            // Bash makes a word of its own of the `=` in `--to=staging`.
            if word != "=" {
                self.value_of = None;
                self.value(arg, word);
            }
            return;
        }
        if self.only_positionals || !word.starts_with('-') || word == "-" {
            match self.command.find_subcommand(word) {
                Some(command) if !self.only_positionals => {
                    (self.command, self.positional) = (command, 0);
                }
                _ => self.positional += 1,
            }
        } else if word == "--" {
            self.only_positionals = true;
        } else if let Some((arg, rest)) = self.flag(word) {
            match rest {
                Some(value) => self.value(arg, value),
                None => self.value_of = Some(arg),
            }
        }
    }

    fn value(&mut self, arg: &Arg, value: &str) {
        if arg.get_id() == "config" {
            self.config = PathBuf::from(value);
        }
    }

    /// The flag of a word that takes a value, and the value if it is in the same word.
    fn flag<'w>(&self, word: &'w str) -> Option<(&'c Arg, Option<&'w str>)> {
        let takes = |arg: &&Arg| {
            matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !arg.is_positional()
        };
        let mut args = self.command.get_arguments().filter(takes);
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let arg = args.find(|arg| arg.get_long() == Some(name))?;
            let may_stand_alone = arg.is_require_equals_set();
            return (value.is_some() || !may_stand_alone).then_some((arg, value));
        }
        // In `-vc FILE` the flags before it take none.
        let (at, arg) = word.char_indices().skip(1).find_map(|(at, c)| {
            let mut args = self.command.get_arguments().filter(takes);
            Some((
                at + c.len_utf8(),
                args.find(|arg| arg.get_short() == Some(c))?,
            ))
        })?;
        let rest = word.get(at..).filter(|rest| !rest.is_empty());
        Some((arg, rest.map(|rest| rest.strip_prefix('=').unwrap_or(rest))))
    }

    /// The argument that the last word is of, what stands before its value in it, and the value.
    fn at<'w>(&self, current: &'w str) -> Option<(&'c Arg, &'w str, &'w str)> {
        if let Some(arg) = self.value_of {
            let typed = if current == "=" { "" } else { current };
            return Some((arg, "", typed));
        }
        if current.starts_with('-') && !self.only_positionals {
            let (arg, value) = self.flag(current)?;
            let value = value?;
            let lead = current.strip_suffix(value)?;
            return Some((arg, lead, value));
        }
        let arg = self.command.get_positionals().nth(self.positional)?;
        Some((arg, "", current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_found_whatever_stands_before_it() {
        use CompletionKind::{App, Pipeline, Stage};
        for (line, expected) in [
            ("deploy --to |", Some((Stage, "", "", CONFIG))),
            ("deploy --to st|", Some((Stage, "", "st", CONFIG))),
            ("deploy --to=st|", Some((Stage, "--to=", "st", CONFIG))),
            ("deploy --to = st|", Some((Stage, "", "st", CONFIG))),
            ("deploy --to =|", Some((Stage, "", "", CONFIG))),
            (
                "-c other.yaml deploy --to |",
                Some((Stage, "", "", "other.yaml")),
            ),
            (
                "deploy --config=x/y.yaml --force --to |",
                Some((Stage, "", "", "x/y.yaml")),
            ),
            (
                "deploy --config = x.yaml --to |",
                Some((Stage, "", "", "x.yaml")),
            ),
            ("-vcx.yaml promote --to |", Some((Stage, "", "", "x.yaml"))),
            (
                "promote --to production --app |",
                Some((App, "", "", CONFIG)),
            ),
            (
                "promote --to production --app a,b|",
                Some((App, "a,", "b", CONFIG)),
            ),
            ("promote --app=a,|", Some((App, "--app=a,", "", CONFIG))),
            ("rollback --stage |", Some((Stage, "", "", CONFIG))),
            (
                "rollback --stage production --app sh|",
                Some((App, "", "sh", CONFIG)),
            ),
            ("plan --matrix --stage |", Some((Stage, "", "", CONFIG))),
            ("builds --app |", Some((App, "", "", CONFIG))),
            ("builds output --app |", Some((App, "", "", CONFIG))),
            ("pipeline show |", Some((Pipeline, "", "", CONFIG))),
            (
                "pipeline show --json ac|",
                Some((Pipeline, "", "ac", CONFIG)),
            ),
            ("pipeline show --app |", Some((App, "", "", CONFIG))),
            ("pipeline show acme |", None),
            ("pipeline |", None),
            ("deploy |", None),
            ("deploy --t|", None),
            ("deploy --plan |", None),
            ("deploy --record --to |", None),
            ("builds output |", None),
            ("nonsense --to |", None),
            ("|", None),
        ] {
            let words = line.trim_end_matches('|');
            let mut words: Vec<&str> = words.split(' ').collect();
            let current = words.pop().unwrap();
            let before = ["launchway"].into_iter().chain(words).map(str::to_owned);
            let found = place(current, &before.collect::<Vec<_>>());
            let found = found.as_ref().map(|place| {
                let config = place.config.to_str().unwrap();
                (
                    place.wanted,
                    place.lead.as_str(),
                    place.typed.as_str(),
                    config,
                )
            });
            assert_eq!(found, expected, "{line}");
        }
    }
}
