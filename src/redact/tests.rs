use proptest::prelude::*;

use super::*;
use crate::report::sanitize::{self, Colours};

const TOKEN: &str = "HRKU-0123/4567+89ab";

#[test]
fn a_secret_goes_wherever_it_turns_up() {
    let redactor = Redactor::new([TOKEN, "short", ""]);
    for (text, expected) in [
        ("Bearer HRKU-0123/4567+89ab!", "Bearer ***!"),
        ("HRKU-0123/4567+89abHRKU-0123/4567+89ab", "******"),
        ("x=HRKU-0123%2F4567%2B89ab", "x=***"),
        ("short words stay", "short words stay"),
        (
            "\u{1b}[31mHRKU-0\u{1b}[0m123/4567+89ab\u{1b}[0m é",
            "\u{1b}[31m***\u{1b}[0m é",
        ),
    ] {
        assert_eq!(redactor.clean(text), expected);
    }
    assert!(!format!("{redactor:?}").contains("HRKU"));
}

/// What a reader could make the token of.
fn disguises() -> Vec<(&'static str, String)> {
    let split = |middle: &str| format!("{}{middle}{}", &TOKEN[..6], &TOKEN[6..]);
    let each = |form: fn(u8) -> String| TOKEN.bytes().map(form).collect::<String>();
    vec![
        ("a line end", split("\n")),
        ("a line end of Windows", split("\r\n")),
        ("a tab", split("\t")),
        ("a space", split(" ")),
        ("a zero-width space", split("\u{200b}")),
        ("a soft hyphen", split("\u{ad}")),
        ("a NUL", split("\0")),
        ("a colour", split("\u{1b}[1;31m")),
        ("a title", split("\u{1b}]0;x\u{7}")),
        ("a backspace", split("\u{8}")),
        ("what a backspace erases", split("xyz\u{8}\u{8}\u{8}")),
        ("percent", TOKEN.replace('/', "%2f").replace('+', "%2B")),
        ("percent throughout", each(|b| format!("%{b:02x}"))),
        (
            "percent twice",
            TOKEN.replace('/', "%252F").replace('+', "%252b"),
        ),
        ("JSON", TOKEN.replace('/', r"\/")),
        ("JSON throughout", each(|b| format!("\\u{b:04X}"))),
        ("JSON in JSON", TOKEN.replace('/', r"\\/")),
        ("a shell", each(|b| format!("\\x{b:02x}"))),
        ("HTML", TOKEN.replace('/', "&#x2F;").replace('+', "&#43;")),
        ("hexadecimal", each(|b| format!("{b:02x}"))),
        ("hexadecimal in capitals", each(|b| format!("{b:02X}"))),
        ("hexadecimal with spaces", each(|b| format!("{b:02x} "))),
        // `printf TOKEN | base64`, `:TOKEN`, `me:TOKEN`, and what is not at its end.
        ("base64", "SFJLVS0wMTIzLzQ1NjcrODlhYg==".to_owned()),
        (
            "base64 of :TOKEN",
            "OkhSS1UtMDEyMy80NTY3Kzg5YWI=".to_owned(),
        ),
        (
            "base64 of me:TOKEN",
            "bWU6SFJLVS0wMTIzLzQ1NjcrODlhYg==".to_owned(),
        ),
        (
            "base64 of u:TOKEN",
            "dTpIUktVLTAxMjMvNDU2Nys4OWFi".to_owned(),
        ),
        (
            "base64 in lines",
            "OkhSS1UtMDEy\nMy80NTY3Kzg5YWI=".to_owned(),
        ),
    ]
}

#[test]
fn a_secret_goes_in_every_disguise() {
    let redactor = Redactor::new([TOKEN]);
    for (name, text) in disguises() {
        for (before, after) in [("", ""), ("key: ", " is it"), ("é ", " è")] {
            let clean = redactor
                .clean(&format!("{before}{text}{after}"))
                .into_owned();
            let rest = clean.replace(MASK, "");
            let rest = rest.trim_start_matches(before.trim_end()).trim();
            // A backspace and the space behind a last digit may stay.
            assert!(rest.len() <= after.len() + 1, "{name}: {clean:?}");
            assert!(clean.contains(MASK), "{name}: {clean:?}");
        }
    }
}

#[test]
fn a_secret_in_base64_that_is_safe_in_urls_goes() {
    let redactor = Redactor::new(["~~~???~~~???"]);
    for text in [
        "fn5-Pz8_fn5-Pz8_",
        "fn5+Pz8/fn5+Pz8/",
        "fn5%2bPz8%2Ffn5%2bPz8%2f",
    ] {
        assert_eq!(redactor.clean(text), MASK);
    }
}

#[test]
fn a_piece_of_a_secret_goes_where_a_line_begins_or_ends_with_it() {
    const LONG: &str = "HRKU-f3b1c9d8-5e7a-4c21-9b0f-1d2e3f4a5b6c";
    let redactor = Redactor::new([LONG]);
    for cut in 12..LONG.len() - 12 {
        let (first, second) = LONG.split_at(cut);
        assert_eq!(redactor.clean(&format!("key={first}")), "key=***");
        assert_eq!(redactor.clean(&format!("{second} ok")), "*** ok");
        assert_eq!(redactor.clean(&format!("remote: {second}")), "remote: ***");
    }
    assert_eq!(
        redactor.clean(&LONG[14..28]),
        MASK,
        "a line in the middle of it"
    );
    for harmless in ["key=HRKU-f3b1c", "-1d2e3f4a5 ok", "a HRKU-f3b1c9d8-5e b"] {
        assert_eq!(redactor.clean(harmless), harmless);
    }
}

#[test]
fn short_secrets_and_ordinary_text_change_nothing() {
    let redactor = Redactor::new([
        "short",
        "    ",
        "a\nb\nc",
        "\u{200b}\u{200b}\u{200b}",
        TOKEN,
    ]);
    for text in [
        "short words",
        "a b c",
        "100% & \\o/ &amp; %41",
        "\u{1b}[31mred\u{1b}[0m é",
    ] {
        assert_eq!(redactor.clean(text), text);
    }
}

#[test]
fn many_secrets_are_learnt_one_by_one() {
    let redactor = Redactor::default();
    let secret = |n: u32| format!("secret-number-{n}-{}", n.wrapping_mul(2_654_435_761));
    for n in 0..300 {
        redactor.learn(&secret(n));
        redactor.learn(&secret(n));
    }
    for n in 0..300 {
        assert_eq!(redactor.clean(&format!("x {} y", secret(n))), "x *** y");
    }
    let known = redactor.known.read().unwrap();
    assert!(known.matchers.len() < 12, "{}", known.matchers.len());
}

#[test]
fn only_what_is_announced_is_told() {
    let redactor = Redactor::new(["from-a-variable"]);
    redactor.announce("signature-one");
    let told = Arc::new(RwLock::new(Vec::new()));
    let list = Arc::clone(&told);
    redactor.watch(move |secret| list.write().unwrap().push(secret.to_owned()));
    redactor.announce("signature-two");
    redactor.announce("signature-two");
    redactor.announce("short");
    redactor.learn("from-a-file");
    assert_eq!(*told.read().unwrap(), ["signature-one", "signature-two"]);
    assert_eq!(redactor.clean("signature-two from-a-file"), "*** ***");
}

#[test]
fn it_learns_while_the_run_goes_on() {
    let redactor = Redactor::default();
    let elsewhere = redactor.clone();
    elsewhere.learn("deadbeefdeadbeef");
    elsewhere.learn("deadbeef");
    assert_eq!(
        redactor.clean("sig deadbeefdeadbeef"),
        "sig ***",
        "the longest first"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_does_not_survive_escapes_or_json(
        before in "[a-z\"\\\\\n#:\u{1b}\\[0m]{0,12}",
        after in "[a-z\"\\\\\n#:]{0,12}",
        split in 1..TOKEN.len(),
        escape in prop::sample::select(vec!["", "\u{1b}[31m", "\u{1b}[2K", "\u{0}", "\u{202e}"]),
    ) {
        let redactor = Redactor::new([TOKEN]);
        let text = format!("{before}{}{escape}{}{after}", &TOKEN[..split], &TOKEN[split..]);
        let clean = redactor.clean(&sanitize::line(&text, Colours::Keep)).into_owned();
        prop_assert!(!sanitize::line(&clean, Colours::Strip).contains(TOKEN), "{clean:?}");

        let whole = format!("{before}{TOKEN}{after}");
        let json = serde_json::json!({"a": [&whole, 1], "b": {"c": &before}}).to_string();
        let clean: serde_json::Value = serde_json::from_str(&redactor.clean_json(&json)).unwrap();
        prop_assert_eq!(&clean["a"][0], &redactor.clean(&whole).into_owned());
        prop_assert_eq!(&clean["b"]["c"], &redactor.clean(&before).into_owned());
        prop_assert!(!clean.to_string().contains(TOKEN));
    }
}

/// What a log may be full of. A quadratic reading would take minutes for each.
#[test]
fn a_long_line_of_anything_is_read_a_few_times_at_most() {
    let redactor = Redactor::new([TOKEN]);
    let half = &TOKEN[..TOKEN.len() / 2];
    for piece in [
        "://@",
        "://a@",
        "%3A%2F%2Fa%40",
        "?",
        "&token=",
        "%",
        "%25",
        "\\",
        "\\u",
        "&#x",
        "&amp;",
        "\u{1b}]",
        "\u{1b}P",
        "\u{1b}[",
        "\u{9d}",
        "\u{9b}",
        "\u{8}",
        "a\u{8}",
        "\u{200b}",
        "SFJL",
        half,
        "…",
        &format!("{half}…"),
    ] {
        let line = piece.repeat((1 << 19) / piece.len());
        let cleaned = redactor.clean(&line).into_owned();
        sanitize::lines(&cleaned, Colours::Keep).count();
    }
}

#[test]
fn a_piece_before_or_behind_the_place_where_a_text_was_cut_is_hidden() {
    let redactor = Redactor::new([TOKEN]);
    let (head, tail) = (&TOKEN[..14], &TOKEN[TOKEN.len() - 14..]);
    for (text, expected) in [
        (
            format!("it is `Bearer {head}…`, not `ok`"),
            "it is `Bearer ***…`, not `ok`",
        ),
        (format!("it is `…{tail} or so`"), "it is `…*** or so`"),
        (
            format!("…{tail}: {head}… and more…"),
            "…***: ***… and more…",
        ),
        ("a word… and another…".to_owned(), "a word… and another…"),
    ] {
        assert_eq!(redactor.clean(&text), expected);
    }
}

#[test]
fn of_what_is_a_secret_as_a_whole_only_no_piece_is_hidden() {
    let redactor = Redactor::default();
    redactor.learn_whole("https://apps.example.com/ab");
    for (text, expected) in [
        ("told https://apps.example.com/ab", "told ***"),
        ("https://apps.example.com/", "https://apps.example.com/"),
    ] {
        assert_eq!(redactor.clean(text), expected);
    }
}
