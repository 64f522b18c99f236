//! Random platforms against a model of the truth: whatever a platform takes its time for, fails at or stumbles over, the
//! exit code is the one that the model gives.

use proptest::prelude::*;

use crate::support::{Shop, lies};

const YAML: &str = "\
version: 1
platform: heroku
pipeline: acme-shop
stages:
  - stage: staging
    app: shop-staging
    verify:
      - http: {path: /health, within: 1s, every: 5ms}
  - stage: production
    apps: [shop-eu, shop-us]
    verify:
      - http: {path: /health, within: 1s, every: 5ms}
";

/// How something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    Well,
    Slowly,
    Wrong,
}

/// A platform.
#[derive(Clone, Debug)]
struct Fate {
    build: Goes,
    /// The release phases of staging, eu and us.
    phases: [Goes; 3],
    /// The targets eu and us of the promotion.
    targets: [Goes; 2],
    /// The web checks of staging, eu and us.
    webs: [Goes; 3],
    /// What makes no difference to the verdict.
    stumbles: Vec<&'static str>,
}

const APPS: [&str; 3] = ["shop-staging", "shop-eu", "shop-us"];

const STUMBLES: [&str; 16] = [
    "stream=cut:50%",
    "stream=reset:30%@1-2",
    "stream=text",
    "stream=replay",
    "log=split",
    "build=release-late:2",
    "http=503,html@2:GET builds",
    "http=truncated@1:GET releases",
    "http=reset@3:GET releases",
    "http=429,retry-after=1@1:POST builds",
    "http=reset-after@1:POST builds",
    "http=500,after@1:POST builds",
    "http=reset-after@1:PUT upload",
    "http=403@1:PUT upload",
    "http=404@1-2:GET targets",
    "http=unknown-enum@1:GET targets",
];

impl Fate {
    /// The exit code that is true: that of the first stage that something went wrong in.
    fn code(&self) -> i32 {
        let wrong = |goes: &Goes| *goes == Goes::Wrong;
        if wrong(&self.build) {
            10
        } else if wrong(&self.phases[0]) {
            11
        } else if wrong(&self.webs[0]) {
            13
        } else if self.targets.iter().any(wrong) || self.phases[1..].iter().any(wrong) {
            12
        } else if self.webs[1..].iter().any(wrong) {
            13
        } else {
            0
        }
    }

    /// The same in the sandbox's words.
    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.stumbles.iter().map(ToString::to_string).collect();
        let mut add = |goes: Goes, slowly: String, wrong: String| match goes {
            Goes::Well => {}
            Goes::Slowly => faults.push(slowly),
            Goes::Wrong => faults.push(wrong),
        };
        add(self.build, "build=slow:150ms".into(), "build=fail".into());
        for (app, &goes) in APPS.iter().zip(&self.phases) {
            add(
                goes,
                format!("release-phase=slow:80ms:{app}"),
                format!("release-phase=fail:{app}"),
            );
        }
        for (at, &goes) in self.targets.iter().enumerate() {
            let one = at + 1;
            add(goes, "log=split".into(), format!("target=fail:{one}"));
        }
        for (app, &goes) in APPS.iter().zip(&self.webs) {
            add(
                goes,
                format!("web=down-until:3:{app}"),
                format!("web=503:{app}"),
            );
        }
        faults
    }
}

fn goes() -> impl Strategy<Value = Goes> {
    // Mostly well: else nobody gets beyond the first stage.
    prop_oneof![6 => Just(Goes::Well), 3 => Just(Goes::Slowly), 1 => Just(Goes::Wrong)]
}

fn fate() -> impl Strategy<Value = Fate> {
    (
        goes(),
        [goes(), goes(), goes()],
        [goes(), goes()],
        [goes(), goes(), goes()],
        prop::sample::subsequence(STUMBLES.to_vec(), 0..5),
    )
        .prop_map(|(build, phases, targets, webs, stumbles)| Fate {
            build,
            phases,
            targets,
            webs,
            stumbles,
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        max_shrink_iters: 30,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_exit_code_is_that_of_the_model(fate in fate()) {
        let faults = fate.faults();
        let shop = Shop::with(&faults).yaml(YAML);
        let run = shop.deploy().run();
        prop_assert_eq!(run.code, Some(fate.code()), "{:?}\n{}", faults, run.stderr);
        prop_assert_eq!(lies(&run), Vec::<String>::new(), "{:?}\n{}", faults, run.stderr);
    }
}
