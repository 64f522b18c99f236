//! What the platform does otherwise than anybody would expect.

use launchway::sandbox::Change;
use serde_json::{Value, json};

use super::support::{ONE, TWO};
use crate::support::Shop;
#[cfg(unix)]
use crate::support::eventually;

#[test]
fn a_build_is_released_once_whoever_does_it() {
    for (auto, posts) in [(true, 0), (false, 1)] {
        let shop = Shop::akkeris(ONE, &[], &[]);
        shop.set_feature("web-dev", "auto-release", auto);
        // At its real tempo: it waits for the platform's timer far longer than that takes.
        let run = shop.deploy().tempo("1").run();
        run.exits(0).says("done in");
        assert_eq!(
            run.count("POST", "/releases"),
            posts,
            "auto-release: {auto}"
        );
        assert_eq!(shop.releases("web-dev").len(), 2, "auto-release: {auto}");
    }
}

#[test]
fn a_build_that_a_newer_one_hides_from_the_timer_is_released_at_once() {
    let shop = Shop::akkeris(ONE, &["http=409:POST releases"], &[]);
    // The timer would release the build if it went round between the two changes of the feature.
    shop.sandbox.change(Change::StopTimer).unwrap();
    let auto = |on: bool| {
        let path = "/apps/web-dev/features/auto-release";
        shop.ask("PATCH", path, &json!({"enabled": on}));
    };
    auto(false);
    shop.deploy()
        .run()
        .exits(16)
        .says("refused to create a release of web-dev");
    auto(true);
    let image = json!({"url": "docker://r.example.com/acme/other:1", "version": "other"});
    shop.set_faults(&["build=fail"]);
    shop.ask("POST", "/apps/web-dev/builds", &image);
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    assert_eq!(run.count("POST", "/builds"), 0);
    assert_eq!(run.count("POST", "/releases"), 1);
    // It looks once whether the timer has released it, and does not wait for the timer.
    let looks = run
        .requests
        .iter()
        .skip_while(|request| !request.path.ends_with("/features/auto-release"))
        .take_while(|request| request.method != "POST")
        .filter(|request| request.path.ends_with("/releases"));
    assert_eq!(looks.count(), 1);
    assert_eq!(shop.releases("web-dev").len(), 2);
}

#[test]
fn a_release_whose_answer_is_lost_is_found_again() {
    let shop = Shop::akkeris(ONE, &["http=reset-after:POST releases"], &[]);
    shop.set_feature("web-dev", "auto-release", false);
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    assert_eq!(run.count("POST", "/releases"), 1);
    assert_eq!(shop.releases("web-dev").len(), 2);
}

#[test]
fn a_build_whose_answer_is_lost_is_found_again() {
    for fault in ["http=reset-after:POST builds", "http=503,after:POST builds"] {
        let shop = Shop::akkeris(ONE, &[fault], &[]);
        let run = shop.deploy().run();
        run.exits(0).says("done in");
        assert_eq!(run.count("POST", "/builds"), 1, "{fault}");
    }
}

#[test]
fn a_build_that_the_service_refused_is_reported_and_not_waited_for() {
    let shop = Shop::akkeris(ONE, &["build=refused"], &[]);
    let run = shop.deploy().run();
    run.exits(75)
        .says("was left behind and stays `queued`")
        .says("safe to run again");
    assert_eq!(run.count("POST", "/builds"), 1);
    // The one that stays behind does not hold up the next run.
    shop.set_faults(&[]);
    shop.deploy().run().exits(0).says("done in");
}

#[test]
fn a_503_of_the_front_is_no_refusal_of_the_build_service() {
    // The API restarts while it carries the request out, and the worker writes nothing for a long time.
    let faults = ["build=slow:3s", "http=503,after:POST builds"];
    let shop = Shop::akkeris(ONE, &faults, &[]);
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(shop.releases("web-dev").len(), 2);
}

#[test]
fn a_build_whose_answer_is_lost_and_that_nobody_takes_up_is_not_waited_for_until_its_timeout() {
    let shop = Shop::akkeris(ONE, &["build=never", "http=503,after:POST builds"], &[]);
    let run = shop.deploy().run();
    run.exits(20)
        .says("of web-dev to be picked up (queued), at most ")
        .says("still `queued` after 1m");
    assert_eq!(run.count("POST", "/builds"), 1);
}

#[test]
fn a_build_that_takes_too_long_is_stopped() {
    let shop = Shop::akkeris(
        &format!("{ONE}build: {{timeout: 1s}}\n"),
        &["build=slow:20s"],
        &[],
    );
    let run = shop.deploy().run();
    run.exits(10).says("was cancelled");
    assert_eq!(
        run.requests
            .iter()
            .filter(|r| r.method == "DELETE" && r.status == 205)
            .count(),
        1
    );
    // One that is still queued can't be stopped.
    let shop = Shop::akkeris(
        &format!("{ONE}build: {{timeout: 1s}}\n"),
        &["build=never"],
        &[],
    );
    let run = shop.deploy().run();
    run.exits(20).says("its status is still `queued`");
    let waits = |event: Value| {
        event["what"] == "the build of web-dev"
            && event["standing"] == "queued"
            && event["then"] == "it is cancelled"
    };
    assert!(run.events().any(waits), "the wait does not say `queued`");
}

#[test]
fn a_rollout_that_never_reports_holds_up_no_later_run() {
    for other_source in [false, true] {
        let shop = Shop::akkeris(ONE, &["release-phase=never"], &[]);
        let run = shop.deploy().tempo("0.002").run();
        run.exits(20)
            .says("its status is still `pending`")
            .says("not known: v2 if it succeeded, else v1 still");
        // The record has the same word.
        assert_eq!(run.app("web-dev")["release"]["status"], "pending");
        shop.set_faults(&[]);
        if other_source {
            shop.write("more", b"x");
        }
        shop.deploy().tempo("0.002").run().exits(0).says("done in");
        assert_eq!(shop.releases("web-dev").len(), 3, "other: {other_source}");
    }
}

#[test]
fn a_fix_does_not_wait_behind_a_broken_rollout() {
    let shop = Shop::akkeris(ONE, &["release-phase=never"], &[]);
    let slug = shop.releases("web-dev")[0]["slug"]["id"].clone();
    shop.ask("POST", "/apps/web-dev/releases", &json!({"slug": slug}));
    shop.set_faults(&[]);
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    assert!(!run.stderr.contains("is busy with"), "{}", run.stderr);
}

#[test]
fn where_the_platform_is_must_be_said() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    let run = shop.deploy().api_url(Some("http://127.0.0.1:1")).run();
    run.exits(69).says("cannot connect");
    let other = format!("{}/somewhere", shop.api_url());
    let run = shop.deploy().api_url(Some(&other)).run();
    run.exits(16).says("is this the address of an Akkeris API?");
}

#[test]
fn a_401_may_be_an_outage() {
    let shop = Shop::akkeris(ONE, &["http=401@2-3:api"], &[]);
    shop.deploy().run().exits(0).says("done in");
    let shop = Shop::akkeris(ONE, &["http=401@1+:api"], &[]);
    let run = shop.deploy().run();
    run.exits(77)
        .says("the token from AKKERIS_API_KEY is wrong, expired or revoked");
    assert!(
        run.requests.len() > 3,
        "it was asked again: {:?}",
        run.requests
    );
}

#[test]
fn a_promotion_that_is_lost_on_the_way_is_read_from_its_targets() {
    for fault in [
        "http=reset-after:POST promotions",
        "http=502,after:POST promotions",
    ] {
        let shop = Shop::akkeris(TWO, &[fault], &[]);
        let run = shop.deploy().run();
        run.exits(0).says("every app of development and staging");
        assert_eq!(run.count("POST", "/pipeline-promotions"), 1, "{fault}");
        assert_eq!(shop.releases("web-stg").len(), 2, "{fault}");
    }
}

#[test]
fn a_promotion_names_its_release_where_it_is_looked_for() {
    let shop = Shop::akkeris(TWO, &[], &[]);
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    let body = run.body("POST", "/pipeline-promotions");
    assert!(body["source"]["app"]["release"]["id"].is_string(), "{body}");
    assert_eq!(body["safe"], true);
    // An earlier promotion's targets are in the same list.
    shop.write("more", b"x");
    shop.deploy().run().exits(0).says("done in");
    assert_eq!(shop.releases("web-stg").len(), 3);
}

#[test]
fn differences_can_be_allowed() {
    let yaml = TWO.replace(
        "app: web-stg",
        "app: web-stg, require: {same_config_keys: false}",
    );
    let shop = Shop::akkeris(&yaml, &[], &[]);
    shop.ask(
        "PATCH",
        "/apps/web-dev/config-vars",
        &json!({"ONLY_DEV": "1"}),
    );
    shop.deploy().run().exits(0).says("done in");
    shop.write("deploy.yaml", TWO.as_bytes());
    shop.write("more", b"x");
    shop.deploy().run().exits(16).says("(ONLY_DEV)");
}

#[test]
fn after_a_rollback_by_others_the_slug_is_released_again_on_the_one_app() {
    let shop = Shop::akkeris(TWO, &[], &[]);
    shop.deploy().run().exits(0).says("done in");
    let dev = shop.releases("web-dev");
    shop.ask(
        "POST",
        "/apps/web-dev/releases",
        &json!({"release": dev[0]["id"]}),
    );
    shop.until(|| shop.releases("web-dev")[2]["status"] == "succeeded");
    let plan = shop.plan_text(&[]);
    let said = format!("release the slug of v{} again", dev[1]["version"]);
    assert!(plan.contains(&said), "{plan}");
    assert!(plan.ends_with("\n1 app to change\n"), "{plan}");
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    assert!(!run.stderr.contains("under way"), "{}", run.stderr);
    assert_eq!(run.count("POST", "/builds"), 0);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(shop.releases("web-dev").len(), 4);
}

#[test]
fn no_line_of_output_is_lost_or_torn() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    let dockerfile: String = (0..200).fold("FROM alpine\n".to_owned(), |text, n| {
        format!("{text}ARG SECRET_{n}\nRUN echo line-{n}-end\n")
    });
    shop.write("Dockerfile", dockerfile.as_bytes());
    let run = shop.deploy().run();
    run.exits(0);
    let mut shown = run.output();
    shown.retain(|line| line.starts_with("line-"));
    let expected: Vec<String> = (0..200).map(|n| format!("line-{n}-end")).collect();
    assert_eq!(shown, expected);
    // These the platform leaves out once it sees what they are.
    assert!(!run.stdout.concat().contains("SECRET_"), "{:?}", run.stdout);
}

#[cfg(unix)]
#[test]
fn the_same_code_under_a_newer_release_is_no_other_code() {
    let check = "    verify: [{run: 'until [ -e go ]; do sleep 0.02; done', timeout: 60s}]\n";
    let yaml = format!(
        "version: 1\nplatform: akkeris\nstages:\n  - stage: development\n    app: web-dev\n{check}"
    );
    let shop = Shop::akkeris(&yaml, &[], &[]);
    let live = |version: u64| {
        let is_live = |release: &Value| {
            release["version"] == version
                && release["status"] == "succeeded"
                && release["current"] == true
        };
        eventually(
            || shop.releases("web-dev").into_iter().find(is_live),
            || format!("v{version} is not live: {:?}", shop.releases("web-dev")),
        )
    };
    let first = shop.releases("web-dev").len() as u64;
    let run = shop.deploy().start();
    let ours = live(first + 1);
    let again = json!({"slug": ours["slug"]["id"], "description": "new config vars"});
    shop.ask("POST", "/apps/web-dev/releases", &again);
    live(first + 2);
    shop.write("go", "");
    run.end().exits(0).says("released again: new config vars");
}

#[test]
fn a_rollout_that_fails_is_told_without_words_of_elsewhere() {
    let shop = Shop::akkeris(ONE, &["release-phase=fail"], &[]);
    let run = shop.deploy().run();
    run.exits(11)
        .says("the platform could not roll it out")
        .says("the log of web-dev may say why");
}

#[test]
fn a_log_that_was_not_read_is_not_said_to_be_above() {
    let silent = "http=503@1+:GET /apps/*/builds/*/result";
    for (faults, said) in [
        (&["build=fail"][..], "the end of the build's log is above"),
        (
            &["build=fail", silent],
            "the build's log could not be read; GET /apps/APP/builds/ID/result of the API has it",
        ),
    ] {
        let shop = Shop::akkeris(ONE, faults, &[]);
        shop.deploy()
            .run()
            .exits(10)
            .says(said)
            .says("nothing was released; web-dev still runs its earlier release");
    }
}

#[test]
fn requests_are_told_by_the_name_of_the_app() {
    let shop = Shop::akkeris(TWO, &[], &[]);
    let promote = ["promote", "--to", "staging", "--release", "v99"];
    let run = shop.launchway(&promote).run();
    run.exits(16)
        .says("GET /apps/web-dev/releases answered 404: web-dev has no release v99");
    let shop = Shop::akkeris(ONE, &["http=503@1-2:GET /apps/*/releases$"], &[]);
    let run = shop.launchway(&["deploy", "--verbose"]).run();
    let retry = |line: &&str| line.contains("retry") && line.contains("answered 503");
    let line = run.stderr.lines().find(retry);
    let line = line.unwrap_or_else(|| panic!("no retry is told:\n{}", run.stderr));
    assert_eq!(line.matches("/releases").count(), 1, "{line}");
    assert!(line.contains("GET /apps/web-dev/releases"), "{line}");
}
