//! Stages that somebody must approve.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::support::{PIPELINE, Shop, Stub, closed_port};

type Answer = (&'static str, &'static str, &'static str);

const PENDING: Answer = ("200 OK", "", r#"{"state": "pending"}"#);
const APPROVED: Answer = (
    "200 OK",
    "",
    r#"{"state": "approved", "by": "ada", "reason": "tested"}"#,
);

/// A shop whose production must be approved by this server.
fn shop(server: &str, within: &str) -> Shop {
    let production = "    apps: [shop-eu, shop-us]\n";
    let approval = format!(
        "    approval: {{http: \"{server}/approvals/secret-0123456789abcdef/${{run}}\", within: {within}, every: 20ms}}\n"
    );
    Shop::new().yaml(&PIPELINE.replace(production, &(production.to_owned() + &approval)))
}

#[test]
fn a_stage_is_changed_once_it_is_approved() {
    let server = Stub::in_turn(&[
        ("503 No", "", "down"),
        PENDING,
        ("200 OK", "", "<html>"),
        APPROVED,
    ]);
    let shop = shop(&server.url, "1m");
    let plan = shop.plan_text(&[]);
    assert!(
        plan.contains("requires  approval: open: 127.0.0.1 is asked for at most 1m"),
        "{plan}"
    );
    let run = shop.deploy().run();
    run.exits(0)
        .says("for the approval of production at 127.0.0.1, at most 1m; then nothing is changed in production")
        .says("the answer is 503; it is asked again")
        .says("approved by ada: tested");
    let approval = &run.record()["stages"][1]["approval"];
    assert_eq!(approval["approved"], true);
    assert_eq!(
        (&approval["by"], &approval["reason"]),
        (&json!("ada"), &json!("tested"))
    );
    assert_eq!(run.record()["stages"][0]["approval"], Value::Null);
    assert_eq!(run.runs("shop-eu"), 3);
    let heard = server.heard();
    assert!(heard.len() >= 4, "{heard:?}");
    for request in heard {
        assert!(
            request.starts_with("GET /approvals/secret-0123456789abcdef/"),
            "{request}"
        );
        assert!(
            !request.contains("run}") && !request.contains("%7B"),
            "{request}"
        );
        assert!(
            !request.to_lowercase().contains("authorization"),
            "{request}"
        );
    }
    let record = run.record().to_string();
    for text in [run.stdout.concat(), run.stderr.clone(), record] {
        assert!(!text.contains("secret-0123456789abcdef"), "{text}");
    }
}

#[test]
fn the_address_gives_no_secret_away_and_hides_nothing_that_is_none() {
    const KEY: &str = "given-0123456789abcdef";
    let server = Stub::in_turn(&[APPROVED]);
    let production = "    apps: [shop-eu, shop-us]\n";
    let approval = format!(
        "    approval: {{http: \"{}/approvals/${{APPROVALS}}/${{commit}}?run=${{run}}\", within: 1m, every: 20ms}}\n",
        server.url
    );
    let shop =
        Shop::new().yaml(&PIPELINE.replace(production, &(production.to_owned() + &approval)));
    let commit = shop.commit();
    let outputs = shop.root().join("outputs");
    let run = shop.deploy().env("APPROVALS", KEY);
    let run = run
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", outputs.to_str().unwrap());
    let output = run.output();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    let asked = server.heard();
    let of_this_run = format!("GET /approvals/{KEY}/{commit}?run=");
    assert!(asked[0].starts_with(&of_this_run), "{asked:?}");
    // What was given to the run is told to nobody, not even to be hidden: the log may be kept elsewhere.
    assert!(!log.contains(KEY), "{log}");
    let told = std::fs::read_to_string(outputs).unwrap();
    assert!(!told.contains(KEY) && !told.contains("***"), "{told}");
    assert!(told.contains(&format!("\n{commit}\n")), "{told}");
}

#[test]
fn what_is_rejected_is_not_changed() {
    let rejected = (
        "200 OK",
        "",
        r#"{"state": "rejected", "by": "ada", "reason": "a freeze"}"#,
    );
    let server = Stub::in_turn(&[PENDING, rejected]);
    let run = shop(&server.url, "1m").deploy().run();
    run.exits(16)
        .says("was rejected at 127.0.0.1 by ada: a freeze")
        .says("nothing was changed in production; shop-staging runs v3");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.record()["stages"][1]["approval"]["approved"], false);
    assert_eq!(run.outcome("shop-eu"), "not_started");
}

#[test]
fn without_an_approval_in_time_nothing_is_changed() {
    let location = "Location: https://login.example.com/\r\n";
    let redirect = Stub::answering("302 Found", location, r#"{"state": "approved"}"#);
    let pending = Stub::in_turn(&[PENDING]);
    // Where something is to be heard there is time for it, however busy the machine is.
    for (server, within, told) in [
        (closed_port(), "300ms", "there is no answer"),
        (redirect.url.clone(), "3s", "the answer is 302"),
        (pending.url.clone(), "3s", "it is still pending"),
    ] {
        let run = shop(&server, within).deploy().run();
        run.exits(16)
            .says("was not approved at 127.0.0.1 within")
            .says(told);
        assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
        let approval = &run.record()["stages"][1]["approval"];
        assert_eq!(
            (&approval["asked"], &approval["approved"], &approval["at"]),
            (&json!("127.0.0.1"), &json!(false), &Value::Null)
        );
    }
}

#[test]
fn drift_is_looked_at_again_after_an_approval() {
    let (server, approve) = Stub::switched(PENDING, APPROVED);
    let shop = shop(&server.url, "1m");
    let run = shop.deploy().start();
    shop.until(|| !server.heard().is_empty());
    shop.somebody_releases_to("shop-staging");
    approve.store(true, Ordering::SeqCst);
    let run = run.end();
    run.exits(16)
        .says("shop-staging no longer runs v3")
        .says("nothing was changed in production");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
}

#[test]
fn nobody_in_between_can_approve() {
    let shop = shop("http://ops.example.com", "1m");
    let run = shop.deploy().run();
    run.exits(65).says("does not begin with `https://`");
    assert!(run.requests.is_empty());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait() {
    let server = Stub::in_turn(&[PENDING]);
    let shop = shop(&server.url, "1h");
    let mut run = shop.deploy().start();
    shop.until(|| !server.heard().is_empty());
    run.signal(rustix::process::Signal::TERM);
    let run = run.end();
    run.exits(143);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!((run.runs("shop-staging"), run.runs("shop-eu")), (3, 2));
}

#[cfg(unix)]
mod prompt {
    use serde_json::{Value, json};

    use crate::support::{Launchway, PIPELINE, Shop, Terminal};

    /// A shop whose production is approved at the terminal.
    fn shop() -> Shop {
        Shop::new().yaml(&yaml("prompt"))
    }

    fn yaml(approval: &str) -> String {
        let production = "    apps: [shop-eu, shop-us]\n";
        let prompt = format!("{production}    approval: {approval}\n");
        PIPELINE.replace(production, &prompt)
    }

    /// The record says that a person was asked, and that no answer came.
    fn not_answered(shop: &Shop) {
        let approval = &record(shop)["stages"][1]["approval"];
        assert_eq!(approval["asked"], "the person at the terminal");
        assert_eq!(
            (&approval["approved"], &approval["at"]),
            (&json!(false), &Value::Null)
        );
        assert_eq!(shop.runs_version("shop-eu"), 2);
    }

    fn deploy(shop: &Shop) -> Launchway<'_> {
        shop.deploy()
            .args(&["--record", "../record.json"])
            .env("USER", "ada")
    }

    fn record(shop: &Shop) -> Value {
        let text = std::fs::read(shop.root().join("record.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn a_person_sees_what_would_change_and_says_yes() {
        let shop = shop();
        let mut terminal = Terminal::start(deploy(&shop));
        terminal.until("production gets what shop-staging runs (v3): 2 apps");
        terminal.until("  shop-eu  promote; now v2");
        terminal.until("change production? no answer by ");
        assert_eq!(shop.runs_version("shop-eu"), 2);
        terminal.types("y");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{shown}");
        let approval = &record(&shop)["stages"][1]["approval"];
        assert_eq!(
            (&approval["approved"], &approval["by"]),
            (&json!(true), &json!("ada"))
        );
        assert_eq!(shop.runs_version("shop-eu"), 3);
    }

    #[test]
    fn anything_else_is_a_no() {
        for answer in ["", "n", "yes please", "\u{1b}[2J\u{fffd}", "Yy"] {
            let shop = shop();
            let mut terminal = Terminal::start(deploy(&shop));
            terminal.until("[y/N]");
            terminal.types(answer);
            let (code, shown) = terminal.end();
            assert_eq!(code, Some(16), "{answer:?}: {shown}");
            assert!(shown.contains("production: it was not approved at the terminal"));
            let record = record(&shop);
            assert_eq!(record["stages"][1]["approval"]["approved"], false);
            assert_eq!(shop.runs_version("shop-eu"), 2);
            assert_eq!(shop.runs_version("shop-staging"), 3);
        }
    }

    #[test]
    fn what_was_typed_before_the_question_is_no_answer() {
        let shop = shop();
        shop.hold("POST", "/builds");
        let mut terminal = Terminal::start(deploy(&shop));
        shop.until_held("/builds", 1);
        terminal.types("y");
        shop.let_go("/builds");
        terminal.until("[y/N]");
        assert_eq!(shop.runs_version("shop-eu"), 2);
        terminal.types("n");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(16), "{shown}");
        assert_eq!(shop.runs_version("shop-eu"), 2);
    }

    #[test]
    fn the_deadline_of_the_run_ends_the_question() {
        let shop = shop();
        let terminal = Terminal::start(deploy(&shop).args(&["--timeout", "5s"]));
        terminal.until("[y/N]");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(124), "{shown}");
        assert_eq!(shop.runs_version("shop-eu"), 2);
    }

    #[test]
    fn a_signal_ends_the_question() {
        let shop = shop();
        let terminal = Terminal::start(deploy(&shop));
        terminal.until("[y/N]");
        let (code, shown) = terminal.interrupted();
        assert_eq!(code, Some(130), "{shown}");
        not_answered(&shop);
    }

    #[test]
    fn a_cancelled_job_ends_the_question() {
        let shop = shop();
        let terminal = Terminal::start(deploy(&shop));
        terminal.until("[y/N]");
        let (code, shown) = terminal.terminated();
        assert_eq!(code, Some(143), "{shown}");
        assert!(shown.contains("SIGTERM ended the run"), "{shown}");
        not_answered(&shop);
        // The same command asks again.
        let mut terminal = Terminal::start(deploy(&shop));
        terminal.until("[y/N]");
        terminal.types("y");
        assert_eq!(terminal.end().0, Some(0));
        assert_eq!(shop.runs_version("shop-staging"), 3);
    }

    #[test]
    fn nobody_who_answers_means_no() {
        let shop = shop().yaml(&yaml("{prompt: true, within: 1s}"));
        let plan = shop.plan_text(&[]);
        let asked = "approval: open: the person at the terminal is asked for at most 1s";
        assert!(plan.contains(asked), "{plan}");
        let terminal = Terminal::start(deploy(&shop));
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(16), "{shown}");
        assert!(
            shown.contains("nobody answered at the terminal within 1s"),
            "{shown}"
        );
        not_answered(&shop);
    }

    #[test]
    fn without_a_terminal_nothing_begins() {
        let shop = shop();
        let plan = shop.plan_text(&[]);
        assert!(
            plan.contains("approval: open: the person at the terminal is asked for at most 1h"),
            "{plan}"
        );
        let note = "note: production has `approval: prompt`, and there is no terminal here to ask on: `deploy` would refuse (exit \
                    code 16) before anything is changed";
        assert!(plan.contains(note), "{plan}");
        assert!(shop.plan_text(&["--offline"]).contains(note));
        assert!(!shop.plan_text(&["--to", "staging"]).contains(note));
        let run = shop.deploy().run();
        run.exits(16)
            .says("production has `approval: prompt`, and there is no terminal to ask on")
            .says("launchway promote --to production")
            .changed_nothing();
        // As far as nobody is asked it goes on.
        shop.deploy().args(&["--to", "staging"]).run().exits(0);
        shop.promote("production")
            .run()
            .exits(16)
            .says("there is no terminal to ask on")
            .changed_nothing();
    }

    #[test]
    fn a_stage_that_is_there_already_asks_nobody() {
        let shop = shop();
        let mut terminal = Terminal::start(deploy(&shop));
        terminal.until("[y/N]");
        terminal.types("yes");
        assert_eq!(terminal.end().0, Some(0));
        shop.deploy().run().exits(0).says("nothing to do");
    }
}
