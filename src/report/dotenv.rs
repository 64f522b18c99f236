//! The dotenv report of GitLab: variables for later jobs and for the address of an environment. GitLab takes no empty
//! lines, no comments, no quotes and no spaces, at most 5 KB, and by default 20 variables.

use super::facts::Facts;

/// GitLab's limit by default, less a few for what other tools may add.
const MOST: usize = 18;
const MAX_BYTES: usize = 5000;

/// The report.
pub fn render(facts: &Facts) -> String {
    let mut pairs: Vec<(String, String)> = facts
        .pairs()
        .into_iter()
        .map(|(name, value)| (key(name), value))
        .collect();
    pairs.extend(
        facts
            .release_ids
            .iter()
            .map(|(stage, id)| (format!("{}_{}", key("release-id"), part(stage)), id.clone())),
    );
    let mut out = String::new();
    for (name, value) in pairs.into_iter().take(MOST) {
        let line = format!("{name}={}\n", plain(&value));
        if out.len() + line.len() <= MAX_BYTES {
            out.push_str(&line);
        }
    }
    out
}

fn key(name: &str) -> String {
    format!("LAUNCHWAY_{}", part(name))
}

fn part(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
            _ => '_',
        })
        .collect()
}

/// A value as GitLab takes it: what is not plain ASCII is percent-encoded.
fn plain(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'$' | b'`' | b'#') {
            out.push(char::from(byte));
        } else {
            let code = format!("%{byte:02X}");
            out.push_str(&code);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn the_variables_of_a_run() {
        let facts = Facts::of(&fixtures::happy().record, Some("my record.json"));
        insta::assert_snapshot!("dotenv", render(&facts));
    }

    #[test]
    fn no_value_can_make_another_variable() {
        let mut facts = Facts {
            web_url: Some("https://x/\nPATH=/evil #é $HOME".into()),
            ..Facts::default()
        };
        facts.release_ids = (0..40).map(|n| (format!("s-{n}\n"), "x".into())).collect();
        let text = render(&facts);
        assert_eq!(text.lines().count(), MOST);
        for line in text.lines() {
            let (name, value) = line.split_once('=').unwrap();
            assert!(name.starts_with("LAUNCHWAY_"), "{line}");
            let ok = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            assert!(name.chars().all(ok), "{line}");
            assert!(value.bytes().all(|b| b.is_ascii_graphic()), "{line}");
        }
    }
}
