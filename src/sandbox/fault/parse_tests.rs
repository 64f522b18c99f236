//! Table tests of the fault grammar.

use std::time::Duration;

use super::*;
use crate::sandbox::log::Origin;

fn read(text: &str) -> (Effect, When, Scope) {
    let fault: Fault = text.parse().unwrap();
    assert_eq!(fault.to_string(), text);
    (fault.effect, fault.when, fault.scope)
}

fn at(first: u32, last: u32) -> When {
    When { first, last }
}

fn requests(text: &str) -> Scope {
    Scope::Requests(Matcher::parse(text).unwrap())
}

#[test]
fn the_simple_ones() {
    use Effect::{BuildFail, BuildSlow, PhaseFail, StreamCut, StreamReset, TargetFail};
    let everything = || Scope::Everything;
    let app = |name: &str| Scope::App(name.to_owned());
    let half_a_minute = BuildSlow(Duration::from_secs(30));
    for (text, effect, when, scope) in [
        ("build=fail", BuildFail, When::ALWAYS, everything()),
        ("build=fail@2", BuildFail, at(2, 2), everything()),
        (
            "build=slow:30s",
            half_a_minute.clone(),
            When::ALWAYS,
            everything(),
        ),
        (
            "build=slow:30s@2-4:shop",
            half_a_minute,
            at(2, 4),
            app("shop"),
        ),
        (
            "release-phase=fail:shop",
            PhaseFail,
            When::ALWAYS,
            app("shop"),
        ),
        ("target=fail:2", TargetFail, When::ALWAYS, Scope::Index(2)),
        ("target=fail:eu", TargetFail, When::ALWAYS, app("eu")),
        ("stream=cut", StreamCut(50), When::ONCE, everything()),
        ("stream=cut:30%", StreamCut(30), When::ONCE, everything()),
        ("stream=cut:shop", StreamCut(50), When::ONCE, app("shop")),
        (
            "stream=reset:10%@2+:shop",
            StreamReset(10),
            at(2, u32::MAX),
            app("shop"),
        ),
        ("stream=late:2", Effect::StreamLate, at(1, 2), everything()),
        (
            "stream=late:3@2",
            Effect::StreamLate,
            at(2, 2),
            everything(),
        ),
        (
            "web=refused:shop",
            Effect::Refused,
            When::ALWAYS,
            app("shop"),
        ),
        ("page=2", Effect::Page(2), When::ALWAYS, everything()),
    ] {
        assert_eq!(read(text), (effect, when, scope), "{text}");
    }
}

#[test]
fn requests_have_statuses_options_and_scopes() {
    let (effect, when, scope) = read("http=429,retry-after=2@2:GET builds");
    let expected = HttpEffect::Status {
        code: 429,
        retry_after: Some(RetryAfter::Seconds(2)),
        html: false,
        after: false,
        word: None,
    };
    assert_eq!(effect, Effect::Http(expected));
    assert_eq!((when, scope), (at(2, 2), requests("GET builds")));

    let (effect, when, scope) =
        read("http=503,html,after,id=down,retry-after=epoch+5@*:/apps/*/builds");
    let expected = HttpEffect::Status {
        code: 503,
        retry_after: Some(RetryAfter::Epoch(5)),
        html: true,
        after: true,
        word: Some("down".to_owned()),
    };
    assert_eq!(effect, Effect::Http(expected));
    assert_eq!((when, scope), (When::ALWAYS, requests("/apps/*/builds")));

    let drip = HttpEffect::Drip(Duration::from_millis(5));
    assert_eq!(
        read("http=drip:5ms:any"),
        (Effect::Http(drip), When::ONCE, requests("any"))
    );
}

#[test]
fn short_forms_are_faults_of_requests() {
    assert_eq!(
        read("upload=403"),
        (
            Effect::Http(HttpEffect::status(403)),
            When::ALWAYS,
            requests("PUT upload")
        )
    );
    assert_eq!(
        read("web=down-until:3"),
        (
            Effect::Http(HttpEffect::status(503)),
            at(1, 2),
            requests("web")
        )
    );
    let (_, _, scope) = read("web=503:shop");
    let Scope::Requests(matcher) = scope else {
        panic!("{scope:?}")
    };
    assert!(matcher.matches(Origin::Web, "GET", "/shop/health"));
    assert!(!matcher.matches(Origin::Web, "GET", "/shopping/health"));
}

#[test]
fn a_bad_fault_says_why_and_lists_the_grammar() {
    for (text, problem) in [
        ("", "no `=`"),
        ("build", "no `=`"),
        ("shoes=fail", "no subject `shoes`"),
        ("build=explode", "no effect `explode`"),
        ("build=slow", "needs an argument"),
        ("build=slow:soon", "no duration"),
        ("build=fail,html", "only a status has options"),
        ("build=fail@0", "does not say when"),
        ("build=fail@3-2", "does not say when"),
        ("http=429", "needs a scope"),
        ("http=429:shoes", "no kind of request"),
        ("http=429,sometimes:any", "no option `sometimes`"),
        ("http=77:any", "neither a status nor an effect"),
        ("page=0", "needs a number"),
        ("page=2:shop", "takes no scope"),
        ("upload=403:shop", "takes no scope"),
        ("upload=77", "neither a status nor an effect"),
        ("stream=cut:120%", "no percentage"),
    ] {
        let message = text.parse::<Fault>().unwrap_err().to_string();
        assert!(message.contains(problem), "{text}: {message}");
        assert!(message.contains("SUBJECT=EFFECT"), "{text}: {message}");
    }
}

#[test]
fn every_effect_of_the_grammar_is_read_as_its_own() {
    let scope = |subject: &Subject| match subject.scope {
        Limit::Requests => ":any",
        _ => "",
    };
    for (subject, row) in SUBJECTS
        .iter()
        .flat_map(|s| s.rows.iter().map(move |row| (s, row)))
    {
        let mut form = row.form.split('[').next().unwrap().to_owned();
        for (argument, value) in [
            ("STATUS", "503"),
            ("DURATION", "5ms"),
            ("LINES", "7"),
            ("N", "7"),
        ] {
            if let Some(word) = form.strip_suffix(argument) {
                form = format!("{word}{value}");
            }
        }
        let text = format!("{}={form}{}", subject.name, scope(subject));
        let fault: Fault = text.parse().unwrap();
        assert_eq!(fault.on, row.on, "{text}");
        let others = subject.rows.iter().filter(|other| other.form == row.form);
        assert_eq!(others.count(), 1, "{text}");
        assert!(grammar().contains(row.form), "{text}");
    }
}

#[test]
fn every_kind_of_request_is_in_the_grammar() {
    for kind in crate::sandbox::fault::kind::KINDS {
        assert!(grammar().contains(kind), "{kind}");
    }
}
