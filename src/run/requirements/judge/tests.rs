use super::*;
use RequirementResult::{Ignored, Met, Unmet};

fn side(name: &str, names: &[&str]) -> Side {
    Side {
        app: App {
            id: format!("id-of-{name}"),
            name: name.to_owned(),
            web_url: None,
            maintenance: false,
            stack: Some("heroku-24".to_owned()),
            runs: None,
        },
        names: Some(names.iter().map(ToString::to_string).collect()),
        buildpacks: Some(Buildpacks::Set(vec!["heroku/nodejs".to_owned()])),
        addons: Some(BTreeSet::new()),
    }
}

fn looked(source: Side, targets: Vec<Side>) -> Observed {
    Observed {
        source: Some(source),
        targets,
    }
}

fn only(require: &Require, looked: &Observed) -> RequirementRecord {
    let moment = Moment {
        now: "2026-11-27T18:00:00Z".parse().unwrap(),
        ignore_window: false,
    };
    let mut rows = judge(require, looked, moment);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[test]
fn names_that_only_one_side_has_are_told_with_their_side() {
    let require = |but: &[&str]| Require {
        config_keys_but: Some(but.iter().map(ToString::to_string).collect()),
        ..Require::default()
    };
    let all = looked(
        side("stg", &["A", "B", "PG_RED_URL"]),
        vec![
            side("eu", &["A", "PG_BLUE_URL"]),
            side("us", &["A", "PG_BLUE_URL"]),
            side("asia", &["A", "B", "PG_RED_URL"]),
        ],
    );
    let row = only(&require(&[]), &all);
    assert_eq!(row.result, Unmet);
    assert_eq!(
        row.problems,
        [
            "eu and us lack B and PG_RED_URL, which stg has",
            "eu and us have PG_BLUE_URL, which stg lacks",
        ]
    );
    let row = only(&require(&["PG_*_URL"]), &all);
    assert_eq!(row.problems, ["eu and us lack B, which stg has"]);
    let row = only(&require(&["PG_*_URL", "B"]), &all);
    assert_eq!((row.result, row.problems.len()), (Met, 0));
    assert_eq!(row.seen, "1 name, the same on stg and 3 apps");
}

#[test]
fn of_hundreds_of_apps_a_few_are_named() {
    let require = Require {
        config_keys_but: Some(Vec::new()),
        ..Require::default()
    };
    let targets = (0..200)
        .map(|n| side(&format!("shop-{n:03}"), &[]))
        .collect();
    let row = only(&require, &looked(side("stg", &["A"]), targets));
    assert_eq!(row.problems.len(), 1);
    let problem = &row.problems[0];
    assert!(
        problem.ends_with("shop-009 and 190 more lack A, which stg has"),
        "{problem}"
    );
}

#[test]
fn stacks_and_buildpacks_are_held_against_the_source() {
    let on = |name: &str, stack: Option<&str>, buildpacks: Buildpacks| {
        let mut side = side(name, &[]);
        side.app.stack = stack.map(str::to_owned);
        side.buildpacks = Some(buildpacks);
        side
    };
    let set = |names: &[&str]| Buildpacks::Set(names.iter().map(ToString::to_string).collect());
    let fir = Buildpacks::Unused("a Fir app");
    let stack = Require {
        same_stack: true,
        ..Require::default()
    };
    let packs = Require {
        same_buildpacks: true,
        ..Require::default()
    };
    let node = || set(&["heroku/nodejs"]);
    for (source, target, stack_told, packs_told) in [
        (
            on("stg", Some("heroku-24"), node()),
            on("eu", Some("heroku-24"), node()),
            "",
            "",
        ),
        (
            on("stg", Some("heroku-24"), node()),
            on("eu", Some("heroku-22"), set(&[])),
            "eu is on heroku-22",
            "eu has no buildpacks set: the platform finds what fits",
        ),
        (
            on("stg", Some("heroku-24"), set(&["a/a", "b/b"])),
            on("eu", None, set(&["b/b", "a/a"])),
            "eu is on an unknown stack",
            "eu has b/b, a/a",
        ),
        (
            on("stg", Some("cnb"), fir.clone()),
            on("eu", Some("cnb"), fir.clone()),
            "",
            "",
        ),
        (
            on("stg", Some("heroku-24"), node()),
            on("eu", Some("cnb"), fir),
            "eu is on cnb",
            "eu has none, for it is a Fir app",
        ),
        // What is not known of either is not the same.
        (
            on("stg", None, node()),
            on("eu", None, node()),
            "eu is on an unknown stack",
            "",
        ),
    ] {
        let all = looked(source, vec![target]);
        for (require, told) in [(&stack, stack_told), (&packs, packs_told)] {
            let row = only(require, &all);
            assert_eq!(row.problems.concat(), told, "{row:?}");
            assert_eq!(row.result, if told.is_empty() { Met } else { Unmet });
        }
    }
}

#[test]
fn maintenance_is_on_or_off() {
    let mut there = side("eu", &[]);
    there.app.maintenance = true;
    let all = looked(side("stg", &[]), vec![there, side("us", &[])]);
    for (wanted, told) in [
        (Maintenance::Off, "eu is in maintenance mode"),
        (Maintenance::On, "us is not in maintenance mode"),
    ] {
        let require = Require {
            maintenance: Some(wanted),
            ..Require::default()
        };
        assert_eq!(only(&require, &all).problems, [told]);
    }
}

#[test]
fn one_open_window_is_enough_and_a_closed_one_may_be_ignored() {
    let windows = |texts: &[&str]| -> Vec<Window> {
        texts
            .iter()
            .map(|text| Window::parse(text).unwrap())
            .collect()
    };
    // It is Friday, 18:00 UTC.
    let judged = |texts: &[&str], ignore_window| {
        let moment = Moment {
            now: "2026-11-27T18:00:00Z".parse().unwrap(),
            ignore_window,
        };
        let row = window(&windows(texts), moment).unwrap();
        (row.result, row.seen)
    };
    let (day, night) = ("Mon-Fri 09:00-16:00 Europe/Berlin", "Fri 17:00-24:00 UTC");
    let closed =
        "`Mon-Fri 09:00-16:00 Europe/Berlin` is closed until Mon 2026-11-30 09:00 Europe/Berlin";
    assert_eq!(judged(&[day], false), (Unmet, closed.to_owned()));
    assert_eq!(judged(&[day], true), (Ignored, closed.to_owned()));
    for ignore in [false, true] {
        assert_eq!(
            judged(&[day, night], ignore),
            (Met, format!("`{night}` is open"))
        );
    }
    let both = "`Mon-Fri 09:00-16:00 Europe/Berlin` and `Sun 10:00-12:00 UTC` are closed until Sun 2026-11-29 10:00 UTC";
    assert_eq!(judged(&[day, "Sun 10:00-12:00 UTC"], false).1, both);
}

#[test]
fn addons_that_a_target_lacks_are_told() {
    let with = |name: &str, addons: &[&str]| Side {
        addons: Some(addons.iter().map(ToString::to_string).collect()),
        ..side(name, &[])
    };
    let mut unknown = with("asia", &[]);
    unknown.addons = None;
    let all = looked(
        with("stg", &["heroku-postgresql", "papertrail"]),
        vec![
            with("eu", &["heroku-postgresql", "more"]),
            with("us", &[]),
            unknown,
        ],
    );
    assert_eq!(
        lacking_addons(&all),
        [
            "eu has no papertrail as stg has",
            "us has no heroku-postgresql, no papertrail as stg has",
        ]
    );
}

#[test]
fn a_star_stands_for_any_text() {
    for (pattern, name, expected) in [
        ("A", "A", true),
        ("A", "AB", false),
        ("A*", "A", true),
        ("*", "", true),
        ("*_URL", "PG_URL", true),
        ("PG_*_URL", "PG_RED_URL", true),
        ("PG_*_URL", "PG_URL", false),
        ("A*B*C", "AxBxBC", true),
        ("A*B*C", "AxC", false),
        ("A**B", "AB", true),
        ("AB*BA", "ABA", false),
    ] {
        assert_eq!(matches_pattern(pattern, name), expected, "{pattern} {name}");
    }
}
