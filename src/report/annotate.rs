//! A failure as annotations: one for each root cause, so that what CI systems show first is what to read first.

use std::path::Path;

use super::ci_syntax::{Annotation, Level};
use crate::failure::Failure;

/// GitHub shows ten of a step.
const MOST: usize = 10;
/// How many lines of a log an annotation quotes.
const QUOTE: usize = 6;

/// The annotations of a failure. `relative` names a file as the checkout does.
pub fn annotations(failure: &Failure, relative: impl Fn(&Path) -> String) -> Vec<Annotation> {
    let title = format!("launchway: {}", failure.exit.word().replace('_', " "));
    let error = |message: String, place| Annotation {
        level: Level::Error,
        title: title.clone(),
        message,
        place,
    };
    if !failure.places.is_empty() {
        return failure
            .places
            .iter()
            .take(MOST)
            .map(|place| {
                let at = (
                    relative(&place.file),
                    place.line.max(1),
                    place.column.max(1),
                );
                error(place.message.clone(), Some(at))
            })
            .collect();
    }
    let mut lines = vec![failure.what.as_str()];
    lines.extend(quoted(&failure.detail));
    lines.extend(failure.cause.as_deref());
    lines.extend(failure.state.as_deref());
    vec![error(lines.join("\n"), None)]
}

/// The lines of a log that say why it failed: from the first one that looks like an error on; else the last ones.
fn quoted(log: &[String]) -> Vec<&str> {
    let lines: Vec<&str> = log
        .iter()
        .map(|line| line.trim_end())
        .filter(|line| !line.trim().is_empty())
        .collect();
    let from = lines
        .iter()
        .position(|line| is_error(line))
        .unwrap_or_else(|| lines.len().saturating_sub(QUOTE));
    lines.into_iter().skip(from).take(QUOTE).collect()
}

/// Whether a line looks like the start of an error.
fn is_error(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let words = ["error", "err!", "fatal", "panicked", "exception", "failed"];
    // ` !     Push rejected`: the platform's own form.
    line.trim_start().starts_with("! ") || words.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exit::Exit, failure::Location};

    fn log(lines: &[&str]) -> Failure {
        Failure::new(Exit::BuildFailed, "build 1 of acme failed").detail(lines.iter().copied())
    }

    #[test]
    fn the_first_error_of_the_log_is_quoted() {
        let failure = log(&[
            "-----> Building",
            "npm warn old",
            "npm ERR! missing: left-pad",
            "",
            " !     Push rejected",
        ]);
        let [one] = annotations(&failure, |p| p.display().to_string())
            .try_into()
            .unwrap();
        assert_eq!(one.title, "launchway: build failed");
        assert_eq!(
            one.message,
            "build 1 of acme failed\nnpm ERR! missing: left-pad\n !     Push rejected"
        );
        assert_eq!(quoted(&["a".into(), "b".into()]), ["a", "b"]);
    }

    #[test]
    fn each_problem_of_a_file_has_its_place() {
        let mut failure = Failure::new(Exit::Config, "deploy.yaml has 11 problems");
        failure.places = (0..11)
            .map(|n| Location {
                file: "deploy.yaml".into(),
                line: n,
                column: 0,
                message: format!("problem {n}"),
            })
            .collect();
        let all = annotations(&failure, |p| format!("app/{}", p.display()));
        assert_eq!(all.len(), MOST);
        assert_eq!(all[0].place, Some(("app/deploy.yaml".into(), 1, 1)));
        assert_eq!(all[3].message, "problem 3");
    }
}
