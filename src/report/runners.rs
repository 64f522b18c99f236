//! How CI systems read a job's output, said again in a few lines: what the tests hold everything that is printed against.

/// The runner's own rules, said again: <https://github.com/actions/runner>, `ActionCommand.cs`. The words that are
/// registered don't matter here: what looks like a command is one.
pub(super) fn is_command(line: &str) -> bool {
    let v2 = line
        .trim_start()
        .strip_prefix("::")
        .is_some_and(|rest| rest.contains("::"));
    let v1 = line.find("##[").is_some_and(|at| line[at..].contains(']'));
    let lower = line.to_lowercase();
    v1 || v2 || lower.contains("##vso[") || lower.contains("##teamcity[")
}

/// GitLab: `lib/gitlab/ci/ansi2json`: a section marker is found anywhere, and ends with CR and `ESC [0K`.
pub(super) fn is_section(text: &str) -> bool {
    text.contains("section_") && text.contains("\r\u{1b}[0K")
}

/// Whether every ESC of the text begins a complete colour.
pub(super) fn only_colours(text: &str) -> bool {
    text.split('\u{1b}').skip(1).all(|rest| {
        rest.strip_prefix('[')
            .and_then(|r| r.split_once('m'))
            .is_some_and(|(p, _)| p.chars().all(|c| c.is_ascii_digit() || c == ';'))
    })
}
