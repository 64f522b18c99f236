//! `docs/commands.md`: the reference of the command line, made from the command line itself.
//! `UPDATE_COMMANDS=1 cargo test --test it reference` writes it. Which exit codes a command can give is written here, and every
//! command that a test runs is held against it.

use std::fmt::Write as _;
use std::fs;

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use launchway::{cli::Cli, exit::Exit};

const PAGE: &str = "docs/commands.md";

/// What commands give that ask the platform.
const ASKS: &[u8] = &[0, 2, 16, 65, 69, 74, 75, 77, 124, 130, 143];
/// What commands give that may lose sight of it: of a change, or of a log before its end.
const LOSES_SIGHT: &[u8] = &[0, 2, 16, 20, 65, 69, 74, 75, 77, 124, 130, 143];
/// What commands give that only print.
const PRINTS: &[u8] = &[0, 2, 74];

/// Each command that does something: the exit codes that it can give, and an example.
const COMMANDS: [(&str, &[u8], &str); 26] = [
    (
        "deploy",
        &[
            0, 2, 10, 11, 12, 13, 14, 15, 16, 20, 65, 66, 69, 74, 75, 77, 124, 130, 143,
        ],
        "launchway deploy --to staging --record record.json",
    ),
    (
        "plan",
        &[0, 2, 3, 16, 65, 66, 69, 74, 75, 77, 124, 130, 143],
        "launchway plan --offline",
    ),
    (
        "promote",
        &[
            0, 2, 11, 12, 13, 14, 15, 16, 20, 65, 69, 74, 75, 77, 124, 130, 143,
        ],
        "launchway promote --to production --release v42",
    ),
    (
        "rollback",
        &[
            0, 2, 11, 13, 14, 15, 16, 20, 65, 69, 74, 75, 77, 124, 130, 143,
        ],
        "launchway rollback --stage production",
    ),
    ("status", ASKS, "launchway status --json"),
    ("pipeline list", ASKS, "launchway pipeline list"),
    ("pipeline show", ASKS, "launchway pipeline show acme-shop"),
    (
        "pipeline stages",
        ASKS,
        "launchway pipeline stages --platform akkeris",
    ),
    ("pipeline statuses", ASKS, "launchway pipeline statuses"),
    (
        "pipeline apply",
        LOSES_SIGHT,
        "launchway pipeline apply --yes",
    ),
    (
        "pipeline delete",
        LOSES_SIGHT,
        "launchway pipeline delete acme-shop --yes acme-shop",
    ),
    ("builds", ASKS, "launchway builds --app acme-shop -n 5"),
    ("builds list", ASKS, ""),
    (
        "builds output",
        LOSES_SIGHT,
        "launchway builds output 01234567-89ab-cdef-0123-456789abcdef",
    ),
    (
        "builds cancel",
        LOSES_SIGHT,
        "launchway builds cancel 01234567-89ab-cdef-0123-456789abcdef",
    ),
    ("releases", ASKS, "launchway releases --app acme-shop"),
    ("releases list", ASKS, ""),
    (
        "releases output",
        LOSES_SIGHT,
        "launchway releases output v42",
    ),
    ("slug show", ASKS, "launchway slug show v42 --app acme-shop"),
    (
        "slug download",
        ASKS,
        "launchway slug download v42 -o slug.tgz",
    ),
    (
        "pack",
        &[0, 2, 65, 66, 74, 124, 130, 143],
        "launchway pack --list",
    ),
    (
        "sandbox",
        &[0, 2, 65, 74, 130, 143],
        "launchway sandbox --port 5000",
    ),
    (
        "init",
        &[0, 2, 16, 69, 74, 75, 77, 124, 130, 143],
        "launchway init --pipeline acme-shop",
    ),
    ("schema", PRINTS, "launchway schema record"),
    ("explain", PRINTS, "launchway explain 16"),
    (
        "completions",
        PRINTS,
        "source <(launchway completions bash)",
    ),
];

/// `manual` has nothing to say but itself.
const MANUAL: (&str, &[u8], &str) = ("manual", PRINTS, "launchway manual | man -l -");

fn known(name: &str) -> Option<&'static (&'static str, &'static [u8], &'static str)> {
    let all = COMMANDS.iter().chain([&MANUAL]);
    all.into_iter().find(|(known, ..)| *known == name)
}

/// Holds the exit code of a command against its row: a code that the page does not have is missing there.
#[track_caller]
pub(crate) fn may_exit(arguments: &[String], code: i32) {
    let root = Cli::command();
    let (mut command, mut names) = (&root, Vec::new());
    for word in arguments {
        let found = command.get_subcommands().find(|one| one.get_name() == word);
        let Some(found) = found else { continue };
        command = found;
        names.push(word.as_str());
    }
    let name = names.join(" ");
    let Some((_, codes, _)) = known(&name) else {
        return;
    };
    let listed = code == 1 || codes.iter().any(|listed| i32::from(*listed) == code);
    assert!(
        listed,
        "`{name}` gave {code}, which its row in tests/it/reference.rs does not have"
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// How an argument is written.
fn written(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let value = values.first().map(ToString::to_string).unwrap_or_default();
    if arg.is_positional() {
        return format!("`{}`", cell(&value));
    }
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let short = arg.get_short().map(|c| format!("-{c}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let names = names.join(", ");
    match (takes, arg.is_require_equals_set()) {
        (true, true) => format!("`{names}[={}]`", cell(&value)),
        (true, false) => format!("`{names} {}`", cell(&value)),
        (false, _) => format!("`{names}`"),
    }
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|choice| takes && !choice.is_hide_set())
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    if !choices.is_empty() {
        let _ = write!(text, ": {}", choices.join(", "));
    }
    let defaults: Vec<String> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    if takes && !defaults.is_empty() && !text.contains("[default:") {
        let _ = write!(text, " [default: {}]", defaults.join(", "));
    }
    if arg.is_required_set() {
        text.push_str(" (needed)");
    }
    cell(&text)
}

fn arguments<'c>(out: &mut String, arguments: impl Iterator<Item = &'c Arg>) {
    let rows: Vec<String> = arguments
        .filter(|arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
        .map(|arg| format!("| {} | {} |\n", written(arg), meaning(arg)))
        .collect();
    if !rows.is_empty() {
        let _ = write!(
            out,
            "| argument | meaning |\n|---|---|\n{}\n",
            rows.concat()
        );
    }
}

fn section(out: &mut String, command: &Command, name: &str, depth: usize) {
    let _ = writeln!(out, "{} launchway {name}\n", "#".repeat(depth));
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let _ = writeln!(out, "{about}.\n");
    if let Some((_, codes, example)) = known(name) {
        let usage = command.clone().render_usage().to_string();
        let usage = usage
            .trim_start_matches("Usage: ")
            .replace("\n       ", "\n");
        let _ = writeln!(out, "```text\n{}\n```\n", usage.trim_end());
        arguments(
            out,
            command.get_arguments().filter(|arg| !arg.is_global_set()),
        );
        if !example.is_empty() {
            let _ = writeln!(out, "For example: `{example}`\n");
        }
        let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "Exit codes: {}.\n", codes.join(", "));
    }
    for one in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        section(out, one, &format!("{name} {}", one.get_name()), depth + 1);
    }
}

fn page() -> String {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut out = String::from(
        "# Commands\n\n\
         Every command with all that it takes, made from the command line itself. `launchway COMMAND --help` says the same, and so does\n\
         `launchway manual | man -l -`. Besides the exit codes that are named, any command may give 1: a bug.\n\
         [Exit codes](exit-codes.md) says what each means. A name that is nearly right gets a \"did you mean\".\n\n\
         ## Global options\n\n\
         They may stand before the command or behind it. The last five of them are for `deploy`, `promote` and `rollback`.\n\n",
    );
    arguments(&mut out, root.get_arguments());
    for command in root.get_subcommands() {
        section(&mut out, command, command.get_name(), 2);
    }
    out.trim_end().to_owned() + "\n"
}

#[test]
fn the_reference_of_the_commands_is_current() {
    let page = page();
    let committed = fs::read_to_string(PAGE).unwrap_or_default();
    if committed != page && std::env::var_os("UPDATE_COMMANDS").is_some() {
        fs::write(PAGE, page).unwrap();
        return;
    }
    assert!(
        committed == page,
        "{PAGE} is out of date: run `UPDATE_COMMANDS=1 cargo test --test it reference`"
    );
}

/// The names of all commands that do something.
fn names(command: &Command, before: &str, found: &mut Vec<String>) {
    for one in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        let name = format!("{before}{}", one.get_name());
        if !one.is_subcommand_required_set() {
            found.push(name.clone());
        }
        names(one, &format!("{name} "), found);
    }
}

#[test]
fn every_command_has_exit_codes_and_a_place_in_the_manual() {
    let mut all = Vec::new();
    names(&Cli::command(), "", &mut all);
    assert_eq!(all.len(), COMMANDS.len() + 1, "{all:?}");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_launchway"))
        .arg("manual")
        .output()
        .unwrap();
    let manual = String::from_utf8(output.stdout).unwrap().replace('\\', "");
    for name in &all {
        let (_, codes, _) = known(name).unwrap_or_else(|| panic!("{name} has no row"));
        for code in *codes {
            assert!(Exit::find(&code.to_string()).is_some(), "{name} {code}");
        }
        let title = format!(".TH launchway-{}", name.replace(' ', "-"));
        assert!(manual.contains(&title), "{title}");
    }
}

#[test]
fn every_example_is_a_command_line() {
    use clap::Parser as _;
    for (name, _, example) in COMMANDS {
        if example.starts_with("launchway") {
            let words: Vec<&str> = example.split(' ').collect();
            assert!(Cli::try_parse_from(words).is_ok(), "{name}: {example}");
        }
    }
}
