//! The documents of the `pipeline` commands as text for people.

use std::fmt::Write as _;

use super::{App, Document, List, Owner, Pipeline, Show, Stages, Statuses};
use crate::{
    report::{
        columns,
        sanitize::text,
        style::{Style, Tone},
    },
    units,
};

impl Owner {
    fn words(&self) -> String {
        match &self.kind {
            Some(kind) => format!("{} {}", text(kind), text(&self.id)),
            None => text(&self.id),
        }
    }
}

fn cell(value: Option<&str>) -> (String, Tone) {
    (value.map_or_else(|| "-".to_owned(), text), Tone::Plain)
}

/// The day of a point in time.
fn day(at: Option<&str>) -> (String, Tone) {
    cell(at.map(|at| at.split('T').next().unwrap_or(at)))
}

impl Document for List {
    fn text(&self, style: &Style) -> String {
        if self.pipelines.is_empty() {
            return "there is no pipeline that this token may see\n".to_owned();
        }
        let rows: Vec<_> = self
            .pipelines
            .iter()
            .map(|pipeline| {
                let owner = pipeline.owner.as_ref().map(Owner::words);
                [
                    cell(Some(&pipeline.name)),
                    cell(Some(&pipeline.id)),
                    (owner.unwrap_or_else(|| "-".to_owned()), Tone::Plain),
                    cell(pipeline.generation.as_deref()),
                    day(pipeline.created_at.as_deref()),
                ]
            })
            .collect();
        let head = ["pipeline", "id", "owner", "generation", "made"];
        columns::render(&head, &rows, style)
    }
}

impl App {
    fn cells(&self, stage: &str) -> [(String, Tone); 7] {
        let release = self.release.as_ref();
        let live = match (&self.error, release) {
            (Some(_), _) => ("can't be read".to_owned(), Tone::Bad),
            (None, None) => ("nothing is live".to_owned(), Tone::Warn),
            (None, Some(_)) if self.maintenance == Some(true) => {
                ("maintenance".to_owned(), Tone::Warn)
            }
            (None, Some(release)) => (format!("v{}", release.version), Tone::Good),
        };
        let source = self.source_version.as_deref().or(self.commit.as_deref());
        let age = release.and_then(|release| release.age_seconds);
        let age = age.map(|age| units::age(std::time::Duration::from_secs(age)));
        let checks = self.required_status_checks.as_ref();
        let checks = checks.filter(|checks| !checks.is_empty());
        [
            (text(stage), Tone::Plain),
            (text(&self.app), Tone::Plain),
            live,
            cell(source.map(units::short_version).as_deref()),
            cell(age.as_deref()),
            cell(release.and_then(|release| release.by.as_deref())),
            cell(checks.map(|checks| checks.join(", ")).as_deref()),
        ]
    }
}

impl Document for Show {
    fn text(&self, style: &Style) -> String {
        let Pipeline {
            id,
            name,
            description,
            owner,
            generation,
            created_at,
        } = &self.pipeline;
        let mut out = format!("{} ({})", text(name), text(id));
        if let Some(owner) = owner {
            let _ = write!(out, ", of {}", owner.words());
        }
        if let Some(generation) = generation {
            let _ = write!(out, ", {}", text(generation));
        }
        if created_at.is_some() {
            let _ = write!(out, ", made {}", day(created_at.as_deref()).0);
        }
        out.push('\n');
        if let Some(description) = description {
            let _ = writeln!(out, "{}", text(description));
        }
        let rows: Vec<_> = self
            .stages
            .iter()
            .flat_map(|stage| {
                let names = std::iter::once(stage.stage.as_str()).chain(std::iter::repeat(""));
                let apps = stage.apps.iter().zip(names);
                apps.map(|(app, name)| app.cells(name))
            })
            .collect();
        out.push('\n');
        if rows.is_empty() {
            out.push_str("no app is in it\n");
        } else {
            let head = [
                "stage",
                "app",
                "live",
                "source",
                "age",
                "by",
                "required checks",
            ];
            out.push_str(&columns::render(&head, &rows, style));
        }
        let apps = self.stages.iter().flat_map(|stage| &stage.apps);
        let errors = apps.filter_map(|app| app.error.as_ref());
        out.push_str(&columns::notes(errors.chain(&self.notes)));
        out
    }
}

impl Document for Stages {
    fn text(&self, style: &Style) -> String {
        let rows: Vec<_> = self
            .stages
            .iter()
            .map(|stage| [cell(Some(&stage.stage)), cell(stage.next.as_deref())])
            .collect();
        let mut out = columns::render(&["stage", "next"], &rows, style);
        out.push_str(if self.may_skip {
            "\na promotion may go past a stage\n"
        } else {
            "\na promotion goes to the next stage only\n"
        });
        out
    }
}

impl Document for Statuses {
    fn text(&self, style: &Style) -> String {
        if self.statuses.is_empty() {
            let name = text(&self.pipeline.name);
            return format!("no status check was ever reported on a release in {name}\n");
        }
        let rows: Vec<_> = self
            .statuses
            .iter()
            .map(|status| [cell(Some(&status.context)), cell(status.name.as_deref())])
            .collect();
        columns::render(&["context", "name"], &rows, style)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Origin, Release, SCHEMA_VERSION, Stage};
    use super::*;

    fn origin() -> Origin {
        Origin {
            platform: "heroku".to_owned(),
            api_url: "https://api.heroku.com".to_owned(),
        }
    }

    fn pipeline() -> Pipeline {
        Pipeline {
            id: "0123".to_owned(),
            name: "acme-shop\u{1b}[2J".to_owned(),
            owner: Some(Owner {
                id: "4567".to_owned(),
                kind: Some("team".to_owned()),
            }),
            generation: Some("cedar".to_owned()),
            created_at: Some("2026-11-27T12:00:00Z".to_owned()),
            ..Pipeline::default()
        }
    }

    #[test]
    fn a_list_that_a_stranger_understands() {
        let mut list = List {
            schema_version: SCHEMA_VERSION,
            origin: origin(),
            pipelines: vec![pipeline()],
        };
        insta::assert_snapshot!(list.text(&Style::plain()), @r"
        pipeline   id    owner      generation  made
        acme-shop  0123  team 4567  cedar       2026-11-27
        ");
        list.pipelines.clear();
        assert!(list.text(&Style::plain()).contains("no pipeline"));
    }

    #[test]
    fn a_pipeline_that_a_stranger_understands() {
        let app = |name: &str| App {
            app: name.to_owned(),
            maintenance: Some(false),
            release: Some(Release {
                id: "r".to_owned(),
                version: 41,
                description: None,
                by: Some("ada@example.com".to_owned()),
                created_at: None,
                age_seconds: Some(7300),
            }),
            commit: Some("1a2b3c4d".repeat(5)),
            ..App::default()
        };
        let unreadable = App {
            release: None,
            error: Some("there is no app shop-us".to_owned()),
            ..app("shop-us")
        };
        let checked = App {
            required_status_checks: Some(vec!["tests/a".to_owned(), "b::error".to_owned()]),
            maintenance: Some(true),
            ..app("shop-eu")
        };
        let stage = |stage: &str, apps| Stage {
            stage: stage.to_owned(),
            apps,
        };
        let show = Show {
            schema_version: SCHEMA_VERSION,
            at: "2026-11-27T12:00:00Z".to_owned(),
            origin: origin(),
            pipeline: pipeline(),
            stages: vec![
                stage("staging", vec![app("shop-staging")]),
                stage("production", vec![checked, unreadable]),
            ],
            notes: vec!["more".to_owned()],
        };
        insta::assert_snapshot!(show.text(&Style::plain()), @r"
        acme-shop (0123), of team 4567, cedar, made 2026-11-27

        stage       app           live           source    age  by               required checks
        staging     shop-staging  v41            1a2b3c4d  2h   ada@example.com  -
        production  shop-eu       maintenance    1a2b3c4d  2h   ada@example.com  tests/a, b::error
                    shop-us       can't be read  1a2b3c4d  -    -                -

        note: there is no app shop-us
        note: more
        ");
    }
}
