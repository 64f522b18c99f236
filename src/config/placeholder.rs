//! The run's own variables in the answer that a check expects: `${version}`, `${commit}`, `${release}` and `${run}`. They are
//! kept when the environment's variables are filled in, and filled in when they are known.

use super::{Answer, pattern};

/// A word that the run fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The version of the source.
    Version,
    /// The full id of the commit.
    Commit,
    /// The app's own release: `v42`.
    Release,
    /// This run's id.
    Run,
}

impl Placeholder {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Version, Self::Commit, Self::Release, Self::Run];

    /// As it is written in `deploy.yaml`.
    pub fn written(self) -> &'static str {
        match self {
            Self::Version => "${version}",
            Self::Commit => "${commit}",
            Self::Release => "${release}",
            Self::Run => "${run}",
        }
    }

    /// Whether only the new code can know it.
    pub fn proves(self) -> bool {
        self != Self::Run
    }
}

/// Fills in every placeholder of a text; what comes in is not looked at again.
pub(super) fn fill(text: &str, value: impl Fn(Placeholder) -> String) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let found = Placeholder::ALL
            .into_iter()
            .find_map(|one| Some((one, from.strip_prefix(one.written())?)));
        rest = if let Some((one, behind)) = found {
            filled.push_str(&value(one));
            behind
        } else {
            filled.push_str("${");
            &from[2..]
        };
    }
    filled + rest
}

/// The placeholders in any of these texts.
pub(super) fn named_in<'t>(
    texts: impl IntoIterator<Item = &'t str>,
) -> impl Iterator<Item = Placeholder> {
    let texts: Vec<&str> = texts.into_iter().collect();
    Placeholder::ALL
        .into_iter()
        .filter(move |one| texts.iter().any(|text| text.contains(one.written())))
}

impl Answer {
    /// The placeholders in it.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        let json = self.json.iter().filter_map(|(_, value)| value.as_str());
        let headers = self.headers.iter().map(|(_, value)| value.as_str());
        let texts = self
            .body
            .iter()
            .chain(&self.matches)
            .map(String::as_str)
            .chain(json)
            .chain(headers);
        named_in(texts)
    }

    /// Whether only the new code can give this answer.
    pub fn proves(&self) -> bool {
        self.placeholders().any(Placeholder::proves)
    }

    /// The answer with its placeholders filled in.
    #[must_use]
    pub fn filled(&self, value: impl Fn(Placeholder) -> String) -> Self {
        let text = |text: &String| fill(text, &value);
        Self {
            body: self.body.as_ref().map(text),
            matches: self
                .matches
                .as_ref()
                .map(|regex| fill(regex, |one| pattern::escape(&value(one)))),
            json: self
                .json
                .iter()
                .map(|(at, wanted)| {
                    let wanted = match wanted {
                        serde_json::Value::String(wanted) => text(wanted).into(),
                        other => other.clone(),
                    };
                    (at.clone(), wanted)
                })
                .collect(),
            headers: self
                .headers
                .iter()
                .map(|(name, wanted)| (name.clone(), text(wanted)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_once() {
        let value = |one: Placeholder| format!("{one:?}${{run}}");
        for (text, expected) in [
            ("", ""),
            ("a ${commit} b", "a Commit${run} b"),
            ("${version}${release}", "Version${run}Release${run}"),
            ("${other} ${ ${commit", "${other} ${ ${commit"),
            ("$${run}", "$Run${run}"),
        ] {
            assert_eq!(fill(text, value), expected);
        }
    }

    #[test]
    fn a_value_is_no_regular_expression() {
        let answer = Answer {
            matches: Some("^${version}$".to_owned()),
            ..Answer::default()
        };
        let filled = answer.filled(|_| "1.2+ü".to_owned()).matches.unwrap();
        let regex = pattern::compile(&filled).unwrap();
        assert!(regex.is_match("1.2+ü") && !regex.is_match("1x2+ü"));
    }

    #[test]
    fn what_only_the_new_code_knows_proves_it() {
        let json = |value: &str| Answer {
            json: vec![("/a".to_owned(), value.into())],
            ..Answer::default()
        };
        assert!(json("${commit}").proves() && !json("${run}").proves());
        assert!(!Answer::default().proves());
    }
}
