//! Whoever decided a stage, gone wrong in every way: down, slow, a page, an answer that nobody can use. Once is borne; for ever
//! means that nothing in the stage is changed. And a run that is killed while it waits, or between two waves, and given again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use launchway::sandbox::{
    Pace,
    Surface::{self, Akkeris, Heroku},
};
use serde_json::Value;

use crate::support::{Run, Shop, TOKEN, lies, yaml};
use crate::wait::eventually;

/// How many cells are at work at a time.
const AT_A_TIME: usize = 6;
const APPROVED: &str = r#"{"state": "approved", "by": "ada"}"#;
/// A part of the address that nobody may see.
const SECRET: &str = "secret-0123456789abcdef";

/// What comes instead of an approval.
#[derive(Clone, Debug)]
enum Wrong {
    /// The connection is closed without an answer.
    Closed,
    /// No answer, ever.
    Hangs,
    /// The answer breaks off in its body.
    Cut,
    /// A status line, header lines and a body.
    Says(&'static str, &'static str, Vec<u8>),
}

fn wrongs() -> Vec<(&'static str, Wrong)> {
    let says = |status, body: &str| Wrong::Says(status, "", body.as_bytes().to_vec());
    let huge = format!(
        r#"{{"state": "approved", "pad": "{}"}}"#,
        "x".repeat(4 << 20)
    );
    let deep = format!(r#"{{"state": "approved", "x": {}1"#, "[".repeat(30_000));
    vec![
        ("closed", Wrong::Closed),
        ("hangs", Wrong::Hangs),
        ("cut", Wrong::Cut),
        ("500", says("500 No", APPROVED)),
        ("429", says("429 Slow", APPROVED)),
        ("401", says("401 Who", APPROVED)),
        ("404", says("404 Nothing", APPROVED)),
        ("204", says("204 Nothing", "")),
        ("page", says("200 OK", "<html>approved</html>")),
        ("huge", Wrong::Says("200 OK", "", huge.into_bytes())),
        ("deep", Wrong::Says("200 OK", "", deep.into_bytes())),
        (
            "no UTF-8",
            Wrong::Says("200 OK", "", b"{\"state\": \"\xff\xfe\"}".to_vec()),
        ),
        ("unknown state", says("200 OK", r#"{"state": "APPROVED"}"#)),
        (
            "two states",
            says("200 OK", r#"{"state": "approved", "state": "pending"}"#),
        ),
        ("another type", says("200 OK", r#"{"state": ["approved"]}"#)),
        ("a list", says("200 OK", r#"[{"state": "approved"}]"#)),
        (
            "redirect",
            Wrong::Says("302 Found", "Location: /approved\r\n", APPROVED.into()),
        ),
    ]
}

/// A server that decided, but for its first answers.
struct Approver {
    url: String,
    asked: Arc<AtomicUsize>,
    heard: Arc<Mutex<String>>,
}

impl Approver {
    /// Answers wrongly so often, or until `decided` is set.
    fn start(wrong: Wrong, first: usize, decided: &Arc<AtomicBool>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, heard) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(Mutex::new(String::new())),
        );
        let (count, text, decided) = (Arc::clone(&asked), Arc::clone(&heard), Arc::clone(decided));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (count, text, decided) =
                    (Arc::clone(&count), Arc::clone(&text), Arc::clone(&decided));
                let wrong = wrong.clone();
                thread::spawn(move || {
                    text.lock().unwrap().push_str(&head(&stream));
                    let is_right = count.fetch_add(1, Ordering::SeqCst) >= first
                        || decided.load(Ordering::SeqCst);
                    let right = Wrong::Says("200 OK", "", APPROVED.into());
                    answer(stream, if is_right { right } else { wrong });
                });
            }
        });
        Self { url, asked, heard }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines();
    let lines = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty());
    lines.map(|line| line + "\n").collect()
}

fn answer(mut stream: TcpStream, what: Wrong) {
    // Who asked may have gone.
    match what {
        Wrong::Closed => {}
        Wrong::Hangs => {
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        Wrong::Cut => {
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"state\": \"approved\"",
            );
        }
        Wrong::Says(status, headers, body) => {
            let head = format!(
                "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
        }
    }
}

/// A shop whose production must be approved at this address.
fn shop(surface: Surface, url: &str, within: &str, more: &str) -> Shop {
    let text = format!(
        "pipeline: acme-shop\nstages:\n  - {{stage: staging, app: shop-staging}}\n  - stage: production\n    \
         apps: [shop-eu, shop-us]\n    approval: {{http: \"{url}/{SECRET}/${{run}}\", within: {within}, every: 10ms}}\n{more}"
    );
    Shop::on(surface, Pace::instant(), &[]).yaml(&yaml(surface, &text))
}

/// How many releases an app got since the start.
fn released(run: &Run, app: &str) -> usize {
    let count = |state: &Value| {
        state["apps"][app]["releases"]
            .as_array()
            .map_or(0, Vec::len)
    };
    count(&run.state) - count(&run.before)
}

fn wrong_in(surface: Surface, wrong: &Wrong, for_ever: bool) -> Vec<String> {
    let first = if for_ever { usize::MAX } else { 1 };
    let approver = Approver::start(wrong.clone(), first, &Arc::default());
    let within = if for_ever { "600ms" } else { "1m" };
    let shop = shop(surface, &approver.url, within, "");
    let run = shop.deploy().run();
    let mut found = lies(&run);
    let (code, each) = if for_ever { (16, 0) } else { (0, 1) };
    if run.code != Some(code) {
        found.push(format!("exit code {:?}, not {code}", run.code));
    }
    for app in ["shop-eu", "shop-us"] {
        if released(&run, app) != each {
            found.push(format!("{app} got {} releases", released(&run, app)));
        }
    }
    let approval = run
        .record
        .as_ref()
        .map(|record| record["stages"][1]["approval"].clone());
    if approval.unwrap_or_default()["approved"] != !for_ever {
        found.push("the record says otherwise".to_owned());
    }
    if for_ever && !run.words().contains("was not approved at 127.0.0.1 within") {
        found.push("it does not say what was missing".to_owned());
    }
    let heard = approver.heard.lock().unwrap().clone();
    if heard.contains(TOKEN) || heard.to_lowercase().contains("authorization") {
        found.push("it was given the token".to_owned());
    }
    if heard.contains("GET /approved") {
        found.push("it followed the redirect".to_owned());
    }
    if run.stdout.contains(SECRET) || run.stderr.contains(SECRET) {
        found.push("the address is shown".to_owned());
    }
    if !found.is_empty() {
        found.push(run.stderr);
    }
    found
}

#[test]
#[ignore = "takes long: .ci/run runs it"]
fn whoever_approves_may_be_wrong_in_every_way() {
    let wanted = std::env::var("FAULTS").unwrap_or_default();
    let mut cells = Vec::new();
    for surface in [Heroku, Akkeris] {
        for (name, wrong) in wrongs() {
            for for_ever in [false, true] {
                let often = if for_ever { "ForEver" } else { "Once" };
                let name = format!("{surface:?}: approval, GET x {name} x {often}");
                if name.contains(&wanted) {
                    cells.push((name, surface, wrong.clone(), for_ever));
                }
            }
        }
    }
    let (next, red) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((name, surface, wrong, for_ever)) =
                    cells.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let found = wrong_in(*surface, wrong, *for_ever);
                    if !found.is_empty() {
                        red.lock()
                            .unwrap()
                            .push(format!("=== {name}\n{}", found.join("\n")));
                    }
                }
            });
        }
    });
    let red = red.into_inner().unwrap();
    println!("{} cells, {} red", cells.len(), red.len());
    assert!(red.is_empty(), "{}", red.join("\n"));
}

/// Starts a run, waits, kills it.
fn killed(shop: &Shop, when: impl Fn() -> bool) {
    let mut command = shop.deploy().command;
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    eventually(|| when().then_some(()), || shop.state().to_string());
    // It fails if the run is over, which is as good a moment as any.
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_run_that_was_killed_while_it_waited_is_finished_by_the_next() {
    for surface in [Heroku, Akkeris] {
        let decided = Arc::new(AtomicBool::new(false));
        let pending = Wrong::Says("200 OK", "", br#"{"state": "pending"}"#.to_vec());
        for wrong in [pending, Wrong::Hangs] {
            decided.store(false, Ordering::SeqCst);
            let approver = Approver::start(wrong, usize::MAX, &decided);
            let shop = shop(surface, &approver.url, "1h", "");
            killed(&shop, || approver.asked() > 0);
            decided.store(true, Ordering::SeqCst);
            let run = shop.deploy().run();
            run.exits(0);
            assert_eq!(lies(&run), Vec::<String>::new());
            for app in ["shop-staging", "shop-eu", "shop-us"] {
                assert_eq!(released(&run, app), 1, "{surface:?}: {app}");
            }
        }
    }
}

#[test]
fn a_window_that_closed_after_a_kill_between_two_waves_keeps_the_second_out() {
    for surface in [Heroku, Akkeris] {
        let decided = Arc::new(AtomicBool::new(true));
        let approver = Approver::start(Wrong::Closed, 0, &decided);
        let more = "    require: {window: 'Mon-Fri 09:00-16:00 UTC'}\n    waves: [1]\n    \
                    verify: [{run: 'touch ../waits; until test -e ../go; do sleep 0.01; done'}]\n";
        let shop = shop(surface, &approver.url, "1h", more);
        shop.set_clock("2026-03-06T15:59:00Z");
        killed(&shop, || shop.path("waits").exists());
        shop.write("../go", "");
        shop.set_clock("2026-03-06T16:01:00Z");
        let run = shop.deploy().run();
        run.exits(16);
        assert!(
            run.words()
                .contains("closed until Mon 2026-03-09 09:00 UTC"),
            "{}",
            run.stderr
        );
        assert_eq!(
            (released(&run, "shop-eu"), released(&run, "shop-us")),
            (1, 0)
        );
        shop.set_clock("2026-03-09T09:00:00Z");
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(lies(&run), Vec::<String>::new());
        assert_eq!(
            (released(&run, "shop-eu"), released(&run, "shop-us")),
            (1, 1)
        );
    }
}

#[test]
fn what_an_approval_says_drives_no_terminal() {
    let hostile =
        "{\"state\": \"approved\", \"by\": \"a\\u001b[2J\\r\\n::error::x\", \"reason\": \"TOKEN\"}";
    let body = hostile.replace("TOKEN", TOKEN).into_bytes();
    let approver = Approver::start(Wrong::Says("200 OK", "", body), usize::MAX, &Arc::default());
    let run = shop(Heroku, &approver.url, "1m", "").deploy().run();
    run.exits(0);
    assert_eq!(lies(&run), Vec::<String>::new());
    let record = run.record.as_ref().unwrap().to_string();
    for text in [&run.stdout, &run.stderr, &record] {
        assert!(!text.contains('\u{1b}') && !text.contains(TOKEN), "{text}");
        assert!(
            !text.lines().any(|line| line.starts_with("::error")),
            "{text}"
        );
    }
}
