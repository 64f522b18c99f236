//! "Did you mean …?": for keys and words of deploy.yaml, and for the names that a command line gives.

use strsim::osa_distance;

/// The shortest beginning of a word that stands for it.
const SHORTEST: usize = 3;

/// The candidate that `typed` was meant to be, if one is near enough.
pub fn nearest<'c>(typed: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // A word that is much longer than all of them is no slip of the finger; this also bounds the work.
    if typed.len() > 40 {
        return None;
    }
    let plain = |word: &str| -> String {
        word.to_lowercase()
            .chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .collect()
    };
    let wanted = plain(typed);
    let near = candidates
        .iter()
        .map(|candidate| (osa_distance(&wanted, &plain(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    near.or_else(|| abbreviated(typed, candidates))
}

/// The one candidate that begins with `typed`.
fn abbreviated<'c>(typed: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let mut longer = candidates.iter().filter(|word| word.starts_with(typed));
    match (longer.next(), longer.next()) {
        (Some(word), None) if typed.len() >= SHORTEST => Some(word),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found() {
        let keys = [
            "version",
            "platform",
            "pipeline",
            "source",
            "stages",
            "app",
            "apps",
            "on_failure",
        ];
        for (typed, meant) in [
            ("stage", Some("stages")),
            ("Stages", Some("stages")),
            ("satges", Some("stages")),
            ("pipline", Some("pipeline")),
            ("onFailure", Some("on_failure")),
            ("on-failure", Some("on_failure")),
            ("ap", Some("app")),
            ("souce", Some("source")),
            ("environment", None),
            ("x", None),
            ("", None),
            ("versions", Some("version")),
        ] {
            assert_eq!(nearest(typed, &keys), meant, "{typed}");
        }
    }

    #[test]
    fn a_beginning_stands_for_one_word() {
        let names = ["staging", "production", "shop-eu", "shop-us"];
        for (typed, meant) in [
            ("prod", Some("production")),
            ("stag", Some("staging")),
            ("pr", None),
            ("sho", None),
            ("shop-uss", Some("shop-us")),
        ] {
            assert_eq!(nearest(typed, &names), meant, "{typed}");
        }
    }
}
