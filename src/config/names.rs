//! The names in a `deploy.yaml`, for completions: of a file that is being written, too, which need not be valid.

use std::path::Path;

use super::{
    findings::Findings,
    load::{decode, read},
    node::{Kind, Node},
    parse,
};

/// The longest name.
const LONGEST: usize = 64;

/// The names of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Its stages, in order.
    pub stages: Vec<String>,
    /// Their apps, in order.
    pub apps: Vec<String>,
    /// Its pipeline.
    pub pipelines: Vec<String>,
}

/// The names in a file; none of what can't be read or has no shape. Shells paste them: what could mean something to one is no
/// name.
pub fn names(path: &Path) -> Names {
    let bytes = read(path).unwrap_or_default();
    decode(path, &bytes).map(of_text).unwrap_or_default()
}

fn of_text(text: &str) -> Names {
    let mut out = Findings::new(text);
    let mut names = Names::default();
    let Some(root) = parse::parse(text, &mut out) else {
        return names;
    };
    names
        .pipelines
        .extend(child(&root, "pipeline").and_then(name));
    let Some(Kind::List(stages)) = child(&root, "stages").map(|node| &node.kind) else {
        return names;
    };
    for stage in stages {
        names.stages.extend(child(stage, "stage").and_then(name));
        names.apps.extend(child(stage, "app").and_then(name));
        if let Some(Kind::List(apps)) = child(stage, "apps").map(|node| &node.kind) {
            names.apps.extend(apps.iter().filter_map(name));
        }
    }
    names
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else {
        return None;
    };
    let found = entries.iter().find(|entry| entry.key == key)?;
    Some(&found.value)
}

fn name(node: &Node) -> Option<String> {
    let Kind::Scalar(scalar) = &node.kind else {
        return None;
    };
    let text = &scalar.text;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= LONGEST
        && text.chars().all(is_part);
    is_name.then(|| text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_files_that_are_not_valid_yet() {
        for (text, stages, apps, pipelines) in [
            (
                "version: 9\nplatfrom: x\npipeline: acme\nstages:\n  - {stage: staging, app: a-1}\n  - stage: production\n    apps: [b-1, b-2]\n    verify: {\n",
                &[][..],
                &[][..],
                &[][..],
            ),
            (
                "version: 9\nplatfrom: x\npipeline: acme\nstages:\n  - {stage: staging, app: a-1}\n  - stage: production\n    apps: [b-1, b-2]\n",
                &["staging", "production"],
                &["a-1", "b-1", "b-2"],
                &["acme"],
            ),
            (
                "pipeline: ${P}\nstages: [{stage: \"$(reboot)\", app: \"a b\"}, {stage: \"x\\ny\", apps: [\"`id`\", -x, ok]}, 1]\n",
                &[],
                &["ok"],
                &[],
            ),
            ("stages: {stage: a}\n", &[], &[], &[]),
            ("", &[], &[], &[]),
        ] {
            let names = of_text(text);
            assert_eq!(names.stages, stages, "{text}");
            assert_eq!(names.apps, apps, "{text}");
            assert_eq!(names.pipelines, pipelines, "{text}");
        }
        assert_eq!(super::names(Path::new("nowhere.yaml")), Names::default());
    }
}
