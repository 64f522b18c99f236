//! `app.json` and `Procfile`.

use serde_json::Value;

use super::Project;

/// Of a longer list the rest is left out.
const MOST: usize = 50;
/// The longest text that is taken over.
const LONGEST: usize = 500;

/// Reads a file of this name into what was found.
pub(super) fn read(name: &str, text: &str, into: &mut Project) -> Result<(), String> {
    match name {
        "app.json" => app_json(text, into),
        "Procfile" => {
            into.processes = procfile(text);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What can stand in `deploy.yaml` as one word: buildpacks and stacks are names or addresses.
fn is_word(text: &str) -> bool {
    let wrong = |c: char| c.is_control() || c.is_whitespace();
    !text.is_empty() && text.len() <= LONGEST && !text.contains(wrong)
}

/// Whether an address has a user or a password in it.
fn has_credentials(address: &str) -> bool {
    let behind = address.split_once("://").map(|(_, rest)| rest);
    behind.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.contains('@')
    })
}

fn app_json(text: &str, into: &mut Project) -> Result<(), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Value =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let Value::Object(root) = root else {
        return Err("it holds no JSON object".to_owned());
    };
    let note = |into: &mut Project, what: &str| into.notes.push(format!("app.json: {what}"));
    match root.get("stack") {
        None | Some(Value::Null) => {}
        Some(Value::String(stack)) if is_word(stack) => into.stack = Some(stack.clone()),
        Some(_) => note(into, "`stack` is no name of one"),
    }
    let buildpacks = match root.get("buildpacks") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(buildpacks)) => buildpacks,
        Some(_) => {
            note(into, "`buildpacks` is no list");
            return Ok(());
        }
    };
    let mut wanted = Vec::new();
    for one in buildpacks {
        // The schema says `{"url": …}`; a bare text is met, too.
        match one.get("url").unwrap_or(one).as_str() {
            Some(url) if has_credentials(url) => {
                note(into, "the address of a buildpack holds credentials");
                return Ok(());
            }
            Some(url) if is_word(url) => wanted.push(url.to_owned()),
            _ => {
                // A part of a list would build something else.
                note(into, "`buildpacks` holds something that names none");
                return Ok(());
            }
        }
    }
    if wanted.len() > MOST {
        note(into, "`buildpacks` is too long");
        return Ok(());
    }
    into.buildpacks = wanted;
    Ok(())
}

/// The process types and their commands: `NAME: COMMAND`, as Heroku reads them. Other lines say nothing.
fn procfile(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let Some((name, command)) = line.split_once(':') else {
            continue;
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let (name, command) = (name.trim(), command.trim());
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) || command.is_empty() {
            continue;
        }
        let command: String = command.chars().take(LONGEST).collect();
        found.retain(|(known, _)| known != name);
        found.push((name.to_owned(), command));
        if found.len() == MOST {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_json_is_read_whatever_its_types() {
        for (text, buildpacks, stack, notes) in [
            (
                r#"{"buildpacks": [{"url": "heroku/nodejs"}, {"url": "https://x.example/b.tgz"}]}"#,
                &["heroku/nodejs", "https://x.example/b.tgz"][..],
                None,
                0,
            ),
            (
                r#"{"buildpacks": ["heroku/go"], "stack": "container"}"#,
                &["heroku/go"],
                Some("container"),
                0,
            ),
            ("{}", &[], None, 0),
            (r#"{"buildpacks": null, "stack": null}"#, &[], None, 0),
            (r#"{"buildpacks": {"url": "x"}, "stack": 24}"#, &[], None, 2),
            (r#"{"buildpacks": [{"url": 1}]}"#, &[], None, 1),
            (
                r#"{"buildpacks": [{"url": "heroku/go"}, {"name": "x"}]}"#,
                &[],
                None,
                1,
            ),
            (r#"{"buildpacks": [{"url": "a\nb: c"}]}"#, &[], None, 1),
            (
                r#"{"buildpacks": [{"url": "https://u:p@x.example/b.tgz"}]}"#,
                &[],
                None,
                1,
            ),
        ] {
            let mut project = Project::default();
            assert_eq!(app_json(text, &mut project), Ok(()), "{text}");
            assert_eq!(project.buildpacks, buildpacks, "{text}");
            assert_eq!(project.stack.as_deref(), stack, "{text}");
            assert_eq!(project.notes.len(), notes, "{text} {:?}", project.notes);
            assert!(project.notes.iter().all(|note| !note.contains("u:p")));
        }
        for text in ["", "[]", "1", "{\"a\":", &"[".repeat(100_000)] {
            assert!(app_json(text, &mut Project::default()).is_err());
        }
    }

    #[test]
    fn a_procfile_is_read_line_by_line() {
        let text = "# a comment: no\nweb: node .\r\nworker:node w.js\nbad name: x\nempty:\nrelease: a: b\nweb: last\n: y\n";
        let found = procfile(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("worker", "node w.js"),
                ("release", "a: b"),
                ("web", "last")
            ]
        );
    }
}
