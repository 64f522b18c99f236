//! Which buildpack a source is for.

use std::collections::{BTreeMap, BTreeSet};

/// What a source was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Detected {
    /// The language.
    pub(super) name: &'static str,
    /// The file that says so; none for a source that says nothing.
    pub(super) file: Option<&'static str>,
}

/// The files that give a language away, the first one that is there decides.
const SIGNS: [(&str, &str); 16] = [
    ("heroku.yml", "Container"),
    ("Dockerfile", "Container"),
    ("Gemfile", "Ruby"),
    ("package.json", "Node.js"),
    ("requirements.txt", "Python"),
    ("pyproject.toml", "Python"),
    ("Pipfile", "Python"),
    ("go.mod", "Go"),
    ("Cargo.toml", "Rust"),
    ("pom.xml", "Java"),
    ("build.gradle", "Gradle"),
    ("build.sbt", "Scala"),
    ("project.clj", "Clojure"),
    ("composer.json", "PHP"),
    ("mix.exs", "Elixir"),
    ("index.html", "Static site"),
];

/// Which language a source is in, by the names at its root.
pub(super) fn detect(top: &BTreeSet<String>) -> Detected {
    SIGNS.iter().find(|(file, _)| top.contains(*file)).map_or(
        Detected {
            name: "Generic",
            file: None,
        },
        |(file, name)| Detected {
            name,
            file: Some(file),
        },
    )
}

/// The process types that a buildpack gives an app without a Procfile.
pub(super) fn default_types(detected: Detected) -> BTreeMap<String, String> {
    let command = match detected.name {
        "Node.js" => "npm start",
        "Ruby" => "bundle exec rackup -p $PORT",
        _ => "./start",
    };
    BTreeMap::from([("web".to_owned(), command.to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_give_languages_away() {
        for (file, name) in [
            ("package.json", "Node.js"),
            ("pyproject.toml", "Python"),
            ("go.mod", "Go"),
            ("Cargo.toml", "Rust"),
            ("README.md", "Generic"),
        ] {
            let top = BTreeSet::from([file.to_owned()]);
            assert_eq!(detect(&top).name, name, "{file}");
        }
    }
}
