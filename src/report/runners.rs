//! How CI systems parse a whole job's output, reimplemented in a few lines so that tests can check everything that is
//! printed. The rules for single lines are in `rules`.

use super::{ci_syntax::CiSyntax, rules::is_command, sanitize::split};

/// The commands that a CI system acts on in a log, by their names, in order, without their texts.
pub(super) fn heard(syntax: CiSyntax, log: &str) -> Vec<String> {
    match syntax {
        CiSyntax::Github => github(log),
        CiSyntax::Azure | CiSyntax::Teamcity => split(log)
            .filter(|line| is_command(line))
            .map(|line| {
                assert!(
                    line.starts_with("##"),
                    "only our own, at the start: {line:?}"
                );
                let end = line.find([']', ' ']).unwrap();
                assert!(!is_command(&line[2..]), "one command a line: {line:?}");
                line[..end].to_owned()
            })
            .collect(),
        CiSyntax::Gitlab => sections(log),
        CiSyntax::Buildkite => log
            .lines()
            .filter(|l| {
                ["---", "+++", "~~~", "^^^"]
                    .iter()
                    .any(|m| l.starts_with(m))
            })
            .map(|l| l[..3].to_owned())
            .collect(),
        CiSyntax::Travis => log
            .match_indices("\r\u{1b}[0K")
            .map(|(at, _)| {
                let head = &log[..at];
                head.rsplit(['\n', '\r']).next().unwrap().to_owned()
            })
            .collect(),
        CiSyntax::None => Vec::new(),
    }
}

/// `OutputManager.cs` and `ActionCommandManager.cs`: what the runner does, with commands stopped and resumed.
fn github(log: &str) -> Vec<String> {
    let mut heard = Vec::new();
    let mut stopped: Option<String> = None;
    for line in split(log) {
        if let Some(token) = &stopped {
            if line.trim_start() == format!("::{token}::") {
                stopped = None;
                heard.push("resume".to_owned());
            }
            continue;
        }
        if !is_command(line) {
            continue;
        }
        let rest = line
            .strip_prefix("::")
            .unwrap_or_else(|| panic!("not our form: {line:?}"));
        let (command, data) = rest.split_once("::").unwrap();
        let name = command.split(' ').next().unwrap();
        if name == "stop-commands" {
            stopped = Some(data.to_owned());
        }
        heard.push(name.to_owned());
    }
    assert_eq!(stopped, None, "commands are resumed");
    heard
}

/// `lib/gitlab/regex.rb`: `section_((?:start)|(?:end)):(\d+):([a-zA-Z0-9_.-]+)(\[[^\]]*\])?\r\033\[0K`, anywhere.
fn sections(log: &str) -> Vec<String> {
    log.match_indices("section_")
        .filter_map(|(at, _)| {
            let (marker, _) = log[at..].split_once("\r\u{1b}[0K")?;
            let mut parts = marker.split(':');
            let (kind, time, name) = (parts.next()?, parts.next()?, parts.next()?);
            let name = name.split('[').next()?;
            let digits = !time.is_empty() && time.bytes().all(|b| b.is_ascii_digit());
            let word = name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
            (digits && word && parts.next().is_none()).then(|| format!("{kind} {name}"))
        })
        .collect()
}

/// The structure of a page of Markdown: its headings, tables, lists and fenced blocks, without their text.
pub(super) fn markdown_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut fence: Option<usize> = None;
    for line in page.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        if let Some(open) = fence {
            if ticks >= open && line.trim_matches('`').is_empty() {
                fence = None;
            }
            continue;
        }
        if ticks >= 3 {
            fence = Some(ticks);
            blocks.push(format!("block {}", line.trim_matches('`')));
        } else if line.starts_with(['#', '-', '<']) {
            blocks.push(line.split([' ', '*']).next().unwrap_or_default().to_owned());
        } else if line.starts_with('|') {
            let cells = line.matches('|').count();
            blocks.push(format!("row of {cells}"));
        } else if line.is_empty() {
            blocks.push(String::new());
        } else {
            assert!(!line.contains('<') || line.contains("<br>"), "{line}");
            blocks.push("text".to_owned());
        }
    }
    assert_eq!(fence, None, "every block is closed");
    blocks
}

/// Whether tags are balanced and characters allowed: enough of XML for what JUnit reports are made of.
pub(super) fn xml_is_well_formed(text: &str) -> bool {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..)
            && !('\u{7f}'..='\u{9f}').contains(&c)
    };
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        .unwrap_or("<");
    while let Some(at) = rest.find('<') {
        if rest[..at].contains('>') {
            return false;
        }
        let Some(end) = rest[at..].find('>') else {
            return false;
        };
        let tag = &rest[at + 1..at + end];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else {
            if !tag.matches('"').count().is_multiple_of(2) {
                return false;
            }
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[at + end + 1..];
    }
    open.is_empty() && text.chars().all(allowed)
}
