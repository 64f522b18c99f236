//! What is to be changed so that a pipeline is what `deploy.yaml` declares: a pure function of the two.

use crate::platform::pipelines::Member;

/// An app as `deploy.yaml` declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its stage.
    pub stage: String,
    /// The status checks that its stage requires; empty leaves those of the platform alone.
    pub checks: Vec<String>,
    /// Its place on the platform, in whatever pipeline.
    pub place: Option<Member>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The pipeline is created.
    Create,
    /// An app of the pipeline that is not declared is taken out of it.
    Uncouple {
        /// The coupling, and what people call the app.
        coupling: String,
        /// The app.
        app: String,
        /// Its stage.
        stage: String,
    },
    /// An app is coupled, after it was taken out of another pipeline if it is in one.
    Couple {
        /// Its place among the declared apps.
        at: usize,
        /// The other pipeline.
        out_of: Option<String>,
    },
    /// An app moves to another stage.
    ChangeStage {
        /// Its place among the declared apps.
        at: usize,
        /// The stage that it is in.
        from: String,
    },
    /// The status checks that the platform requires for an app are replaced.
    Require {
        /// Its place among the declared apps.
        at: usize,
        /// What it requires now.
        from: Vec<String>,
    },
}

/// The changes, in the order in which they are made. `members` are the places of the pipeline, `None` if it is not there.
pub fn difference(
    pipeline: Option<&str>,
    members: &[Member],
    declared: &[Declared],
) -> Vec<Change> {
    let mut changes: Vec<Change> = pipeline
        .is_none()
        .then_some(Change::Create)
        .into_iter()
        .collect();
    let surplus = members
        .iter()
        .filter(|member| declared.iter().all(|one| one.id != member.app));
    changes.extend(surplus.map(|member| {
        Change::Uncouple {
            coupling: member.coupling.clone(),
            app: member
                .app_name
                .clone()
                .unwrap_or_else(|| member.app.clone()),
            stage: member.stage.clone(),
        }
    }));
    for (at, app) in declared.iter().enumerate() {
        let Some(place) = &app.place else {
            changes.push(Change::Couple { at, out_of: None });
            continue;
        };
        if pipeline != Some(place.pipeline.as_str()) {
            changes.push(Change::Couple {
                at,
                out_of: Some(place.pipeline_called().to_owned()),
            });
            continue;
        }
        if place.stage != app.stage {
            changes.push(Change::ChangeStage {
                at,
                from: place.stage.clone(),
            });
        }
        if let Some(required) = &place.required_checks
            && !app.checks.is_empty()
            && !same(required, &app.checks)
        {
            changes.push(Change::Require {
                at,
                from: required.clone(),
            });
        }
    }
    changes
}

/// Whether two lists have the same status checks, in whatever order.
fn same(one: &[String], other: &[String]) -> bool {
    one.iter().all(|check| other.contains(check)) && other.iter().all(|check| one.contains(check))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(app: &str, pipeline: &str, stage: &str, checks: Option<&[&str]>) -> Member {
        Member {
            coupling: format!("c-{app}"),
            app: app.to_owned(),
            app_name: None,
            pipeline: pipeline.to_owned(),
            pipeline_name: None,
            stage: stage.to_owned(),
            required_checks: checks.map(|checks| checks.iter().map(ToString::to_string).collect()),
            runs: None,
        }
    }

    fn words(changes: &[Change]) -> String {
        let words = changes.iter().map(|change| match change {
            Change::Create => "create".to_owned(),
            Change::Uncouple { app, .. } => format!("uncouple {app}"),
            Change::Couple { out_of: None, .. } => "couple".to_owned(),
            Change::Couple {
                out_of: Some(other),
                ..
            } => format!("take from {other}"),
            Change::ChangeStage { from, .. } => format!("move from {from}"),
            Change::Require { from, .. } => format!("replace [{}]", from.join(" ")),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn only_what_differs_is_changed() {
        let none: &[&str] = &[];
        for (pipeline, place, checks, expected) in [
            (None, None, none, "create, couple"),
            (
                None,
                Some(member("a", "q", "staging", None)),
                none,
                "create, take from q",
            ),
            (Some("p"), None, none, "couple"),
            (Some("p"), Some(member("a", "p", "staging", None)), none, ""),
            // A platform without status checks has none to set.
            (
                Some("p"),
                Some(member("a", "p", "staging", None)),
                &["x"],
                "",
            ),
            (
                Some("p"),
                Some(member("a", "q", "staging", None)),
                none,
                "take from q",
            ),
            (
                Some("p"),
                Some(member("a", "p", "review", None)),
                none,
                "move from review",
            ),
            (
                Some("p"),
                Some(member("a", "p", "staging", Some(&["x"]))),
                none,
                "",
            ),
            (
                Some("p"),
                Some(member("a", "p", "staging", Some(&["x", "y"]))),
                &["y", "x"],
                "",
            ),
            (
                Some("p"),
                Some(member("a", "p", "staging", Some(&[]))),
                &["x"],
                "replace []",
            ),
            (
                Some("p"),
                Some(member("a", "p", "staging", Some(&["x", "y"]))),
                &["x"],
                "replace [x y]",
            ),
            (
                Some("p"),
                Some(member("a", "p", "review", Some(&[]))),
                &["x"],
                "move from review, replace []",
            ),
        ] {
            let members: Vec<Member> = place
                .iter()
                .filter(|place| Some(place.pipeline.as_str()) == pipeline)
                .cloned()
                .collect();
            let declared = [Declared {
                name: "a".to_owned(),
                id: "a".to_owned(),
                stage: "staging".to_owned(),
                checks: checks.iter().map(ToString::to_string).collect(),
                place,
            }];
            assert_eq!(words(&difference(pipeline, &members, &declared)), expected);
        }
        let surplus = [member("b", "p", "production", None)];
        assert_eq!(words(&difference(Some("p"), &surplus, &[])), "uncouple b");
    }
}
