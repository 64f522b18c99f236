use proptest::prelude::*;

use super::{
    reader::{Interpolated, UNCLOSED},
    *,
};

fn env() -> Env {
    Env::from_iter([("A", "1"), ("B_2", "two"), ("EMPTY", ""), ("TRICK", "${A}")])
}

fn fill(text: &str) -> Interpolated {
    interpolate(text, &Variables::new(&env()))
}

#[test]
fn the_token_is_not_filled_in_under_any_name() {
    let env = Env::from_iter([
        ("HEROKU_API_KEY", "HRKU-0123456789abcdef"),
        ("ANY", "Bearer HRKU-0123456789abcdef"),
        ("BASIC", "OkhSS1UtMDEyMzQ1Njc4OWFiY2RlZg=="),
        ("A", "1"),
    ]);
    let variables = Variables::new(&env);
    for (text, name) in [
        ("x ${HEROKU_API_KEY} ${A}", "HEROKU_API_KEY"),
        ("${HEROKU_API_KEY:-d}", "HEROKU_API_KEY"),
        ("${LAUNCHWAY_API_KEY:-d}", "LAUNCHWAY_API_KEY"),
        ("${NO:-${ANY}}", "ANY"),
        ("${ANY:-${A}}", "ANY"),
        ("${BASIC}", "BASIC"),
    ] {
        let result = interpolate(text, &variables);
        assert!(!result.text.contains("HRKU") && !result.text.contains("Okh"));
        let [mistake] = result.mistakes.as_slice() else {
            panic!("{text}: {:?}", result.mistakes);
        };
        assert!(mistake.message.contains(name), "{text}: {mistake:?}");
        assert!(text[mistake.at.clone()].starts_with(&format!("${{{name}")));
    }
    assert_eq!(interpolate("${A}", &variables).mistakes, []);
}

#[test]
fn variables_are_filled_in() {
    for (text, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("${A}", "1"),
        ("x${A}y${B_2}z", "x1ytwoz"),
        ("${EMPTY}", ""),
        ("${EMPTY:-d}", "d"),
        ("${NO:-}", ""),
        ("${NO:-a b: {c}", "a b: {c"),
        ("${NO:-${A}}", "1"),
        ("${NO:-${NEIN:-${B_2}}}!", "two!"),
        ("${A:-${NO}}", "1"),
        ("${TRICK}", "${A}"),
        ("$", "$"),
        ("$A $$ $(x) 100$", "$A $$ $(x) 100$"),
        ("$${A}", "${A}"),
        ("$$${A}", "$${A}"),
        ("$${", "${"),
        ("${NO:-$${A}}", "${A}"),
        ("${A}}", "1}"),
        ("ü${A}ß", "ü1ß"),
    ] {
        let result = fill(text);
        assert_eq!(result.text, expected, "{text}");
        assert_eq!(result.mistakes, [], "{text}");
    }
}

#[test]
fn it_is_known_whether_a_value_came_in() {
    assert!(fill("${A}").from_env);
    assert!(fill("${NO:-${A}}").from_env);
    assert!(!fill("${NO:-x}").from_env);
    assert!(!fill("$${A}").from_env);
}

#[test]
fn mistakes_have_their_places() {
    for (text, expected) in [
        (
            "a ${NO} b ${NEIN}",
            vec![
                ("${NO}", "the variable `NO` is not set"),
                ("${NEIN}", "the variable `NEIN` is not set"),
            ],
        ),
        (
            "${NO:-${NEIN}}",
            vec![("${NEIN}", "the variable `NEIN` is not set")],
        ),
        ("${", vec![("${", UNCLOSED)]),
        ("x ${A", vec![("${", UNCLOSED)]),
        ("${A:-x", vec![("${", UNCLOSED)]),
        ("${A:-${B_2}", vec![("${", UNCLOSED)]),
        ("${NO:-${B_2", vec![("${", UNCLOSED)]),
        ("${}", vec![("${}", "not a variable")]),
        (
            "${1A}${A-x}",
            vec![("${1A}", "not a variable"), ("${A-x}", "not a variable")],
        ),
        ("${A:?x}", vec![("${A:?x}", "not a variable")]),
        ("${github.sha}", vec![("${github.sha}", "not a variable")]),
        (
            "${{ github.sha }}",
            vec![("${{ github.sha }", "not a variable")],
        ),
        ("${Ä}", vec![("${Ä}", "not a variable")]),
    ] {
        let result = fill(text);
        let found: Vec<_> = result
            .mistakes
            .iter()
            .map(|m| (&text[m.at.clone()], m.message.as_str()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_grows_without_end_is_stopped() {
    let env = Env::from_iter([("BIG", "x".repeat(100_000))]);
    let variables = Variables::new(&env);
    let result = interpolate(&"${BIG}".repeat(1_000), &variables);
    assert!(result.text.len() < 400_000);
    assert_eq!(result.mistakes.len(), 1);
    let deep = "${NO:-".repeat(100_000);
    assert_eq!(interpolate(&deep, &variables).mistakes.len(), 1);
}

proptest! {
    #[test]
    fn text_without_a_variable_stays_as_it_is(text in "[^{]*") {
        prop_assert_eq!(fill(&text).text, text);
    }

    #[test]
    fn nothing_panics_and_places_are_within_the_text(text in "([$]|[{]|[}]|:-|A|B_2|NO|ä|.){0,40}") {
        for mistake in fill(&text).mistakes {
            prop_assert!(text.get(mistake.at).is_some());
        }
    }

    #[test]
    fn escaping_is_undone(text in ".{0,40}") {
        let escaped = text.replace("${", "$${");
        let result = fill(&escaped);
        prop_assert_eq!(result.text, text);
        prop_assert_eq!(result.mistakes, []);
    }
}
