use super::*;
use crate::{
    config::{self, Delivery, OnFailure, OnNotice, Require, Source, Stage},
    env::Env,
    model::{PlatformKind, ReleaseRef},
    platform::types::{BuildStatus, Coupling, Pipeline, Release},
    platform::{Provenance, content::Proof},
};

fn config(pipeline: Option<&str>) -> Config {
    let stage = |name: &str, apps: &[&str]| Stage {
        name: name.to_owned(),
        apps: apps.iter().map(ToString::to_string).collect(),
        left_out: 0,
        verify: Vec::new(),
        require: Require {
            same_config: true,
            ..Require::default()
        },
        approval: None,
        waves: Vec::new(),
        max_parallel: None,
        on_failure: OnFailure::Stop,
    };
    Config {
        path: "deploy.yaml".into(),
        platform: PlatformKind::Heroku,
        api_url: None,
        pipeline: pipeline.map(str::to_owned),
        source: Source {
            shred: true,
            dir: ".".into(),
            exclude: Vec::new(),
            include: Vec::new(),
            version: None,
            newest_wins: false,
            symlinks: crate::config::Symlinks::default(),
            secrets: crate::config::Secrets::default(),
            max_size: None,
            compression: crate::config::Compression::default(),
            delivery: Delivery::Platform,
        },
        build: config::Build {
            buildpacks: Vec::new(),
            timeout: std::time::Duration::from_mins(30),
            on_notice: OnNotice::Rebuild,
            image: None,
            slug: None,
            images: std::collections::BTreeMap::new(),
        },
        report_status: None,
        notify: Vec::new(),
        sha256: String::new(),
        variables: Vec::new(),
        stages: vec![
            stage("staging", &["stg"]),
            stage("production", &["eu", "us"]),
        ],
    }
}

/// An app that runs this version; its slug has the version's name.
fn app(name: &str, version: Option<&str>) -> AppFacts {
    AppFacts {
        app: App {
            id: format!("id-{name}"),
            name: name.to_owned(),
            web_url: None,
            maintenance: false,
            stack: None,
            runs: None,
        },
        live: version.map(|version| Live {
            made_of: Provenance {
                version: Some(version.to_owned()),
                sha256: Some(format!("sha256-{version}")),
            },
            release: Release {
                at: ReleaseRef {
                    id: format!("release-{name}"),
                    version: 7,
                },
                status: ReleaseStatus::Succeeded,
                current: Some(true),
                artifact: Some(Artifact::Slug(format!("slug-{version}"))),
                output: None,
                description: String::new(),
                user: None,
                created_at: None,
            },
        }),
        releases: Vec::new(),
        pending: None,
        checks: Vec::new(),
    }
}

fn facts(stg: Option<&str>, eu: Option<&str>, us: Option<&str>) -> Facts {
    let coupling = |app: &str, stage: &str| Coupling {
        app: format!("id-{app}"),
        stage: stage.to_owned(),
        required_checks: Vec::new(),
    };
    Facts {
        pipeline: Some(Pipeline {
            id: "p".to_owned(),
            name: "shop".to_owned(),
        }),
        couplings: vec![
            coupling("stg", "staging"),
            coupling("eu", "production"),
            coupling("us", "production"),
        ],
        stages: vec![vec![app("stg", stg)], vec![app("eu", eu), app("us", us)]],
        begin: None,
    }
}

fn deploy(version: &str, force: bool) -> Goal {
    Goal::Deploy {
        to: 1,
        content: Content {
            version: version.to_owned(),
            proof: Proof::Checksum(format!("sha256-{version}")),
        },
        force,
    }
}

fn live(facts: &Facts, goal: &Goal) -> Vec<bool> {
    let plan = plan(&config(Some("shop")), facts, goal).unwrap();
    let apps = plan.stages.iter().flat_map(|stage| &stage.apps);
    apps.map(|app| app.already_live).collect()
}

#[test]
fn what_is_live_already_is_not_released_again() {
    let old = facts(Some("a"), Some("a"), None);
    assert_eq!(live(&old, &deploy("b", false)), [false, false, false]);
    assert_eq!(live(&old, &deploy("a", false)), [true, true, false]);
    assert_eq!(live(&old, &deploy("a", true)), [false, false, false]);
    // A target that runs the version is built upon only if the first stage runs it too.
    let ahead = facts(Some("b"), Some("a"), None);
    assert_eq!(live(&ahead, &deploy("a", false)), [false, false, false]);
    let promote = Goal::Promote {
        to: 1,
        artifact: None,
    };
    assert_eq!(live(&old, &promote), [true, false]);
    let named = Goal::Promote {
        to: 1,
        artifact: Some(Artifact::Slug("slug-b".to_owned())),
    };
    assert_eq!(live(&old, &named), [false, false]);
}

#[test]
fn the_stages_must_be_as_the_pipeline_has_them() {
    let mut facts = facts(None, None, None);
    facts.couplings.remove(2);
    facts.couplings[1].stage = "staging".to_owned();
    let problems = plan(&config(Some("shop")), &facts, &deploy("a", false)).unwrap_err();
    assert_eq!(
        problems,
        [
            "eu is in `staging` of the pipeline shop; deploy.yaml has it in `production`",
            "us is not in the pipeline shop; deploy.yaml has it in `production`",
        ]
    );
}

#[test]
fn nothing_of_a_check_goes_to_an_app_in_plain_text() {
    let mut config = config(Some("shop"));
    let mut verify = |checks: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stage = "version: 1\nplatform: heroku\nstages:\n  - stage: staging\n    app: stg\n";
        std::fs::write(&file, format!("{stage}    verify: [{checks}]\n")).unwrap();
        let mut stages = config::load(file.path(), &Env::default()).unwrap().stages;
        config.stages[0].verify = stages.remove(0).verify;
        config.clone()
    };
    let header = "request: {headers: {authorization: Bearer x}}";
    let harmless = format!("{{http: /health}}, {{http: {{url: 'http://example.com', {header}}}}}");
    let tells = format!("{harmless}, {{http: {{path: /health, {header}}}}}");
    let (harmless, tells) = (verify(&harmless), verify(&tells));
    let mut facts = facts(None, None, None);
    let problems = |config: &Config, address: &str, facts: &mut Facts| {
        facts.stages[0][0].app.web_url = Some(address.parse().unwrap());
        plan(config, facts, &deploy("a", false))
            .err()
            .unwrap_or_default()
    };
    let plain = "http://stg.example.com";
    assert_eq!(problems(&harmless, plain, &mut facts), [""; 0]);
    for address in ["https://stg.example.com", "http://127.0.0.1:80"] {
        assert_eq!(problems(&tells, address, &mut facts), [""; 0]);
    }
    let found = problems(&tells, plain, &mut facts);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("`GET /health (2)` would go there in plain text"));
}

#[test]
fn a_promotion_needs_one_thing_to_promote() {
    let mut facts = facts(Some("a"), None, None);
    facts.stages[0].push(app("stg2", Some("b")));
    facts.couplings.push(Coupling {
        app: "id-stg2".to_owned(),
        stage: "staging".to_owned(),
        required_checks: Vec::new(),
    });
    let goal = Goal::Promote {
        to: 1,
        artifact: None,
    };
    let problems = plan(&config(Some("shop")), &facts, &goal).unwrap_err();
    assert!(
        problems[0].contains("stg runs v7 of a, stg2 runs v7 of b"),
        "{problems:?}"
    );
}

#[test]
fn what_is_only_called_the_same_is_built() {
    for sha256 in [None, Some("sha256-b".to_owned())] {
        let mut facts = facts(Some("a"), Some("a"), None);
        facts.stages[0][0].live.as_mut().unwrap().made_of.sha256 = sha256;
        assert_eq!(live(&facts, &deploy("a", false)), [false, false, false]);
        let plan = plan(&config(Some("shop")), &facts, &deploy("a", false)).unwrap();
        assert!(plan.notes[0].contains("nothing proves"), "{:?}", plan.notes);
    }
}

#[test]
fn the_plan_says_what_becomes_of_a_build_that_is_there() {
    let build = |status: &str| Build {
        id: "01234567".to_owned(),
        status: BuildStatus::read(status),
        output: None,
        release: None,
        artifact: Some(Artifact::Slug("slug-b".to_owned())),
        made_of: Provenance::default(),
        user: None,
        created_at: None,
    };
    let take = |taken| (Start::Take(build("succeeded")), Some(taken));
    let fresh = (Start::Fresh { before: Vec::new() }, None);
    // Production still runs `b`, staging was rolled back to `a`.
    for ((start, taken), expected) in [
        (
            take(AdoptedRelease::Again(Some(3))),
            [
                (Step::Release, "release the slug of v3 again"),
                (Step::None, "already live"),
                (Step::Promote, "promote"),
            ],
        ),
        (
            take(AdoptedRelease::Again(None)),
            [
                (Step::Release, "release the slug of build 01234567"),
                (Step::None, "already live"),
                (Step::Promote, "promote"),
            ],
        ),
        (
            take(AdoptedRelease::AsItIs(4)),
            [
                (Step::FollowRelease, "follow release v4 of build 01234567"),
                (Step::None, "already live"),
                (Step::Promote, "promote"),
            ],
        ),
        (
            (Start::Follow(build("pending")), None),
            [
                (Step::FollowBuild, "follow build 01234567 of this source"),
                (Step::Promote, "promote"),
                (Step::Promote, "promote"),
            ],
        ),
        (
            (Start::Wait(build("pending")), None),
            [
                (Step::Build, "build and release"),
                (Step::Promote, "promote"),
                (Step::Promote, "promote"),
            ],
        ),
        (
            fresh,
            [
                (Step::Build, "build and release"),
                (Step::Promote, "promote"),
                (Step::Promote, "promote"),
            ],
        ),
    ] {
        let waits = matches!(start, Start::Wait(_));
        let facts = Facts {
            begin: Some(BuildPlan {
                then: start.clone(),
                start,
                taken,
                artifact: taken.map(|_| Artifact::Slug("slug-b".to_owned())),
            }),
            ..facts(Some("a"), Some("b"), Some("a"))
        };
        let plan = plan(&config(Some("shop")), &facts, &deploy("b", false)).unwrap();
        let apps = plan.stages.iter().flat_map(|stage| &stage.apps);
        let found: Vec<(Step, &str)> = apps.map(|app| (app.step, app.action.as_str())).collect();
        assert_eq!(found, expected);
        let busy = plan
            .notes
            .iter()
            .any(|note| note.contains("is busy with build 01234567"));
        assert_eq!(busy, waits, "{:?}", plan.notes);
    }
}

#[test]
fn somebody_elses_build_that_is_waited_for_does_not_hide_ours() {
    let build = |id: &str, status: &str| Build {
        id: id.to_owned(),
        status: BuildStatus::read(status),
        output: None,
        release: None,
        artifact: Some(Artifact::Slug("slug-b".to_owned())),
        made_of: Provenance::default(),
        user: None,
        created_at: None,
    };
    let begin = BuildPlan {
        start: Start::Wait(build("theirs", "pending")),
        then: Start::Take(build("ours", "succeeded")),
        taken: Some(AdoptedRelease::Again(None)),
        artifact: Some(Artifact::Slug("slug-b".to_owned())),
    };
    let facts = Facts {
        begin: Some(begin),
        ..facts(Some("a"), Some("b"), Some("a"))
    };
    let plan = plan(&config(Some("shop")), &facts, &deploy("b", false)).unwrap();
    let app = &plan.stages[0].apps[0];
    let said = (app.step, app.action.as_str());
    assert_eq!(said, (Step::Release, "release the slug of build ours"));
    assert!(
        plan.notes[0].contains("is busy with build theirs"),
        "{:?}",
        plan.notes
    );
}

#[test]
fn a_release_of_the_same_code_that_is_under_way_is_followed() {
    let mut facts = facts(Some("b"), Some("a"), Some("a"));
    let mut pending = app("eu", Some("b")).live.unwrap().release;
    pending.status = ReleaseStatus::Pending;
    facts.stages[1][0].pending = Some(pending);
    let plan = plan(&config(Some("shop")), &facts, &deploy("b", false)).unwrap();
    let steps: Vec<Step> = plan.stages[1].apps.iter().map(|app| app.step).collect();
    assert_eq!(steps, [Step::FollowRelease, Step::Promote]);
}
