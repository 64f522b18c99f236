//! Images that were built elsewhere: `build.images`, pushed to each app and released there.

use launchway::sandbox::{Change, Generation};
#[cfg(unix)]
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{PIPELINE, SINGLE, Shop, image::Image};

pub(crate) const BUILD: &str = "build: {images: {web: \"docker-archive:out/web.tar\", worker: \"docker-archive:out/worker.tar\"}}\n";
const PHASE: &str = "build: {images: {web: \"docker-archive:out/web.tar\", release: \"docker-archive:out/release.tar\"}}\n";
const APPS: [&str; 3] = ["shop-staging", "shop-eu", "shop-us"];

pub(crate) fn web() -> Image {
    Image::new("1", "node web.js")
}

pub(crate) fn worker() -> Image {
    Image::new("1", "node worker.js")
}

/// A shop of container apps whose images are in files.
pub(crate) fn shop(build: &str, faults: &[&str]) -> Shop {
    let shop = Shop::with(faults).yaml(&format!("{PIPELINE}{build}"));
    for app in APPS {
        let body = json!({"build_stack": "container"});
        let (status, text) = shop.answer("PATCH", &format!("/apps/{app}"), &body);
        assert_eq!(status, 200, "{text}");
    }
    shop.write("out/web.tar", &web().docker_archive());
    shop.write("out/worker.tar", &worker().docker_archive());
    shop.write(
        "out/release.tar",
        &Image::new("1", "./migrate").docker_archive(),
    );
    shop
}

fn set_config_var(shop: &Shop, app: &str) {
    shop.change(Change::ConfigVar {
        app: app.to_owned(),
        name: "A".to_owned(),
        value: Some("b".to_owned()),
    });
}

#[test]
fn every_stage_gets_the_same_ones() {
    let shop = shop(BUILD, &[]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("PATCH", "/formation"), 3);
    for path in ["/builds", "/releases", "/pipeline-promotions", "/sources"] {
        assert_eq!(run.count("POST", path), 0, "{path}");
    }
    let images = json!({"web": web().id(), "worker": worker().id()});
    for app in APPS {
        assert_eq!(shop.running(app)["images"], images, "{app}");
        assert_eq!(run.app(app)["images"], images);
        assert_eq!(run.outcome(app), "succeeded");
        assert_eq!(run.runs(app), 3);
    }
    let stages = run.record()["stages"].as_array().unwrap();
    assert!(stages.iter().all(|stage| stage["how"] == "release"));
    run.does_not_say("promot");
    assert_ending!("images", run);
    let again = shop.deploy().run();
    again.exits(0).says("nothing to do").changed_nothing();
}

#[test]
fn what_runs_already_makes_no_release_and_that_is_no_failure() {
    let shop = shop(BUILD, &[]);
    shop.deploy().run().exits(0);
    // Its release tells of the worker only: nothing says that the other image is the same, but the platform knows.
    let other = Image::new("2", "node worker.js");
    shop.write("out/worker.tar", &other.docker_archive());
    shop.deploy().run().exits(0);
    let run = shop.deploy().run();
    run.exits(0).says("no release was made");
    assert_eq!(run.count("PATCH", "/formation"), 3);
    for app in APPS {
        assert_eq!(run.runs(app), 4, "{app}");
        assert_eq!(run.outcome(app), "already_live");
        let images = json!({"web": web().id(), "worker": other.id()});
        assert_eq!(shop.running(app)["images"], images);
    }
    let forced = shop.deploy().args(&["--force", "--to", "staging"]).run();
    forced.exits(0).says("no release was made");
    // A config var makes a release of the same images.
    set_config_var(&shop, "shop-staging");
    shop.deploy().run().exits(0);
    assert_eq!(shop.running("shop-staging")["version"], 5);
}

#[test]
fn the_release_is_found_among_others() {
    let shop = shop(BUILD, &[]);
    shop.hold("PATCH", "/formation");
    let live = shop.deploy().args(&["--to", "staging"]).start();
    shop.until_asked("PATCH", "/formation");
    set_config_var(&shop, "shop-staging");
    shop.let_go("/formation");
    let run = live.end();
    run.exits(0);
    assert_eq!(run.app("shop-staging")["release"]["version"], 4);
}

#[test]
fn one_whose_name_says_nothing_is_found_too() {
    let shop = shop(BUILD, &["images=unnamed"]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.app("shop-eu")["release"]["version"], 3);
    let run = shop.deploy().run();
    run.exits(0).says("no release was made");
    assert_eq!(run.runs("shop-eu"), 3);
}

#[test]
fn a_lost_answer_is_found_and_nothing_is_released_twice() {
    for fault in [
        "http=reset-after@1:PATCH /apps/*/formation",
        "http=500,after@1:PATCH /apps/*/formation",
        "http=503@1:PATCH /apps/*/formation",
        "http=reset@1:PATCH /apps/*/formation",
        "http=429@1:PATCH /apps/*/formation",
        "http=invalid-json@1:PATCH /apps/*/formation",
        "http=503@2-4:GET /apps/*/releases",
    ] {
        let run = shop(BUILD, &[fault]).deploy().run();
        assert_eq!(run.code, 0, "{fault}: {}", run.stderr);
        for app in APPS {
            assert_eq!(run.runs(app), 3, "{fault}: {app}");
        }
    }
}

#[test]
fn what_the_platform_refuses_changes_nothing() {
    for (fault, code) in [
        ("http=422@*:PATCH /apps/*/formation", 11),
        ("http=403@*:PATCH /apps/*/formation", 77),
        ("http=401@*:PUT /v2", 77),
    ] {
        let run = shop(BUILD, &[fault]).deploy().run();
        assert_eq!(run.code, code, "{fault}: {}", run.stderr);
        for app in APPS {
            assert_eq!(run.runs(app), 2, "{fault}: {app}");
        }
        let left = run.app("shop-eu")["outcome"].clone();
        assert_eq!(left, "not_started", "{fault}");
    }
}

#[test]
fn what_answers_in_the_registrys_place_decides_nothing() {
    for fault in [
        "http=html@*:PUT /v2/*/*/manifests",
        "http=redirect@*:PUT /v2/*/*/manifests",
        "http=403,html@*:HEAD /v2/*/*/blobs",
        "http=404,html@*:GET /v2/*/*/manifests",
        "http=404,html@*:POST /v2/*/*/blobs/uploads",
    ] {
        let run = shop(BUILD, &[fault]).deploy().run();
        assert_eq!(run.code, 69, "{fault}: {}", run.stderr);
        assert_eq!(run.count("PATCH", "/formation"), 0, "{fault}");
        for app in APPS {
            assert_eq!(run.runs(app), 2, "{fault}: {app}");
        }
    }
}

#[test]
fn the_image_called_release_runs_first() {
    let shop = shop(PHASE, &[]);
    let run = shop.deploy().run();
    run.exits(0);
    assert!(run.output().contains(&"$ ./migrate".to_owned()));
    let failing = self::shop(PHASE, &["release-phase=fail:shop-eu"]);
    let run = failing.deploy().run();
    run.exits(11).says("the release phase failed");
    assert_eq!(run.outcome("shop-eu"), "failed");
    assert_eq!((run.runs("shop-staging"), run.runs("shop-eu")), (3, 2));
    let first = self::shop(PHASE, &["release-phase=fail@1:shop-staging"]);
    first.deploy().run().exits(11);
    let run = first.deploy().run();
    run.exits(0);
    assert_eq!(run.runs("shop-staging"), 4);
}

#[test]
fn a_stage_that_fails_goes_back_by_its_release() {
    let check = format!(
        "    on_failure: rollback\n    verify: [http: {{path: /, body: \"{}\", within: 200ms, every: 20ms}}]\n",
        web().id()
    );
    let (before, _) = PIPELINE.split_at(PIPELINE.rfind("    verify:").unwrap());
    let shop = shop(BUILD, &[]).yaml(&format!("{before}{check}{BUILD}"));
    shop.deploy().run().exits(0);
    let newer = Image::new("2", "node web.js");
    shop.write("out/web.tar", &newer.docker_archive());
    let run = shop.deploy().run();
    run.exits(14);
    assert_eq!(shop.running("shop-staging")["images"]["web"], newer.id());
    for app in ["shop-eu", "shop-us"] {
        assert_eq!(shop.running(app)["description"], "Rollback to v3");
        assert_eq!(shop.running(app)["images"]["web"], web().id());
    }
}

#[test]
fn an_app_that_can_not_run_them_is_refused_up_front() {
    let shop = Shop::new().yaml(&format!("{PIPELINE}{BUILD}"));
    shop.write("out/web.tar", &web().docker_archive());
    shop.write("out/worker.tar", &worker().docker_archive());
    let run = shop.deploy().run();
    run.exits(16)
        .says("heroku stack:set container --app shop-eu")
        .changed_nothing();
    let fir = Shop::on(Generation::Fir, &[]).yaml(&format!("{PIPELINE}{BUILD}"));
    fir.write("out/web.tar", &web().docker_archive());
    fir.write("out/worker.tar", &worker().docker_archive());
    let run = fir.deploy().run();
    run.exits(16)
        .says("is a Fir app")
        .does_not_say("stack:set")
        .changed_nothing();
    let akkeris = SINGLE.replace(
        "platform: heroku",
        "platform: {kind: akkeris, api_url: \"http://127.0.0.1:1\"}",
    );
    let shop = Shop::new().yaml(&format!("{akkeris}{BUILD}"));
    shop.deploy().run().exits(65).says("`images` is for heroku");
}

#[test]
fn an_image_that_is_none_is_not_sent() {
    let shop = shop(BUILD, &[]);
    shop.write("out/web.tar", b"no image");
    let run = shop.deploy().run();
    run.exits(66).says("out/web.tar").changed_nothing();
    let missing = shop.yaml(&format!("{PIPELINE}{BUILD}").replace("web.tar", "nowhere.tar"));
    missing
        .deploy()
        .run()
        .exits(66)
        .says("out/nowhere.tar")
        .says("an earlier step of the job has to write it");
}

#[test]
fn they_are_not_promoted() {
    let shop = shop(BUILD, &[]);
    let run = shop.deploy().args(&["--to", "staging"]).run();
    run.exits(0);
    let run = shop.promote("production").run();
    run.exits(16)
        .says("launchway deploy --to production")
        .changed_nothing();
    // Nor without the images, of what runs there.
    let shop = shop.yaml(PIPELINE);
    let run = shop.promote("production").run();
    run.exits(16).says("build: {images: …}").changed_nothing();
}

#[cfg(unix)]
#[test]
fn a_run_that_was_cut_off_goes_on() {
    for (method, end) in [
        ("PUT", "/v2/shop-staging/web/manifests/latest"),
        ("PATCH", "/formation"),
    ] {
        let shop = shop(PHASE, &[]);
        shop.hold(method, end);
        let mut live = shop.deploy().start();
        shop.until_asked(method, end);
        live.signal(Signal::TERM);
        live.end().exits(143).says("safe to run again");
        shop.let_go(end);
        let run = shop.deploy().run();
        run.exits(0);
        for app in APPS {
            assert_eq!(run.runs(app), 3, "{app}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_release_that_is_on_its_way_is_followed() {
    let shop = shop(PHASE, &["release-phase=never@1"]);
    let mut live = shop.deploy().start();
    live.until("release_started");
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_eq!(run.outcome("shop-staging"), "unknown");
    let mut live = shop.deploy().start();
    let started = live.until("release_started");
    assert_eq!(started["release"]["version"], 3);
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_eq!(run.count("PATCH", "/formation"), 0);
    assert_eq!(run.count("POST", "/blobs/uploads/"), 0);
}

#[test]
fn plan_says_what_would_be_pushed_and_released() {
    let shop = shop(BUILD, &[]);
    for arguments in [&[][..], &["--offline"]] {
        let text = shop.plan_text(arguments);
        for said in [
            "images     version images-",
            "push and release the images",
            &web().id(),
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
    let run = shop.launchway(&["plan"]).run();
    run.exits(0).changed_nothing();
    let plan: Value = serde_json::from_str(&run.stdout.concat()).unwrap();
    assert_eq!(plan["source"]["images"][0]["id"], web().id());
    shop.deploy().run().exits(0);
    assert!(shop.plan_text(&[]).contains("already live"));
}

#[test]
fn a_stage_gets_them_in_waves() {
    let yaml = PIPELINE.replace(
        "    apps: [shop-eu, shop-us]\n",
        "    apps: [shop-eu, shop-us]\n    waves: [1, 100%]\n",
    );
    let shop = shop(BUILD, &["web=503@*:shop-eu"]).yaml(&format!("{yaml}{BUILD}"));
    let run = shop.deploy().run();
    run.exits(13).says("wave 1 of 2 of production");
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 2));
    assert_eq!(run.outcome("shop-us"), "not_started");
}

#[test]
fn the_rollback_command_goes_back_to_the_images_before() {
    let shop = shop(BUILD, &[]);
    shop.deploy().run().exits(0);
    shop.write(
        "out/web.tar",
        &Image::new("2", "node web.js").docker_archive(),
    );
    shop.deploy().run().exits(0);
    let run = shop.launchway(&["rollback", "--stage", "production"]).run();
    run.exits(0);
    assert_eq!(shop.running("shop-eu")["images"]["web"], web().id());
}

#[test]
fn a_rehearsal_plays_it() {
    let shop = shop(BUILD, &[]);
    let run = shop.deploy().args(&["--sandbox"]).api_url(None).run();
    run.exits(0);
    assert_eq!(run.outcome("shop-eu"), "succeeded");
}

#[test]
fn one_that_was_pushed_is_released_where_it_is() {
    let shop = shop(BUILD, &[]);
    let run = shop.deploy().args(&["--to", "staging"]).run();
    run.exits(0);
    shop.somebody_releases_to("shop-staging");
    let pushed = "build: {images: {web: \"docker://registry.heroku.com/shop-staging/web\"}}\n";
    let shop = shop.yaml(&format!("{PIPELINE}{pushed}"));
    let offline = shop.plan_text(&["--offline"]);
    assert!(offline.contains("its id is in the registry"), "{offline}");
    let hosts = shop.launchway(&["plan", "--hosts"]).text();
    assert!(hosts.contains("registry of `build.images`"), "{hosts}");
    let run = shop.deploy().args(&["--to", "staging"]).run();
    run.exits(0);
    assert_eq!(run.count("POST", "/blobs/uploads/"), 0);
    assert_eq!(shop.running("shop-staging")["images"]["web"], web().id());
    // Another app's repository does not have it.
    let run = shop.deploy().run();
    run.exits(16)
        .says("was pushed as web of shop-staging")
        .changed_nothing();
    for (place, code, said) in [
        (
            "registry.heroku.com/shop-staging/clock",
            16,
            "there is no image",
        ),
        ("ghcr.io/shop-staging/web", 65, "is in another registry"),
    ] {
        let yaml =
            format!("{PIPELINE}{pushed}").replace("registry.heroku.com/shop-staging/web", place);
        let shop = Shop::new().yaml(&yaml);
        let run = shop.deploy().args(&["--to", "staging"]).run();
        run.exits(code).says(said).changed_nothing();
    }
}
