//! `init`: a first `deploy.yaml` of what the workspace and the platform tell, which is valid whatever that was.

mod hostile;
#[cfg(unix)]
mod on_a_terminal;
mod unread;

use std::fs;
use std::process::Output;

use launchway::sandbox::{AppSpec, PipelineSpec, Spec, Surface};
use serde_json::json;

use crate::support::{Launchway, Shop, TOKEN, closed_port, spec};

/// A shop without a `deploy.yaml`.
fn shop() -> Shop {
    let shop = Shop::new();
    fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    shop
}

fn init<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    shop.launchway(&["init"]).args(arguments)
}

/// The same without a token.
fn alone<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    let command = init(shop, arguments).without("LAUNCHWAY_API_KEY");
    command.without("AKKERIS_API_KEY").api_url(None)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn yaml(shop: &Shop) -> String {
    fs::read_to_string(shop.workspace().join("deploy.yaml")).unwrap()
}

/// It went well, and what it wrote is a plan without a finding.
#[track_caller]
fn planned(shop: &Shop, output: &Output) -> (String, String) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let plan = shop.launchway(&["plan", "--offline"]);
    let plan = plan.without("LAUNCHWAY_API_KEY").api_url(None).output();
    assert_eq!(plan.status.code(), Some(0), "{plan:?}\n{}", yaml(shop));
    assert!(plan.stderr.is_empty(), "{plan:?}");
    let yaml = yaml(shop);
    assert!(yaml.starts_with("# yaml-language-server: $schema=https://"));
    (yaml, told)
}

/// Gives the workspace's repository these remotes.
fn remotes(shop: &Shop, remotes: &[(&str, &str)]) {
    shop.git(&["init", "--quiet"]);
    for (name, url) in remotes {
        shop.git(&["remote", "add", name, url]);
    }
}

/// Makes another pipeline, and puts apps into it.
fn another_pipeline(shop: &Shop, name: &str, apps: &[(&str, &str)]) {
    let (status, body) = shop.answer("POST", "/pipelines", &json!({"name": name}));
    assert_eq!(status, 201, "{body}");
    let pipeline: serde_json::Value = serde_json::from_str(&body).unwrap();
    for (app, stage) in apps {
        let body = json!({"app": app, "pipeline": pipeline["id"], "stage": stage});
        let (status, body) = shop.answer("POST", "/pipeline-couplings", &body);
        assert_eq!(status, 201, "{body}");
    }
}

#[test]
fn without_anything_it_is_a_file_to_fill_in() {
    let shop = shop();
    let (yaml, told) = planned(&shop, &alone(&shop, &[]).output());
    assert!(
        yaml.contains("app: myapp-staging # your app's name"),
        "{yaml}"
    );
    assert!(
        told.contains("platform: not asked, there is no token"),
        "{told}"
    );
    assert!(
        told.contains("put the names of your apps into deploy.yaml"),
        "{told}"
    );
    assert!(shop.requests().is_empty());
}

#[test]
fn in_a_repository_of_several_applications_it_says_to_name_one() {
    let shop = shop();
    fs::remove_file(shop.workspace().join("Procfile")).unwrap();
    for path in ["services/api/Procfile", "web/Dockerfile"] {
        shop.write(path, "web: ./server\n");
    }
    let (_, told) = planned(&shop, &alone(&shop, &[]).output());
    let hint =
        "such as `source: {dir: services/api}`: there is none here, but in services/api and web";
    assert!(told.contains(hint), "{told}");
    // Where there is one, the others do not matter.
    fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    shop.write("Procfile", "web: ./server\n");
    let (_, told) = planned(&shop, &alone(&shop, &[]).output());
    assert!(!told.contains("source: {dir"), "{told}");
}

#[test]
fn the_workspace_tells_apps_buildpacks_and_processes() {
    let shop = shop();
    remotes(
        &shop,
        &[
            ("origin", "git@github.com:acme/shop.git"),
            ("heroku", "https://me:secret@git.heroku.com/acme.git"),
            ("staging", "git@heroku.com:acme-staging.git"),
        ],
    );
    shop.write("app.json", r#"{"buildpacks": [{"url": "heroku/nodejs"}]}"#);
    shop.write("Procfile", "web: node .\nrelease: node migrate.js # all\n");
    shop.write("heroku.yml", "build: {}\n");
    let (yaml, told) = planned(&shop, &alone(&shop, &[]).output());
    for expected in [
        "  - stage: staging\n    app: acme-staging\n",
        "  - stage: production\n    app: acme\n",
        "  buildpacks: [heroku/nodejs]\n",
        "release phase runs in each stage first: \"node migrate.js # all\"",
        "# heroku.yml describes an image",
        "- http: { path: /, body: \"${release}\", within: 2m }",
    ] {
        assert!(yaml.contains(expected), "{expected}\n{yaml}");
    }
    assert!(
        told.contains("the app acme is in production: nothing says otherwise"),
        "{told}"
    );
    assert!(
        !told.contains("secret") && !yaml.contains("secret"),
        "{told}"
    );
    shop.write("Procfile", "worker: node w.js\n");
    let output = alone(&shop, &["--stdout"]).output();
    assert!(text(&output.stdout).contains("- dynos: up"), "{output:?}");
}

#[test]
fn nobodys_file_is_overwritten() {
    let shop = Shop::new();
    let before = yaml(&shop);
    for arguments in [&[][..], &["--platform", "akkeris"]] {
        let output = alone(&shop, arguments).output();
        assert_eq!(output.status.code(), Some(74), "{output:?}");
        assert!(text(&output.stderr).contains("deploy.yaml is there already"));
    }
    assert_eq!(yaml(&shop), before);
    let output = alone(&shop, &["--stdout"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("version: 1\n"));
    let output = alone(&shop, &["--config", "other.yaml"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).contains("launchway plan --config other.yaml"));
    assert_eq!(yaml(&shop), before);
    #[cfg(unix)]
    {
        let nowhere = shop.root().join("nowhere");
        std::os::unix::fs::symlink(&nowhere, shop.workspace().join("link.yaml")).unwrap();
        let output = alone(&shop, &["-c", "link.yaml"]).output();
        assert_eq!(output.status.code(), Some(74), "{output:?}");
        assert!(!nowhere.exists());
    }
}

#[test]
fn a_file_that_comes_meanwhile_is_left_alone() {
    let shop = shop();
    shop.hold("GET", "/pipelines");
    let output = std::thread::scope(|scope| {
        let run = scope.spawn(|| init(&shop, &[]).output());
        shop.until_asked("GET", "/pipelines");
        shop.write("deploy.yaml", "somebody else's\n");
        shop.let_go("/pipelines");
        run.join().unwrap()
    });
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert_eq!(yaml(&shop), "somebody else's\n");
}

#[test]
fn what_is_named_is_taken() {
    let shop = shop();
    let arguments = [
        "--platform",
        "akkeris",
        "--pipeline",
        "webpipe",
        "--offline",
    ];
    let apps = ["--app", "production=web-prod", "--app", "staging=web-stg"];
    shop.write("Dockerfile", "FROM scratch\n");
    let (yaml, _) = planned(&shop, &init(&shop, &arguments).args(&apps).output());
    assert!(
        yaml.contains("platform: akkeris\npipeline: webpipe"),
        "{yaml}"
    );
    assert!(
        yaml.find("app: web-stg") < yaml.find("app: web-prod"),
        "{yaml}"
    );
    for (arguments, expected) in [
        (&["--app", "staging"][..], "expected a stage and an app"),
        (
            &["--app", "staging=a-1", "--app", "staging=a-2"],
            "exactly one app",
        ),
        (&["--app", "staging=x\ny: z"], "must be on one line"),
        (&["--pipeline", "a b"], "is not a pipeline's name"),
        (&["--platform", "heroic"], "expected heroku or akkeris"),
    ] {
        let output = alone(&shop, arguments).args(&["--stdout"]).output();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {told}");
        assert!(told.contains(expected), "{arguments:?} {told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_pipeline_of_the_remotes_app_is_taken() {
    let shop = shop();
    another_pipeline(&shop, "other-shop", &[("shop-elsewhere", "production")]);
    remotes(&shop, &[("heroku", "https://git.heroku.com/shop-eu.git")]);
    let (yaml, told) = planned(&shop, &init(&shop, &[]).output());
    for expected in [
        "pipeline: acme-shop # name or id\n",
        "  - stage: staging\n    app: shop-staging\n",
        "  - stage: production\n    apps: [shop-eu, shop-us]\n",
    ] {
        assert!(yaml.contains(expected), "{expected}\n{yaml}");
    }
    assert!(
        told.contains("the pipeline acme-shop; apps: 2 in production, 1 in staging"),
        "{told}"
    );
    let only_reads = |one: &launchway::sandbox::Request| {
        one.method == "GET" || one.path == "/filters/apps" || !one.path.starts_with("/pipelines/")
    };
    assert!(shop.requests().iter().all(only_reads));
    // It is what the platform has.
    let output = shop.launchway(&["plan"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn one_of_several_pipelines_has_to_be_named() {
    let shop = shop();
    another_pipeline(&shop, "other-shop", &[("shop-elsewhere", "production")]);
    let output = init(&shop, &[]).output();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("acme-shop\n") && told.contains("other-shop\n"),
        "{told}"
    );
    assert!(
        told.contains("--pipeline NAME") && told.contains("nothing was written"),
        "{told}"
    );
    let output = init(&shop, &["--pipeline", "othershop"]).output();
    assert_eq!(output.status.code(), Some(16), "{output:?}");
    assert!(text(&output.stderr).contains("did you mean `other-shop`?"));
    assert!(!shop.workspace().join("deploy.yaml").exists());
    let (yaml, _) = planned(&shop, &init(&shop, &["--pipeline", "other-shop"]).output());
    assert!(yaml.contains("pipeline: other-shop"), "{yaml}");
    assert!(
        yaml.contains("  - stage: production\n    app: shop-elsewhere\n"),
        "{yaml}"
    );
}

#[test]
fn the_only_pipeline_is_taken_and_told_as_a_guess() {
    let shop = shop();
    let (yaml, told) = planned(&shop, &init(&shop, &[]).output());
    assert!(yaml.contains("pipeline: acme-shop"), "{yaml}");
    assert!(
        told.contains("the pipeline is acme-shop: there is no other"),
        "{told}"
    );
}

#[test]
fn akkeris_tells_its_pipelines_too() {
    let shop = Shop::akkeris_pipeline(&[]);
    let _ = fs::remove_file(shop.workspace().join("deploy.yaml"));
    let output = init(&shop, &[]).output();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let yaml = yaml(&shop);
    for expected in [
        "platform: akkeris\npipeline: webpipe",
        "  - stage: development\n    app: web-dev\n",
        "  - stage: staging\n    app: web-stg\n",
    ] {
        assert!(yaml.contains(expected), "{expected}\n{yaml}");
    }
    assert!(told.contains("AKKERIS_API_KEY is set"), "{told}");
    let plan = shop.launchway(&["plan", "--offline"]).output();
    assert_eq!(plan.status.code(), Some(0), "{plan:?}");
}

#[test]
fn a_platform_that_does_not_answer_is_told_and_nothing_else() {
    let shop = shop();
    for (token, url) in [
        ("wrong-token-of-the-test", shop.api_url().to_owned()),
        (TOKEN, closed_port()),
    ] {
        let output = init(&shop, &[])
            .env("LAUNCHWAY_API_KEY", token)
            .api_url(Some(&url))
            .output();
        let (yaml, told) = planned(&shop, &output);
        assert!(told.contains("platform: "), "{told}");
        assert!(!told.contains("not asked"), "{told}");
        assert!(yaml.contains("myapp-staging"), "{yaml}");
        fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    }
    // What was named to be used must be good.
    let output = init(&shop, &["--api-key-file", "nowhere"]).output();
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    // And so must what the pipeline was named for.
    let wrong = init(&shop, &["--pipeline", "acme-shop"])
        .env("LAUNCHWAY_API_KEY", "wrong-token-of-the-test");
    assert_eq!(wrong.output().status.code(), Some(77));
    assert!(!shop.workspace().join("deploy.yaml").exists());
}

#[test]
fn the_first_stage_has_one_app() {
    let apps = [
        ("acme-a", "staging"),
        ("acme-b", "staging"),
        ("acme", "production"),
    ];
    let shop = Shop::start(Spec {
        apps: apps
            .iter()
            .map(|(name, _)| AppSpec {
                name: (*name).to_owned(),
                first_release: true,
                ..AppSpec::default()
            })
            .collect(),
        pipeline: Some(PipelineSpec {
            name: "acme".to_owned(),
            couplings: apps
                .iter()
                .map(|(app, stage)| ((*app).to_owned(), (*stage).to_owned()))
                .collect(),
        }),
        ..spec(Surface::Heroku, "acme", &[], &[])
    });
    shop.write("package.json", "{}");
    let (yaml, told) = planned(&shop, &init(&shop, &[]).output());
    assert!(
        yaml.contains("  - stage: staging\n    app: acme-a\n"),
        "{yaml}"
    );
    assert!(
        yaml.contains("# Left out: the app acme-b: the first stage has one app"),
        "{yaml}"
    );
    assert!(
        told.contains("the app acme-a is built, the first of its stage"),
        "{told}"
    );
    fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    remotes(&shop, &[("x", "https://git.heroku.com/acme-b.git")]);
    let (yaml, _) = planned(&shop, &init(&shop, &[]).output());
    assert!(
        yaml.contains("  - stage: staging\n    app: acme-b\n"),
        "{yaml}"
    );
}
