//! Apps of the Fir generation: what runs is an image, and no release has a slug.

use launchway::sandbox::{Change, Generation, Surface};
#[cfg(unix)]
use rustix::process::Signal;
use serde_json::json;

use crate::slug_file::tarball;
use crate::support::{PIPELINE, SINGLE, Shop, WITHOUT_PIPELINE, image::Image, spec};

fn shop(faults: &[&str]) -> Shop {
    Shop::on(Generation::Fir, faults)
}

#[test]
fn the_second_run_does_nothing() {
    for yaml in [PIPELINE, WITHOUT_PIPELINE] {
        let shop = shop(&[]).yaml(yaml);
        let run = shop.deploy().run();
        run.exits(0);
        for app in ["shop-staging", "shop-eu", "shop-us"] {
            assert_eq!(run.runs(app), 3, "{app}");
        }
        let again = shop.deploy().run();
        again.exits(0).says("nothing to do").changed_nothing();
        for app in ["shop-staging", "shop-eu", "shop-us"] {
            assert_eq!(again.outcome(app), "already_live");
        }
    }
}

#[test]
fn the_same_image_under_a_newer_release_is_still_live() {
    let shop = shop(&[]);
    shop.deploy().run().exits(0);
    for app in ["shop-staging", "shop-eu"] {
        shop.change(Change::ConfigVar {
            app: app.to_owned(),
            name: "A".to_owned(),
            value: Some("1".to_owned()),
        });
    }
    let again = shop.deploy().run();
    again.exits(0).says("nothing to do").changed_nothing();
}

#[test]
fn a_commits_build_is_known_by_the_checksum_of_its_source() {
    let shop = shop(&[]).yaml(SINGLE);
    shop.commit();
    let run = shop.deploy().run();
    run.exits(0);
    let again = shop.deploy().run();
    again
        .exits(0)
        .says("nothing to do")
        .does_not_say("nothing proves")
        .changed_nothing();
}

#[test]
fn an_image_that_is_only_called_like_this_commit_is_no_proof() {
    let shop = shop(&[]).yaml(SINGLE);
    let version = shop.commit();
    shop.change(Change::Release {
        app: "shop-staging".to_owned(),
        version,
    });
    let run = shop.deploy().run();
    run.exits(0)
        .says("nothing proves that its content is the same, so it is built");
    assert_eq!(run.count("POST", "/builds"), 1);
}

#[test]
fn promote_takes_the_image_that_was_verified() {
    let shop = shop(&[]);
    let staged = shop.deploy().args(&["--to", "staging"]).run();
    staged.exits(0);
    let release = &staged.app("shop-staging")["release"]["id"];
    let run = shop.promote("production").run();
    run.exits(0);
    let promotion = run.asked("POST", "/pipeline-promotions").next().unwrap();
    let body = promotion.body.as_ref().unwrap();
    assert_eq!(&body["source"]["release"]["id"], release);
    assert_eq!(
        shop.running("shop-eu")["artifacts"],
        shop.running("shop-staging")["artifacts"]
    );
    shop.promote("production").run().exits(0).changed_nothing();
    shop.deploy().run().exits(0).changed_nothing();
}

fn released_again(generation: Generation) {
    let shop = Shop::on(generation, &["release-phase=fail@1"]).release_phase("./migrate");
    shop.deploy().run().exits(11);
    let failed = shop.state()["apps"]["shop-staging"]["releases"][2].clone();
    assert_eq!(failed["status"], "failed");
    let run = shop.deploy().run();
    run.exits(0).says("Release command done.");
    assert_eq!(run.count("POST", "/builds"), 0);
    let mut posts = run.asked("POST", "/releases");
    let body = posts.next().unwrap().body.clone().unwrap();
    assert!(posts.next().is_none());
    let (key, noun) = match generation {
        Generation::Cedar => ("slug", "slug"),
        Generation::Fir => ("oci_image", "image"),
    };
    assert_eq!(body[key], failed["artifacts"][0]["id"]);
    assert_eq!(
        body["description"],
        format!("Release the {noun} of v3 again")
    );
    assert_eq!(run.runs("shop-staging"), 4);
    assert_eq!(
        shop.running("shop-staging")["artifacts"],
        failed["artifacts"]
    );
    assert_eq!(run.outcome("shop-eu"), "succeeded");
    shop.deploy().run().exits(0).changed_nothing();
}

#[test]
fn a_release_that_failed_is_released_again_instead_of_built() {
    released_again(Generation::Cedar);
    released_again(Generation::Fir);
}

#[test]
fn a_release_that_fails_again_ends_the_run_in_the_same_way() {
    for generation in [Generation::Cedar, Generation::Fir] {
        let shop = Shop::on(generation, &[]).release_phase("exit 3");
        for version in [3, 4, 5] {
            let run = shop.deploy().run();
            run.exits(11)
                .says("Release command failed with exit status 1.");
            assert_eq!(run.app("shop-staging")["release"]["version"], version);
            assert_eq!(run.count("POST", "/builds"), usize::from(version == 3));
            assert_eq!(run.runs("shop-staging"), 2);
        }
    }
}

#[test]
fn a_release_whose_answer_is_lost_is_made_once() {
    for generation in [Generation::Cedar, Generation::Fir] {
        for fault in ["500,after", "reset-after", "truncated"] {
            let shop = Shop::on(generation, &["release-phase=fail@1"])
                .yaml(SINGLE)
                .release_phase("./migrate");
            shop.deploy().run().exits(11);
            shop.set_faults(&[&format!("http={fault}@1:POST /apps/*/releases$")]);
            let run = shop.deploy().run();
            run.exits(0);
            assert_eq!(run.count("POST", "/releases"), 1, "{generation:?} {fault}");
            assert_eq!(run.runs("shop-staging"), 4, "{generation:?} {fault}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_release_that_a_run_before_has_begun_again_is_followed() {
    for generation in [Generation::Cedar, Generation::Fir] {
        let shop = Shop::on(generation, &["release-phase=fail@1"])
            .yaml(SINGLE)
            .release_phase("./migrate");
        shop.deploy().run().exits(11);
        shop.set_faults(&["release-phase=slow:1s"]);
        let mut cut_off = shop.deploy().start();
        cut_off.until("release_started");
        cut_off.signal(Signal::TERM);
        cut_off.end().exits(143);
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(run.count("POST", "/releases"), 0, "{generation:?}");
        assert_eq!(run.count("POST", "/builds"), 0, "{generation:?}");
        assert_eq!(run.runs("shop-staging"), 4, "{generation:?}");
    }
}

#[test]
fn what_a_fir_app_does_not_take_is_refused_before_anything_is_sent() {
    for (build, said) in [
        (
            "build: {buildpacks: [heroku/nodejs]}\n",
            "shop-staging is a Fir app: its buildpacks are set in project.toml",
        ),
        (
            "build: {slug: out/slug.tgz, process_types: {web: node web.js}}\n",
            "shop-staging is a Fir app: it runs no slugs",
        ),
    ] {
        let shop = shop(&[]).yaml(&format!("{SINGLE}{build}"));
        shop.write("out/slug.tgz", &tarball(&[("./app/web.js", "listen()")]));
        for run in [shop.deploy().run(), shop.launchway(&["plan"]).run()] {
            run.exits(16).says(said).changed_nothing();
        }
    }
}

#[test]
fn a_pipeline_of_both_generations_is_refused_as_far_as_the_run_goes() {
    let apps = [
        ("shop-staging", "staging"),
        ("shop-eu", "production"),
        ("shop-us", "production"),
    ];
    let mut spec = spec(Surface::Heroku, "acme-shop", &apps, &[]);
    spec.apps[2].generation = Generation::Fir;
    let shop = Shop::start(spec);
    shop.write("deploy.yaml", PIPELINE);
    shop.write("package.json", "{}\n");
    let said = "shop-staging is a Cedar app and shop-us is a Fir app: what one of them runs the other can't";
    shop.deploy().run().exits(16).says(said).changed_nothing();
    shop.deploy()
        .args(&["--to", "staging"])
        .run()
        .exits(0)
        .says("done in");
    shop.promote("production")
        .run()
        .exits(16)
        .says(said)
        .changed_nothing();
    let one = shop.promote("production").args(&["--app", "shop-eu"]).run();
    one.exits(0);
}

#[test]
fn what_a_container_app_runs_is_not_promoted() {
    let shop = Shop::new();
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        let container = json!({"build_stack": "container"});
        shop.answer("PATCH", &format!("/apps/{app}"), &container);
    }
    for run in [shop.deploy().run(), shop.promote("production").run()] {
        run.exits(16)
            .says("shop-eu is a container app: what shop-staging runs can't be promoted")
            .changed_nothing();
    }
}

/// The pipeline; the code of this version does not pass the check of production on shop-us.
#[cfg(unix)]
fn bad(version: u32) -> String {
    let (stages, _) = PIPELINE.rsplit_once("    verify:").unwrap();
    format!(
        "{stages}    on_failure: rollback\n    verify:\n      - run: test $LAUNCHWAY_APP-$LAUNCHWAY_RELEASE != shop-us-v{version}\n"
    )
}

/// An app runs the image of its release v2 again, and the run asked for that by the release's id, once.
#[cfg(unix)]
#[track_caller]
fn runs_the_image_of_v2(shop: &Shop, run: &crate::support::Run, app: &str) {
    let v2 = shop.state()["apps"][app]["releases"][1].clone();
    let running = shop.running(app);
    assert_eq!(running["version"], 4, "{app}");
    assert_eq!(running["artifacts"], v2["artifacts"], "{app}");
    assert_eq!(running["slug"], json!(null), "{app}");
    let sent = json!({"release": v2["id"]});
    let asked = run.asked("POST", "/releases");
    let asked = asked.filter(|one| one.body.as_ref() == Some(&sent));
    assert_eq!(asked.count(), 1, "{app}");
    let rollback = &run.app(app)["rollback"];
    assert_eq!(
        (&rollback["to"]["version"], &rollback["outcome"]),
        (&json!(2), &json!("succeeded"))
    );
    assert_eq!(run.outcome(app), "rolled_back");
}

#[cfg(unix)]
#[test]
fn a_stage_that_fails_goes_back_to_the_images_that_ran_before() {
    let shop = shop(&[]).yaml(&bad(3));
    let run = shop.deploy().run();
    run.exits(14);
    for app in ["shop-eu", "shop-us"] {
        runs_the_image_of_v2(&shop, &run, app);
    }
    assert_eq!(run.outcome("shop-staging"), "succeeded");
}

#[cfg(unix)]
#[test]
fn the_rollback_command_goes_back_to_the_image_before() {
    let shop = shop(&[]);
    shop.deploy().run().exits(0);
    // A release of the same image is not what is gone back to.
    let run = shop.launchway(&["rollback", "--stage", "production"]).run();
    run.exits(0);
    for app in ["shop-eu", "shop-us"] {
        runs_the_image_of_v2(&shop, &run, app);
    }
    // Again: there is nothing of other code before that.
    let run = shop.launchway(&["rollback", "--stage", "production"]).run();
    run.exits(16).changed_nothing();
    // By its version, to the image that was left.
    let arguments = ["--app", "shop-us", "--to-release", "v3"];
    let run = shop
        .launchway(&["rollback", "--stage", "production"])
        .args(&arguments)
        .run();
    run.exits(0);
    let v3 = shop.state()["apps"]["shop-us"]["releases"][2].clone();
    assert_eq!(shop.running("shop-us")["artifacts"], v3["artifacts"]);
}

#[cfg(unix)]
#[test]
fn an_image_that_goes_back_leaves_a_config_var_that_was_set_meanwhile() {
    let (stages, _) = PIPELINE.rsplit_once("    verify:").unwrap();
    let check = "until test -f ../go; do sleep 0.01; done; test $LAUNCHWAY_APP-$LAUNCHWAY_RELEASE != shop-us-v3";
    let yaml = format!("{stages}    on_failure: rollback\n    verify:\n      - run: '{check}'\n");
    let shop = shop(&[]).yaml(&yaml);
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "check_started" && event["stage"] == "production");
    shop.change(Change::ConfigVar {
        app: "shop-us".to_owned(),
        name: "HOTFIX".to_owned(),
        value: Some("1".to_owned()),
    });
    std::fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.exits(14);
    let v2 = shop.state()["apps"]["shop-us"]["releases"][1].clone();
    assert_eq!(shop.running("shop-us")["version"], 5);
    assert_eq!(shop.running("shop-us")["artifacts"], v2["artifacts"]);
    let vars = shop.answer("GET", "/apps/shop-us/config-vars", &json!(null));
    assert!(vars.1.contains("HOTFIX"), "{vars:?}");
}

#[test]
fn images_are_refused_whatever_is_asked_for() {
    let yaml = format!("{PIPELINE}build: {{images: {{web: \"docker-archive:web.tar\"}}}}\n");
    let shop = shop(&[]).yaml(&yaml);
    shop.write("web.tar", &Image::new("1", "node web.js").docker_archive());
    for arguments in [
        &["deploy"][..],
        &["deploy", "--force"],
        &["deploy", "--to", "staging"],
        &["plan"],
    ] {
        let run = shop.launchway(arguments).run();
        run.exits(16)
            .says("shop-staging is a Fir app: images are released on container apps only")
            .changed_nothing();
        assert_eq!(run.count("POST", "/blobs/uploads/"), 0, "{arguments:?}");
    }
    let run = shop.promote("production").run();
    run.exits(16)
        .says("images are not promoted")
        .changed_nothing();
    // One that is not first is looked at, too.
    let mixed = Shop::new().yaml(&yaml);
    mixed.write("web.tar", &Image::new("1", "node web.js").docker_archive());
    let body = json!({"build_stack": "container"});
    for app in ["shop-staging", "shop-us"] {
        assert_eq!(mixed.answer("PATCH", &format!("/apps/{app}"), &body).0, 200);
    }
    let run = mixed.deploy().run();
    run.exits(16)
        .says("shop-eu is a Cedar app")
        .changed_nothing();
    assert_eq!(run.count("POST", "/blobs/uploads/"), 0);
}

#[test]
fn akkeris_takes_no_images_whatever_is_asked_for() {
    let akkeris = PIPELINE.replace("platform: heroku", "platform: akkeris");
    let build = "build: {images: {web: \"docker-archive:web.tar\"}}\n";
    let shop = Shop::new().yaml(&format!("{akkeris}{build}"));
    for arguments in [
        &["deploy"][..],
        &["plan"],
        &["plan", "--offline"],
        &["plan", "--hosts", "--offline"],
        &["promote", "--to", "production"],
        &["rollback", "--stage", "production"],
    ] {
        let output = shop.launchway(arguments).output();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{arguments:?}: {said}");
        let words: Vec<&str> = said.split_whitespace().collect();
        let said = words.join(" ");
        assert!(said.contains("`images` is for heroku"), "{said}");
        assert!(said.contains("name it with `image:"), "{said}");
    }
    assert!(shop.requests().is_empty());
}
