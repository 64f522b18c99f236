use std::path::Path;

use proptest::{prelude::*, sample::select};

use super::{look::Placed, *};
use crate::source;

fn heroku() -> &'static About {
    PlatformKind::Heroku.about()
}

fn project(remotes: &[(&str, &str)]) -> Project {
    let remotes = remotes.iter().map(|(name, app)| source::Remote {
        name: (*name).to_owned(),
        url: format!("https://git.heroku.com/{app}.git"),
    });
    Project {
        remotes: remotes.collect(),
        ..Project::default()
    }
}

fn placed(apps: &[(&str, &str)]) -> Members {
    let apps = apps.iter().map(|(stage, app)| Placed {
        app: (*app).to_owned(),
        stage: (*stage).to_owned(),
        stack: None,
    });
    Members {
        apps: apps.collect(),
        ..Members::default()
    }
}

fn known(platform: PlatformKind, project: &Project, members: Option<Members>) -> StarterInput<'_> {
    StarterInput {
        platform,
        project,
        pipeline: members.is_some().then(|| "acme".to_owned()),
        members,
        named: &[],
    }
}

/// `staging: a; production: b, c`
fn shown(stages: &[(String, Vec<String>)]) -> String {
    let stages = stages
        .iter()
        .map(|(stage, apps)| format!("{stage}: {}", apps.join(", ")));
    stages.collect::<Vec<_>>().join("; ")
}

#[test]
fn remotes_tell_stages_by_their_names() {
    for (remotes, expected, left_out) in [
        (&[("heroku", "acme")][..], "production: acme", 0),
        (
            &[("heroku", "acme"), ("heroku-staging", "acme-staging")],
            "staging: acme-staging; production: acme",
            0,
        ),
        (
            &[("staging", "acme-1"), ("prod", "acme-2")],
            "staging: acme-1; production: acme-2",
            0,
        ),
        (
            &[
                ("a", "acme-dev"),
                ("b", "acme-stg"),
                ("c", "acme-prod"),
                ("d", "acme-eu"),
            ],
            "development: acme-dev; staging: acme-stg; production: acme-prod, acme-eu",
            0,
        ),
        // One name has no more to say than another: only the first is taken.
        (
            &[("heroku", "acme-eu"), ("us", "acme-us")],
            "production: acme-eu",
            1,
        ),
        (
            &[("a", "acme-prod"), ("b", "acme-x")],
            "production: acme-prod",
            1,
        ),
        (
            &[("a", "acme-staging"), ("b", "blog-staging")],
            "staging: acme-staging",
            1,
        ),
        (&[("a", "acme"), ("b", "acme")], "production: acme", 0),
        (
            &[],
            "staging: myapp-staging; production: myapp-production",
            0,
        ),
    ] {
        let project = project(remotes);
        let made = make(known(PlatformKind::Heroku, &project, None));
        assert_eq!(shown(&made.starter.stages), expected, "{remotes:?}");
        assert_eq!(made.left_out.len(), left_out, "{:?}", made.left_out);
        assert_eq!(made.starter.made_up, remotes.is_empty());
        made.starter.proved(Path::new("deploy.yaml")).unwrap();
    }
}

#[test]
fn a_pipeline_tells_them_itself() {
    let nothing = Project::default();
    for (platform, apps, expected, left_out) in [
        (
            PlatformKind::Heroku,
            &[
                ("production", "eu1"),
                ("staging", "stg"),
                ("production", "us1"),
                ("review", "pr-1"),
            ][..],
            "staging: stg; production: eu1, us1",
            0,
        ),
        (
            PlatformKind::Heroku,
            &[("development", "dev"), ("production", "eu1")],
            "development: dev; production: eu1",
            0,
        ),
        (
            PlatformKind::Akkeris,
            &[("development", "web-dev"), ("production", "web-prod")],
            "development: web-dev",
            1,
        ),
        (
            PlatformKind::Akkeris,
            &[("development", "web-dev"), ("staging", "web-stg")],
            "development: web-dev; staging: web-stg",
            0,
        ),
        (
            PlatformKind::Heroku,
            &[("staging", "a-1"), ("staging", "a-2")],
            "staging: a-1",
            1,
        ),
        (
            PlatformKind::Heroku,
            &[("canary", "a-1"), ("staging", "a-2")],
            "staging: a-2",
            1,
        ),
        (
            PlatformKind::Heroku,
            &[("review", "pr-1")],
            "staging: myapp-staging; production: myapp-production",
            0,
        ),
    ] {
        let made = make(known(platform, &nothing, Some(placed(apps))));
        assert_eq!(shown(&made.starter.stages), expected, "{apps:?}");
        assert_eq!(made.left_out.len(), left_out, "{:?}", made.left_out);
        made.starter.proved(Path::new("deploy.yaml")).unwrap();
    }
}

#[test]
fn the_app_that_is_built_is_the_one_that_was_chosen_or_has_a_remote() {
    let mut members = placed(&[("staging", "a-1"), ("staging", "a-2"), ("staging", "a-3")]);
    assert_eq!(guess::first_apps(&members, heroku()), ["a-1", "a-2", "a-3"]);
    let project = project(&[("heroku", "a-2")]);
    let made = make(known(PlatformKind::Heroku, &project, Some(members.clone())));
    assert_eq!(shown(&made.starter.stages), "staging: a-2");
    assert_eq!(made.starter.notes.len(), 2);
    members.built = Some("a-3".to_owned());
    let nothing = Project::default();
    let made = make(known(PlatformKind::Heroku, &nothing, Some(members)));
    assert_eq!(shown(&made.starter.stages), "staging: a-3");
}

#[test]
fn what_was_named_is_taken_as_it_is() {
    let project = project(&[("heroku", "acme")]);
    let named = [
        ("production", "b-1"),
        ("staging", "a-1"),
        ("production", "b-2"),
    ]
    .map(|(stage, app)| (stage.to_owned(), app.to_owned()));
    let made = make(StarterInput {
        named: &named,
        ..known(PlatformKind::Heroku, &project, None)
    });
    assert_eq!(
        shown(&made.starter.stages),
        "staging: a-1; production: b-1, b-2"
    );
    assert!(made.guessed.is_empty() && made.left_out.is_empty());
}

#[test]
fn what_is_run_decides_what_is_checked() {
    let mut project = Project {
        buildpacks: vec!["heroku/go".to_owned()],
        processes: vec![
            ("worker".to_owned(), "w".to_owned()),
            ("release".to_owned(), "m".to_owned()),
        ],
        ..Project::default()
    };
    let made = make(known(PlatformKind::Heroku, &project, None));
    assert!(!made.starter.web);
    assert_eq!(made.starter.release_phase.as_deref(), Some("m"));
    assert_eq!(
        make(known(PlatformKind::Akkeris, &project, None))
            .starter
            .release_phase,
        None
    );
    project.processes.push(("web".to_owned(), "s".to_owned()));
    assert!(
        make(known(PlatformKind::Heroku, &project, None))
            .starter
            .web
    );
    let fir = Members {
        generation: Some("fir".to_owned()),
        ..placed(&[("staging", "a-1")])
    };
    let made = make(known(PlatformKind::Heroku, &project, Some(fir)));
    assert!(made.starter.buildpacks.is_empty() && made.left_out.len() == 1);
}

proptest! {
    /// Whatever the remotes and the pipeline are: what is made is valid.
    #[test]
    fn what_is_made_is_valid(
        urls in prop::collection::vec("(https://git\\.heroku\\.com/|git@heroku\\.com:|)[a-z0-9.:\n -]{0,40}(\\.git)?", 0..4),
        names in prop::collection::vec("[^\u{0}]{0,12}|staging|prod", 4),
        apps in prop::collection::vec(
            (select(vec!["test", "review", "development", "staging", "production", "x: y"]), "[a-z][a-z0-9-]{1,8}[a-z0-9]"),
            0..6
        ),
        asked in any::<bool>(),
        akkeris in any::<bool>(),
        buildpacks in prop::collection::vec("\\PC{1,30}", 0..3),
        command in ".{1,30}"
    ) {
        let platform = if akkeris { PlatformKind::Akkeris } else { PlatformKind::Heroku };
        let remotes = names.into_iter().zip(urls).map(|(name, url)| source::Remote { name, url });
        let project = Project {
            remotes: remotes.collect(),
            buildpacks: buildpacks.into_iter().filter(|one| !one.contains(char::is_whitespace)).collect(),
            processes: vec![("release".to_owned(), command), ("web".to_owned(), "x".to_owned())],
            ..Project::default()
        };
        let mut apps = apps;
        apps.sort_by(|a, b| a.1.cmp(&b.1));
        apps.dedup_by(|a, b| a.1 == b.1);
        let apps: Vec<(&str, &str)> = apps.iter().map(|(stage, app)| (*stage, app.as_str())).collect();
        let members = asked.then(|| placed(&apps));
        let made = make(known(platform, &project, members));
        let proved = made.starter.proved(Path::new("deploy.yaml"));
        prop_assert!(proved.is_ok(), "{}\n{}", proved.unwrap_err(), made.starter.text());
    }
}
