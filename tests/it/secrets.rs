//! The token in what a command prints: in none of its forms is it shown.

use std::fmt::Write as _;

use crate::support::{SINGLE, Shop, Stub, TOKEN};

/// The token as programs and people write it.
fn forms() -> String {
    let mut text = String::new();
    let each = |form: fn(u8) -> String| TOKEN.bytes().map(form).collect::<String>();
    for form in [
        TOKEN.to_owned(),
        format!("https://{TOKEN}@git.example.com/shop.git"),
        format!("{}\u{200b}{}", &TOKEN[..9], &TOKEN[9..]),
        format!("{}\t{}", &TOKEN[..9], &TOKEN[9..]),
        format!("{}\u{1b}[31m{}\u{1b}[0m", &TOKEN[..9], &TOKEN[9..]),
        format!("{}\n{}", &TOKEN[..20], &TOKEN[20..]),
        each(|b| format!("%{b:02x}")),
        each(|b| format!("%{b:02X}")),
        each(|b| format!("\\u{b:04x}")),
        each(|b| format!("{b:02x}")),
        each(|b| format!("{b:02X}")),
        // `printf TOKEN | base64`, `:TOKEN`, `me:TOKEN`.
        "SFJLVS1lMmUtMGYxZTJkM2M0YjVhNjk3ODg3OTZhNWI0YzNkMmUxZjA=".to_owned(),
        "OkhSS1UtZTJlLTBmMWUyZDNjNGI1YTY5Nzg4Nzk2YTViNGMzZDJlMWYw".to_owned(),
        "bWU6SFJLVS1lMmUtMGYxZTJkM2M0YjVhNjk3ODg3OTZhNWI0YzNkMmUxZjA=".to_owned(),
    ] {
        writeln!(text, "key: {form}").unwrap();
    }
    text
}

#[cfg(unix)]
#[test]
fn what_a_command_prints_of_the_token_is_hidden_in_every_form() {
    let yaml = format!("{SINGLE}      - run: cat leak.txt; exit 7\n");
    let shop = Shop::new().yaml(&yaml);
    shop.write("leak.txt", &forms());
    // That no form of it is shown is held of every run.
    let run = shop.deploy().run();
    run.exits(13).says("| key: ***");
    let masks = run.stderr.matches("***").count();
    assert!(masks >= 15, "each is there, and hidden: {}", run.stderr);
}

#[test]
fn a_short_token_hides_nothing_and_is_told() {
    let shop = Shop::new();
    let run = shop.deploy().env("LAUNCHWAY_API_KEY", "shop").run();
    run.exits(77).says("too short to be redacted");
    // Which of the first requests is denied first is not known: each has it in a name.
    let shown = run.stderr.contains("shop") && !run.stderr.contains("***");
    assert!(shown, "{}", run.stderr);
}

#[test]
fn what_an_address_of_deploy_yaml_holds_is_told_to_nobody_and_its_version_is_no_secret() {
    const KEY: &str = "given-0123456789abcdef";
    const VERSION: &str = "v1-of-the-spring-collection";
    let host = Stub::answering("200 OK", "", "an archive");
    let source = format!(
        "source: {{url: \"{}/shop.tgz?key=${{KEY}}&of=${{version}}\", version: {VERSION}}}\nstages:",
        host.url
    );
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", &source));
    let run = shop.deploy().env("KEY", KEY).env("GITHUB_ACTIONS", "true");
    let output = run.output();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    // The sandbox fetches from its own host only.
    assert_eq!(output.status.code(), Some(10), "{log}");
    let asked = format!("GET /shop.tgz?key={KEY}&of={VERSION} ");
    assert!(host.heard()[0].starts_with(&asked), "{:?}", host.heard());
    assert!(!log.contains(KEY), "{log}");
    assert!(
        log.contains(&format!("Source version: {VERSION}-")),
        "{log}"
    );
}
