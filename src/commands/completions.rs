//! `completions`: a script for a shell, which asks the binary for the names of stages and apps: those of the `deploy.yaml`
//! that the line is about. The words of the command line itself are in the script.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{
    cli::{
        Cli,
        words::{CompletionKind, place},
    },
    config::names::names,
};

/// What scripts call. No command of the command line: nobody types it.
const ASK: &str = "__complete";

/// Answers a completion script, if it asks: `launchway __complete +WORD BEFORE...`, a name a line. It contacts nobody, and
/// says nothing if it does not know.
pub fn answer(mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    if arguments.nth(1)? != ASK {
        return None;
    }
    let words: Vec<String> = arguments
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let Some((current, before)) = words.split_first() else {
        return Some(String::new());
    };
    // With a sign before it an empty word is an argument, too, whatever the shell.
    let current = current.strip_prefix('+').unwrap_or(current);
    let Some(place) = place(current, before) else {
        return Some(String::new());
    };
    let names = names(&place.config);
    let names = match place.wanted {
        CompletionKind::Stage => names.stages,
        CompletionKind::App => names.apps,
        CompletionKind::Pipeline => names.pipelines,
    };
    let mut found = String::new();
    for name in names.iter().filter(|name| name.starts_with(&place.typed)) {
        found.push_str(&place.lead);
        found.push_str(name);
        found.push('\n');
    }
    Some(found)
}

/// The script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "launchway", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => bash(&text),
        Shell::Zsh => zsh(&text),
        Shell::Fish => fish(&text),
        Shell::PowerShell => powershell(&text),
        _ => text,
    }
}

fn bash(text: &str) -> String {
    const NAMES: &str = r#"
_launchway_names() {
    local name
    local -a names=()
    while IFS= read -r name; do
        names+=("$name")
    done < <("$1" __complete "+${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[@]:0:COMP_CWORD}" 2>/dev/null)
    if ((${#names[@]})); then
        COMPREPLY=("${names[@]}")
    else
        _launchway "$@"
    fi
}
"#;
    let (functions, registered) = text.split_at(text.rfind("\nif [[").unwrap_or(text.len()));
    let registered = registered.replace("complete -F _launchway ", "complete -F _launchway_names ");
    format!("{functions}{NAMES}{registered}")
}

fn zsh(text: &str) -> String {
    const NAMES: &str = r#"_launchway() {
    local -a names
    names=(${(f)"$("${(Q)words[1]}" __complete "+$PREFIX" "${(@Q)words[1,CURRENT-1]}" 2>/dev/null)"})
    if (( $#names )); then
        compadd -- $names
    else
        _launchway_words "$@"
    fi
}

"#;
    let text = text.replacen("\n_launchway() {\n", "\n_launchway_words() {\n", 1);
    match text.rfind("\nif [ \"$funcstack") {
        Some(at) => format!("{}\n{NAMES}{}", &text[..at], &text[at + 1..]),
        None => text,
    }
}

fn fish(text: &str) -> String {
    const NAMES: &str = "\
function __launchway_names
    set -l words (commandline -opc)
    test (count $words) -gt 0; and $words[1] __complete \"+\"(commandline -ct) $words 2>/dev/null
end

";
    const OF_NAMES: [&str; 3] = [" -l to ", " -l stage ", " -l app "];
    let mut out = NAMES.to_owned();
    for line in text.lines() {
        out.push_str(line);
        if OF_NAMES.iter().any(|flag| line.contains(flag)) && line.ends_with(" -r") {
            out.push_str(" -f -a \"(__launchway_names)\"");
        }
        out.push('\n');
    }
    out.push_str(
        "complete -c launchway -n \"__fish_launchway_using_subcommand pipeline\" -f -a \"(__launchway_names)\"\n",
    );
    out
}

fn powershell(text: &str) -> String {
    const NAMES: &str = r"    $commandElements = $commandAst.CommandElements
    $before = @($commandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    $names = @()
    try { $names = @(& $before[0] __complete ('+' + $wordToComplete) @before 2>$null) } catch { }
    if ($names.Count -gt 0) {
        return $names | ForEach-Object { [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_) }
    }
";
    text.replacen(
        "    $commandElements = $commandAst.CommandElements\n",
        NAMES,
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Option<String> {
        answer(words.iter().map(OsString::from))
    }

    #[test]
    fn only_a_script_is_answered_and_never_with_an_error() {
        assert_eq!(asked(&["launchway", "deploy"]), None);
        assert_eq!(asked(&["launchway"]), None);
        for words in [
            &["launchway", ASK][..],
            &[
                "launchway",
                ASK,
                "+",
                "launchway",
                "-c",
                "/nowhere",
                "deploy",
                "--to",
            ],
            &["launchway", ASK, "", ""],
        ] {
            assert_eq!(asked(words).as_deref(), Some(""), "{words:?}");
        }
    }

    #[test]
    fn every_script_asks_for_names() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
            let script = script(shell);
            assert_eq!(script.matches(ASK).count(), 1, "{shell}");
        }
        assert!(bash(&script(Shell::Bash)).contains("complete -F _launchway_names -o nosort"));
        let zsh = script(Shell::Zsh);
        assert!(zsh.contains("\n_launchway_words() {") && zsh.contains("\n_launchway() {"));
        let fish = script(Shell::Fish);
        for flag in [
            "deploy\" -l to -d",
            "promote\" -l app -d",
            "rollback\" -l stage -d",
        ] {
            let line = fish.lines().find(|line| line.contains(flag)).unwrap();
            assert!(line.ends_with("-a \"(__launchway_names)\""), "{line}");
        }
        let powershell = script(Shell::PowerShell);
        assert!(powershell.find(ASK) < powershell.find("$command = @("));
    }
}
