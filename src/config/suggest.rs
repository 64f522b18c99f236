//! "Did you mean …?"

/// The candidate that `typed` was meant to be, if one is near enough.
pub(super) fn nearest<'c>(typed: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // A word that is much longer than all of them is no slip of the finger; this also bounds the work.
    if typed.len() > 40 {
        return None;
    }
    let plain = |word: &str| -> Vec<char> {
        word.to_lowercase()
            .chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .collect()
    };
    let wanted = plain(typed);
    candidates
        .iter()
        .map(|candidate| (distance(&wanted, &plain(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters differ; two that changed places count once.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j + 1] + 1)
                .min(row[j] + 1)
                .min(last[j] + usize::from(x != y));
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
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
}
