//! `status`: what is live, for people and as a document; with apps that can't be read; again and again on a terminal.

use serde_json::Value;

use crate::support::{FILTERS, Launchway, Shop, WITHOUT_PIPELINE, document};

fn status<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    shop.launchway(&["status"]).args(arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A shop whose production is two commits behind staging.
fn behind() -> Shop {
    let shop = Shop::new();
    shop.commit();
    shop.deploy().run().exits(0);
    for message in ["second", "third"] {
        shop.write("src/index.js", message);
        shop.git(&["commit", "--quiet", "--all", "--message", message]);
    }
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    shop
}

#[test]
fn it_tells_what_is_live_and_how_far_behind_it_is() {
    let shop = behind();
    let output = status(&shop, &["--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document = document(&output, "status");
    let head = shop.git(&["rev-parse", "HEAD"]);
    let staging = &document["stages"][0]["apps"][0];
    assert_eq!(staging["commit"], head);
    assert_eq!(staging["release"]["version"], 4);
    assert_eq!(staging["drift"], Value::Null);
    for at in 0..2 {
        let app = &document["stages"][1]["apps"][at];
        assert_eq!(app["release"]["status"], "succeeded");
        let drift = &app["drift"];
        assert_eq!(drift["against"], "shop-staging");
        assert_eq!(
            (&drift["state"], &drift["behind"], &drift["ahead"]),
            (&"differs".into(), &2.into(), &0.into())
        );
        assert!(app["release"]["by"].is_string() && app["release"]["age_seconds"].is_u64());
    }
    assert_eq!(document["pipeline"]["name"], "acme-shop");
    // The same document with the global flag.
    let other = status(&shop, &["--output", "json"]).output();
    let other: Value = serde_json::from_slice(&other.stdout).unwrap();
    assert_eq!(
        other["stages"][1]["apps"][0]["drift"],
        document["stages"][1]["apps"][0]["drift"]
    );
}

#[test]
fn people_read_a_table() {
    let shop = behind();
    shop.somebody_releases_to("shop-us");
    let (status, body) = shop.answer(
        "PATCH",
        "/apps/shop-eu",
        &serde_json::json!({"maintenance": true}),
    );
    assert_eq!(status, 200, "{body}");
    let output = self::status(&shop, &[]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let ids = [
        (r"[0-9a-f]{8}(-[0-9a-f]{8})?\b", "[commit]"),
        (r" \d+[sm] +", " [age]  "),
    ];
    let filters = FILTERS.into_iter().chain(ids).collect::<Vec<_>>();
    insta::with_settings!({filters => filters, omit_expression => true}, {
        insta::assert_snapshot!("status", text(&output.stdout));
    });
}

#[test]
fn it_only_asks_and_asks_for_many_apps_at_once() {
    let names: Vec<String> = (1..=20).map(|at| format!("shop-{at}")).collect();
    let shop = Shop::with_production(launchway::sandbox::Generation::Cedar, &names, &[]);
    let apps = names.join(", ");
    let yaml = format!(
        "version: 1\nplatform: heroku\npipeline: acme-shop\nstages:\n  - {{stage: staging, app: shop-staging}}\n  \
         - {{stage: production, apps: [{apps}]}}\n"
    );
    let shop = shop.yaml(&yaml);
    shop.deploy().run().exits(0);
    let before = shop.requests().len();
    let output = status(&shop, &["--json"]).output();
    let asked = shop.requests().split_off(before);
    assert_eq!(
        document(&output, "status")["stages"][1]["apps"]
            .as_array()
            .unwrap()
            .len(),
        20
    );
    let asked: Vec<String> = asked
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    // The pipeline, its couplings, its apps, what they run, and the one slug of that.
    assert_eq!(asked.len(), 5, "{asked:#?}");
    assert!(
        asked
            .iter()
            .all(|request| request.starts_with("GET ") || request == "POST /filters/apps")
    );
}

#[test]
fn an_app_that_can_not_be_read_does_not_hide_the_others() {
    let shop = Shop::new().yaml(&WITHOUT_PIPELINE.replace("shop-us", "shop-nowhere"));
    let output = status(&shop, &["--json"]).output();
    assert_eq!(output.status.code(), Some(16), "{output:?}");
    let document = document(&output, "status");
    let apps = &document["stages"][1]["apps"];
    assert_eq!(apps[0]["release"]["version"], 2);
    assert_eq!(apps[1]["error"], "there is no app shop-nowhere");
    assert_eq!(apps[1]["release"], Value::Null);
    let output = status(&shop, &[]).output();
    assert_eq!(output.status.code(), Some(16));
    let (table, told) = (text(&output.stdout), text(&output.stderr));
    assert!(
        table.contains("shop-eu") && table.contains("can't be read"),
        "{table}"
    );
    assert!(
        told.contains("1 of 3 apps can't be read: there is no app shop-nowhere"),
        "{told}"
    );
}

#[test]
fn what_an_app_is_made_of_may_be_unknown() {
    let shop = Shop::new();
    shop.deploy().run().exits(0);
    shop.set_faults(&["http=500@*:slugs"]);
    let output = status(&shop, &["--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document = document(&output, "status");
    let app = &document["stages"][1]["apps"][0];
    assert_eq!(app["source_version"], Value::Null);
    // What runs is the same slug, whatever that is.
    assert_eq!(app["drift"]["state"], "same");
    assert!(
        document["notes"][0]
            .as_str()
            .unwrap()
            .contains("is made of"),
        "{document:#}"
    );
}

#[test]
fn without_an_answer_there_is_no_table() {
    let shop = Shop::new();
    let output = status(&shop, &[])
        .env("LAUNCHWAY_API_KEY", "wrong-token-of-the-test")
        .output();
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    assert_eq!(output.stdout, b"");
    shop.set_faults(&["http=503@*:api"]);
    let output = status(&shop, &["--json"]).output();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert_eq!(output.stdout, b"");
    let output = status(&shop, &["--sandbox"]).api_url(None).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn watching_needs_a_terminal() {
    let shop = Shop::new();
    for arguments in [
        &["--watch"][..],
        &["--watch", "--output", "json"],
        &["--watch", "--json"],
    ] {
        let output = status(&shop, arguments).output();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    let told = text(&status(&shop, &["--watch"]).output().stderr);
    assert!(told.contains("`--watch` needs a terminal"), "{told}");
    assert!(shop.requests().is_empty());
}

#[cfg(unix)]
mod watch {
    use std::{
        fs::File,
        io::Read as _,
        process::{Child, Stdio},
        sync::{Arc, Mutex},
    };

    use rustix::{
        process::{Pid, Signal, kill_process},
        pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    };

    use super::{Shop, status, text};

    /// `status --watch` on a terminal, and what it drew.
    struct Watch {
        child: Child,
        drawn: Arc<Mutex<String>>,
    }

    impl Watch {
        fn start(shop: &Shop, arguments: &[&str]) -> Self {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            grantpt(&master).unwrap();
            unlockpt(&master).unwrap();
            let name = ptsname(&master, Vec::new()).unwrap();
            let terminal = File::options()
                .read(true)
                .write(true)
                .open(name.to_str().unwrap())
                .unwrap();
            let child = status(shop, &["--watch"])
                .args(arguments)
                .env("TERM", "xterm")
                .bare()
                .stdout(terminal)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let drawn = Arc::new(Mutex::new(String::new()));
            let seen = Arc::clone(&drawn);
            std::thread::spawn(move || {
                let mut master = File::from(master);
                let mut part = [0; 4096];
                // It fails when the last one who had the terminal has gone.
                while let Ok(count @ 1..) = master.read(&mut part) {
                    seen.lock()
                        .unwrap()
                        .push_str(&String::from_utf8_lossy(&part[..count]));
                }
            });
            Self { child, drawn }
        }

        /// Waits until this was drawn after all that was drawn before.
        fn until(&self, shop: &Shop, text: &str) {
            let from = self.drawn.lock().unwrap().len();
            shop.until(|| self.drawn.lock().unwrap()[from..].contains(text));
        }

        fn end(self) -> (Option<i32>, String) {
            kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
            let output = self.child.wait_with_output().unwrap();
            (output.status.code(), text(&output.stderr))
        }
    }

    #[test]
    fn it_draws_again_what_has_changed_and_bears_a_bad_answer() {
        let shop = Shop::new();
        let watch = Watch::start(&shop, &[]);
        watch.until(&shop, "shop-us");
        shop.somebody_releases_to("shop-us");
        watch.until(&shop, "v3");
        shop.set_faults(&["http=404@*:pipelines"]);
        watch.until(&shop, "it could not be read again");
        shop.set_faults(&[]);
        shop.somebody_releases_to("shop-us");
        watch.until(&shop, "v4");
        let drawn = watch.drawn.lock().unwrap().clone();
        assert_eq!(drawn.matches("\u{1b}[2J").count(), 1, "it is cleared once");
        assert!(drawn.matches("\u{1b}[H").count() >= 4, "{drawn:?}");
        let (code, told) = watch.end();
        assert_eq!(code, Some(130), "{told}");
        assert!(
            told.contains("SIGINT (Ctrl-C) ended it while watching"),
            "{told}"
        );
    }

    #[test]
    fn what_can_not_be_read_at_first_is_not_watched() {
        let shop = Shop::with(&["http=404@*:pipelines"]);
        let watch = Watch::start(&shop, &[]);
        let output = watch.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(16), "{output:?}");
    }

    #[test]
    fn the_time_limit_ends_it() {
        let shop = Shop::new();
        let watch = Watch::start(&shop, &["--timeout", "2s"]);
        let output = watch.child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(124), "{output:?}");
    }
}
