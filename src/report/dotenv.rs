//! The dotenv report of GitLab: variables for later jobs and for the address of an environment. GitLab takes no empty
//! lines, no comments, no quotes and no spaces, at most 5 KB, and by default 20 variables. Jobs also source the file in a
//! shell, which runs nothing: values have only characters that no shell acts on.

use super::outputs::Outputs;

/// GitLab's limit by default, less a few for what other tools may add.
const MOST: usize = 18;
const MAX_BYTES: usize = 5000;

/// The report.
#[derive(Debug, Default)]
pub struct Dotenv {
    /// Its text.
    pub text: String,
    /// The variables whose values lost characters.
    pub changed: Vec<String>,
}

/// Makes the report.
pub fn render(outputs: &Outputs) -> Dotenv {
    let mut pairs: Vec<(String, String)> = outputs
        .pairs()
        .into_iter()
        .map(|(name, value)| (key(name), value))
        .collect();
    pairs.extend(
        outputs
            .release_ids
            .iter()
            .map(|(stage, id)| (release_of(stage), id.clone())),
    );
    let mut out = Dotenv::default();
    for (name, value) in pairs.into_iter().take(MOST) {
        let plain: String = value.chars().filter(|c| is_plain(*c)).collect();
        let line = format!("{name}={plain}\n");
        if out.text.len() + line.len() > MAX_BYTES {
            continue;
        }
        out.text.push_str(&line);
        if plain != value {
            out.changed.push(name);
        }
    }
    out
}

/// The variable that holds the release of a stage.
pub(super) fn release_of(stage: &str) -> String {
    format!("{}_{}", key("release-id"), part(stage))
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

/// Whether a character means nothing but itself to GitLab and to every shell. `~` is a home directory behind `=` and `:`.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn the_variables_of_a_run() {
        let outputs = Outputs::of(&fixtures::happy().record, Some("my record.json"));
        let report = render(&outputs);
        insta::assert_snapshot!("dotenv", report.text);
        assert_eq!(report.changed, ["LAUNCHWAY_RECORD"], "it has a space");
    }

    #[test]
    fn no_value_can_make_another_variable() {
        let mut outputs = Outputs {
            outcome: "cancelled".to_owned(),
            web_url: Some("https://x/\nPATH=/evil #é $HOME;id&`id`|(id)<x>~\\!*?[a]{b}'\"^".into()),
            ..Outputs::default()
        };
        outputs.release_ids = (0..40).map(|n| (format!("s-{n}\n"), "x".into())).collect();
        let Dotenv { text, changed } = render(&outputs);
        assert_eq!(changed, ["LAUNCHWAY_WEB_URL"]);
        assert!(
            text.contains("=https://x/PATH=/evilHOMEidididxab\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), MOST);
        for line in text.lines() {
            let (name, value) = line.split_once('=').unwrap();
            assert!(name.starts_with("LAUNCHWAY_"), "{line}");
            let ok = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            assert!(name.chars().all(ok), "{line}");
            assert!(value.chars().all(is_plain), "{line}");
        }
    }
}
