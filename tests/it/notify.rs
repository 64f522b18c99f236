//! Who is told how the run ended: `notify`. Whatever becomes of it, the exit code is that of the run, and no address is shown.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::{PIPELINE, Run, SINGLE, Shop, Stub, TOKEN, closed_port};

/// The part of each address that gives access.
const KEY: &str = "/services/T0AB/B0CD/s3cr3tS3cr3tS3cr3t";

const OK: (&str, &str, &str) = ("200 OK", "", "ok");

/// A shop whose deploy.yaml ends with these hooks.
fn shop(faults: &[&str], yaml: &str, hooks: &str) -> Shop {
    Shop::with(faults).yaml(&format!("{yaml}notify:\n{hooks}"))
}

/// The variable with an address, as CI systems have it.
fn webhook(url: &str) -> String {
    format!("{url}{KEY}")
}

/// What was posted, as JSON.
#[track_caller]
fn posted(stub: &Stub) -> Value {
    let heard = stub.heard();
    let [request] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    let (top, body) = request.split_once("\n\n").unwrap();
    assert!(top.starts_with(&format!("POST {KEY} HTTP/1.1")), "{top}");
    let top = top.to_lowercase();
    assert!(top.contains("content-type: application/json"), "{top}");
    assert!(!top.contains("authorization"), "{top}");
    assert!(!request.contains(TOKEN), "{request}");
    serde_json::from_str(body).unwrap()
}

#[track_caller]
fn shows_no_address(run: &Run) {
    let record = run.record.as_ref().map(Value::to_string);
    for text in [
        &run.stderr,
        &run.stdout.join("\n"),
        &record.unwrap_or_default(),
    ] {
        for part in [KEY, "s3cr3tS3cr3tS3cr3t"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}

const HTTP: &str = "  - http: {url: \"${HOOK}\", body: slack}\n";

#[test]
fn those_who_want_to_know_are_told_of_a_success() {
    let (record, slack, other) = (
        Stub::in_turn(&[OK]),
        Stub::in_turn(&[OK]),
        Stub::in_turn(&[OK]),
    );
    let hooks = [
        "  - http: {url: \"${RECORD}\"}",
        "  - http: {url: \"${SLACK}\", body: slack}",
        "    on: [success, rolled_back]",
        "  - http: {url: \"${OTHER}\"}",
        "    on: [failure, rolled_back, cancelled]\n",
    ]
    .join("\n");
    let shop = shop(&[], PIPELINE, &hooks);
    let deploy = shop
        .deploy()
        .env("RECORD", &webhook(&record.url))
        .env("SLACK", &webhook(&slack.url))
        .env("OTHER", &webhook(&other.url));
    let run = deploy.run();
    run.exits(0).says("sent 2 notifications");
    assert_eq!(&posted(&record), run.record());
    let message = posted(&slack);
    let text = message["text"].as_str().unwrap();
    assert!(
        text.starts_with("✅ deploy of acme-shop: done in"),
        "{text}"
    );
    assert!(text.contains("production: shop-eu runs v3 (new)"), "{text}");
    assert_eq!(other.connections(), 0);
    shows_no_address(&run);
}

#[cfg(unix)]
#[test]
fn a_command_knows_the_run_and_not_the_token() {
    let hooks = "  - run: env > ../told; cat \"$LAUNCHWAY_RECORD\" > ../record; echo told\n";
    let shop = shop(&[], SINGLE, hooks);
    let run = shop.deploy().env("CHAT", "to-be-inherited").run();
    run.exits(0).says("| told");
    let read = |name| std::fs::read_to_string(shop.root().join(name)).unwrap();
    let told = read("told");
    let version = run.record()["source"]["version"].as_str().unwrap();
    for line in [
        "LAUNCHWAY_OUTCOME=ok",
        "LAUNCHWAY_EXIT_CODE=0",
        "LAUNCHWAY_COMMAND=deploy",
        &format!("LAUNCHWAY_VERSION={version}"),
        "CHAT=to-be-inherited",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    assert!(!told.contains(TOKEN), "{told}");
    let record: Value = serde_json::from_str(&read("record")).unwrap();
    assert_eq!(&record, run.record());
    let path = told
        .lines()
        .find_map(|line| line.strip_prefix("LAUNCHWAY_RECORD="));
    assert!(
        !std::path::Path::new(path.unwrap()).exists(),
        "it is removed"
    );
}

#[test]
fn a_failure_is_told_with_what_is_live() {
    let slack = Stub::in_turn(&[OK]);
    let yaml = PIPELINE.replace("within: 5s", "within: 200ms");
    let shop = shop(&["web=503:shop-us"], &yaml, HTTP);
    let run = shop.deploy().env("HOOK", &webhook(&slack.url)).run();
    run.exits(13);
    let message = posted(&slack);
    let text = message["text"].as_str().unwrap();
    assert!(
        text.starts_with("❌ deploy of acme-shop: verification failed (exit code 13): "),
        "{text}"
    );
    assert!(
        text.contains("shop-us runs v3 (new, a check failed)"),
        "{text}"
    );
    shows_no_address(&run);
}

#[test]
fn what_ends_before_it_begins_is_told_too() {
    let record = Stub::in_turn(&[OK]);
    let hooks = "  - http: {url: \"${HOOK}\"}\n    on: [failure]\n";
    let shop = shop(&[], SINGLE, hooks);
    let deploy = shop.deploy().without("LAUNCHWAY_API_KEY");
    let run = deploy.env("HOOK", &webhook(&record.url)).run();
    run.exits(77);
    assert_eq!(posted(&record)["outcome"], "denied");
}

#[test]
fn where_the_address_is_empty_nobody_is_told() {
    let shop = shop(&[], SINGLE, "  - http: {url: \"${HOOK:-}\"}\n");
    let run = shop.deploy().run();
    run.exits(0).does_not_say("warning").does_not_say("notif");
}

/// A deploy that succeeds, and whose hook has the address.
fn told(hook: &str, url: &str) -> Run {
    let shop = shop(&[], SINGLE, hook);
    let run = shop.deploy().env("HOOK", &webhook(url)).run();
    run.exits(0);
    shows_no_address(&run);
    run
}

#[test]
fn a_hook_that_fails_is_a_warning_and_shows_no_secret() {
    let stub = Stub::answering(
        "500 Internal Server Error",
        "",
        "no route for /services/T0AB/B0CD/s3cr3tS3cr3tS3cr3t\n",
    );
    told(HTTP, &stub.url).says(
        "the http (slack) hook at deploy.yaml:9 was not told: it answered 500: no route for ***",
    );
    assert_eq!(stub.heard().len(), 1, "nothing is posted twice");
    told(HTTP, &closed_port()).says("was not told: ");
}

#[test]
fn a_redirect_is_not_followed() {
    let there = Stub::in_turn(&[OK]);
    let location = format!("Location: {}\r\n", webhook(&there.url));
    let stub = Stub::answering("307 Temporary Redirect", location.leak(), "");
    told(HTTP, &stub.url)
        .says("it answered 307 Temporary Redirect, and redirects are not followed");
    assert_eq!(there.connections(), 0);
}

#[test]
fn a_hook_that_hangs_is_given_up() {
    // The system takes the connection, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let hook = format!("{HTTP}    timeout: 300ms\n");
    told(&hook, &url).says("was not told: there was no answer within 0.3s");
}

#[cfg(unix)]
#[test]
fn a_command_that_fails_floods_and_leaks_is_a_warning() {
    let hook = [
        HTTP.trim_end(),
        "  - run: |",
        "      echo \"posting to $HOOK\"",
        "      yes flood | head -n 100000",
        "      exit 3\n",
    ]
    .join("\n");
    let run = told(&hook, &closed_port());
    run.says("| posting to ***")
        .says("more that the run hook at deploy.yaml:10 printed are not shown")
        .says("was not told: exit code 3");
    assert!(run.stderr.matches("| flood").count() < 1000);
}

#[cfg(unix)]
#[test]
fn a_command_that_hangs_is_stopped_with_what_it_started() {
    let hook = "  - run: sleep 300 & echo $! > ../pid; sleep 300\n    timeout: 1s\n";
    let shop = shop(&[], SINGLE, hook);
    let run = shop.deploy().run();
    run.exits(0)
        .says("it did not end within 1s and was stopped");
    let pid = std::fs::read_to_string(shop.root().join("pid")).unwrap();
    crate::verify::until_gone(&pid);
}

#[test]
fn a_rehearsal_tells_nobody() {
    let stub = Stub::in_turn(&[OK]);
    let shop = shop(
        &[],
        PIPELINE,
        "  - http: {url: \"${HOOK}\"}\n  - run: touch ../ran\n",
    );
    for command in [&["deploy", "--sandbox"][..], &["plan"]] {
        let run = shop.launchway(command).env("HOOK", &webhook(&stub.url));
        let run = if command.contains(&"--sandbox") {
            run.api_url(None)
        } else {
            run
        };
        let run = run.run();
        run.exits(0);
        if command.contains(&"--sandbox") {
            run.says("a rehearsal: nobody is told of it");
        }
        shows_no_address(&run);
    }
    assert_eq!(stub.connections(), 0);
    assert!(!shop.root().join("ran").exists());
}

#[test]
fn a_mistake_beside_an_address_does_not_show_it() {
    let hooks = format!("  - http: {{url: \"https://hooks.example.com{KEY}\", bdy: slack}}\n");
    let run = shop(&[], SINGLE, &hooks).deploy().run();
    run.exits(65).says("unknown key `bdy`");
    shows_no_address(&run);
}

#[cfg(unix)]
mod cut_off {
    use rustix::process::Signal;

    use super::*;

    #[test]
    fn a_cancelled_run_is_told() {
        let record = Stub::in_turn(&[OK]);
        let hooks = "  - http: {url: \"${HOOK}\"}\n    on: [cancelled]\n";
        let shop = shop(&["build=never"], SINGLE, hooks);
        let mut live = shop.deploy().env("HOOK", &webhook(&record.url)).start();
        live.until("build_started");
        live.signal(Signal::TERM);
        let run = live.end();
        run.exits(143);
        assert_eq!(&posted(&record), run.record());
    }

    #[test]
    fn a_deadline_is_told() {
        let record = Stub::in_turn(&[OK]);
        let hooks = "  - http: {url: \"${HOOK}\"}\n    on: [failure]\n";
        let shop = shop(&["build=never"], SINGLE, hooks);
        let deploy = shop.deploy().args(&["--timeout", "1s"]);
        let run = deploy.env("HOOK", &webhook(&record.url)).run();
        run.exits(124);
        assert_eq!(posted(&record)["outcome"], "deadline");
    }

    #[test]
    fn a_hook_that_hangs_does_not_hold_up_a_cancelled_run() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let hooks = format!("{HTTP}    timeout: 10m\n  - run: sleep 300\n    timeout: 10m\n");
        let shop = shop(&["build=never"], SINGLE, &hooks);
        let deploy = shop.deploy().env("LAUNCHWAY_TEST_CLEAN_UP", "0.5");
        let mut live = deploy.env("HOOK", &webhook(&url)).start();
        live.until("build_started");
        live.signal(Signal::TERM);
        let run = live.end();
        run.exits(143)
            .says("hook at deploy.yaml:9 was not told: ")
            .says("hook at deploy.yaml:11 was not told: ");
        shows_no_address(&run);
    }

    #[test]
    fn a_signal_while_hooks_run_ends_them_and_leaves_the_exit_code() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let hooks = format!("{HTTP}    timeout: 10m\n");
        let shop = shop(&[], SINGLE, &hooks);
        let deploy = shop.deploy().env("LAUNCHWAY_TEST_CLEAN_UP", "0.1");
        let mut live = deploy.env("HOOK", &webhook(&url)).start();
        // Reports are printed by then.
        let held = silent.accept().unwrap();
        live.signal(Signal::TERM);
        let run = live.end();
        drop(held);
        run.exits(0).says("was not told: a signal ended it");
    }
}
