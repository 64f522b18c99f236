use super::*;
use crate::platform::{Provenance, content::Proof};

const NOW: i64 = 1_800_000_000;

fn build(id: &str, status: &str, sha256: &str, age: i64) -> Build {
    Build {
        id: id.to_owned(),
        status: BuildStatus::read(status),
        output: None,
        release: None,
        artifact: None,
        made_of: Provenance {
            version: Some("v1".to_owned()),
            sha256: (!sha256.is_empty()).then(|| sha256.to_owned()),
        },
        user: None,
        created_at: Timestamp::from_second(NOW - age).ok(),
    }
}

#[test]
fn the_same_source_is_adopted_and_other_work_is_waited_for() {
    type There<'a> = (&'a str, &'a str, &'a str, i64);
    let cases: &[(&[There<'_>], bool, &str)] = &[
        (&[], false, "fresh"),
        (&[("a", "failed", "same", 5)], false, "fresh a"),
        (&[("a", "pending", "same", 5)], false, "follow a"),
        (&[("a", "succeeded", "same", 5)], false, "take a"),
        (&[("a", "succeeded", "same", 5)], true, "fresh a"),
        (&[("a", "pending", "same", 5)], true, "wait a"),
        (
            &[("b", "pending", "other", 5), ("a", "succeeded", "same", 9)],
            false,
            "wait b",
        ),
        (
            &[("b", "pending", "other", 5), ("a", "pending", "same", 9)],
            false,
            "follow a",
        ),
        (
            &[
                ("b", "succeeded", "other", 5),
                ("a", "succeeded", "same", 9),
            ],
            false,
            "take a",
        ),
        // Older than any build may take: it is stuck, and holds up nobody.
        (&[("b", "pending", "other", 5000)], false, "fresh b"),
        // Called the same, and nobody can tell what is in it: `heroku builds:create`, a git push.
        (&[("b", "pending", "", 5)], false, "wait b"),
        (&[("b", "succeeded", "", 5)], false, "fresh b"),
        // A clock that is ahead.
        (&[("b", "pending", "other", -60)], false, "wait b"),
    ];
    let content = Content {
        version: "v1".to_owned(),
        proof: Proof::Checksum("same".to_owned()),
    };
    for (builds, force, expected) in cases {
        let builds: Vec<Build> = builds
            .iter()
            .map(|&(i, s, v, a)| build(i, s, v, a))
            .collect();
        let now = Timestamp::from_second(NOW).unwrap();
        let said = match start(&builds, &[], &content, *force, now, Duration::from_mins(30)) {
            Start::Fresh { before } => format!("fresh {}", before.join(" ")).trim().to_owned(),
            Start::Follow(build) => format!("follow {}", build.id),
            Start::Take(build) => format!("take {}", build.id),
            Start::Wait(build) => format!("wait {}", build.id),
        };
        assert_eq!(said, *expected, "{builds:?}");
    }
}
