//! What CI systems and terminals act on in a job's output, reimplemented from their sources so that tests and the fuzz
//! target can check everything that is printed.

use super::sanitize::{self, Colours, split};

/// The runner's own rules, rewritten from `ActionCommand.cs` of <https://github.com/actions/runner>; and those of Azure
/// Pipelines and `TeamCity`, which look anywhere in a line. Which words are registered does not matter here: what looks
/// like a command is one.
pub fn is_command(line: &str) -> bool {
    // Older .NET took more for white space than Rust does.
    let skipped = |c: char| c.is_whitespace() || matches!(c, '\u{180e}' | '\u{200b}' | '\u{feff}');
    let v2 = line
        .trim_start_matches(skipped)
        .strip_prefix("::")
        .is_some_and(|rest| rest.contains("::"));
    let v1 = line.find("##[").is_some_and(|at| line[at..].contains(']'));
    let lower = line.to_lowercase();
    v1 || v2 || lower.contains("##vso[") || lower.contains("##teamcity[")
}

/// GitLab: `lib/gitlab/ci/ansi2json`: a section marker is found anywhere, and ends with CR and `ESC [0K`. Travis reads
/// `travis_fold:` in the same way.
pub fn is_section(text: &str) -> bool {
    let word = text.contains("section_") || text.contains("travis_fold");
    word && text.contains("\r\u{1b}[0K")
}

/// Whether every ESC of the text begins a complete colour.
pub fn only_colours(text: &str) -> bool {
    text.split('\u{1b}').skip(1).all(|rest| {
        rest.strip_prefix('[')
            .and_then(|r| r.split_once('m'))
            .is_some_and(|(p, _)| p.chars().all(|c| c.is_ascii_digit() || c == ';'))
    })
}

/// Holds what the sanitiser makes of foreign text against all of these rules.
///
/// # Panics
///
/// If any system would act on it.
pub fn hold(foreign: &str) {
    for colours in [Colours::Keep, Colours::Strip] {
        let whole: Vec<String> = sanitize::lines(foreign, colours).collect();
        for clean in whole.iter().chain([&sanitize::line(foreign, colours)]) {
            hold_line(clean, colours);
        }
    }
}

fn hold_line(clean: &str, colours: Colours) {
    // As a line of its own, behind the mark of a log, and behind a name and a time of ours.
    for printed in [
        clean,
        &format!("  | {clean}"),
        &format!("12:00:00 shop  {clean}"),
    ] {
        assert!(!is_command(printed), "a command: {printed:?}");
        assert!(!is_section(printed), "a section: {printed:?}");
    }
    assert!(only_colours(clean), "more than colours: {clean:?}");
    assert_eq!(
        split(clean).count(),
        usize::from(!clean.is_empty()),
        "one line: {clean:?}"
    );
    let odd = |c: char| {
        (c.is_control() && c != '\t' && c != '\u{1b}')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!clean.contains(odd), "a control character: {clean:?}");
    // The cut says how much was cut; colours are no text.
    assert!(
        clean.split('\u{1b}').map(|part| part.chars().count()).max()
            <= Some(sanitize::MAX_LINE * 2 + 64),
        "a long line"
    );
    if colours == Colours::Strip {
        assert!(!clean.contains('\u{1b}'), "a colour: {clean:?}");
    } else if let Some(at) = clean.rfind("\u{1b}[") {
        assert!(
            clean[at + 2..].starts_with(['0', 'm']),
            "the last colour is no reset: {clean:?}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_bite() {
        for heard in [
            "::error::x",
            " \u{a0}::add-mask::x",
            "\u{200b}::stop-commands::x",
            "remote: ##[error]x",
            "a ##VSO[task.complete]",
            "##teamcity[buildStop]",
        ] {
            assert!(is_command(heard), "{heard}");
        }
        for unheard in [
            "std::io::Error",
            r"\::error::x",
            r"##\[error]x",
            "| ::error::x",
        ] {
            assert!(!is_command(unheard), "{unheard}");
        }
        assert!(is_section("x section_start:1:a\r\u{1b}[0Kb"));
        assert!(is_section("travis_fold:start:a\r\u{1b}[0K"));
        assert!(!only_colours("\u{1b}[2J") && !only_colours("\u{1b}]0;x\u{7}"));
        assert!(only_colours("\u{1b}[1;31mred\u{1b}[0m"));
    }

    #[test]
    #[should_panic(expected = "a command")]
    fn a_line_that_is_heard_does_not_hold() {
        hold_line("##[error]x", Colours::Keep);
    }
}
