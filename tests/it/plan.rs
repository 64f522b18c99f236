//! What `plan` says beside the plan: the hosts, the commits between; and the plan that is saved and executed.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Launchway, PIPELINE, Run, Shop};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    text(&output.stdout)
}

fn plan<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    shop.launchway(&["plan"]).args(arguments)
}

#[test]
fn the_hosts_are_known_offline_as_far_as_deploy_yaml_and_the_platform_tell() {
    let shop = Shop::new().yaml(
        "version: 1\nplatform: heroku\nstages:\n  - stage: staging\n    app: shop-staging\n    verify:\n      \
         - http: {url: \"https://status.example.com:8443/shop\"}\n      - http: {path: /health}\n      - run: npm run smoke\n\
         notify:\n  - http: {url: \"https://hooks.example.com/secret-path-of-the-test\"}\n",
    );
    let hosts = || {
        plan(&shop, &["--hosts", "--offline"])
            .api_url(None)
            .without("LAUNCHWAY_API_KEY")
    };
    let output = hosts().output();
    let lines: Vec<String> = succeeded(&output)
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "*.amazonaws.com upload of the source",
            "api.heroku.com API",
            "build-output.heroku.com output of builds",
            "hooks.example.com notify",
            "release-output.heroku.com output of release phases",
            "status.example.com:8443 check GET https://status.example.com:8443/shop",
        ]
    );
    let told = text(&output.stderr);
    assert!(
        told.contains("the platform tells the address of shop-staging"),
        "{told}"
    );
    assert!(
        told.contains("`npm run smoke` may talk to any host"),
        "{told}"
    );
    let json: Value =
        serde_json::from_str(&succeeded(&hosts().args(&["--output", "json"]).output())).unwrap();
    assert_eq!(json["hosts"][5]["port"], 8443);
    assert_eq!(json["hosts"][1]["purposes"][0], "API");
    assert_eq!(json["notes"].as_array().unwrap().len(), 2);
}

#[test]
fn the_platform_tells_the_other_hosts() {
    let shop = Shop::new().release_phase("./migrate");
    shop.deploy().run().exits(0);
    let before = shop.requests().len();
    let output = plan(&shop, &["--hosts", "--output", "json"]).output();
    let json: Value = serde_json::from_str(&succeeded(&output)).unwrap();
    let purposes: Vec<&str> = json["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|host| host["purposes"].as_array().unwrap())
        .map(|purpose| purpose.as_str().unwrap())
        .collect();
    for expected in [
        "API",
        "check GET /health",
        "output of builds",
        "output of release phases",
    ] {
        assert!(purposes.contains(&expected), "{json:#}");
    }
    let asked = shop.requests().split_off(before);
    assert!(
        asked.iter().all(|request| request.method == "GET"),
        "{asked:#?}"
    );
}

#[test]
fn of_an_address_that_is_a_secret_only_the_host_is_shown() {
    let shop = Shop::new().yaml(&format!(
        "{PIPELINE}source:\n  upload: {{put: \"https://u.example.com/x?Signature=put-secret-of-the-test\", \
         get: \"https://u.example.com/x?Signature=get-secret-of-the-test\"}}\n"
    ));
    let output = plan(&shop, &["--hosts", "--offline"]).output();
    let stdout = succeeded(&output);
    assert!(
        stdout.contains("u.example.com    upload of the source"),
        "{stdout}"
    );
    assert!(!stdout.contains("secret") && !text(&output.stderr).contains("secret-of"));
}

#[test]
fn the_commits_between_are_told() {
    let shop = Shop::new();
    shop.commit();
    shop.deploy().run().exits(0);
    for message in ["Make it faster", "Fix the cart\u{1b}[2J ::error::x"] {
        shop.write("src/index.js", message);
        shop.git(&["commit", "--quiet", "--all", "--message", message]);
    }
    let stdout = succeeded(&plan(&shop, &[]).output());
    let told = "on shop-staging, shop-eu and shop-us: 2 commits\n";
    assert!(stdout.contains(told), "{stdout}");
    assert!(stdout.contains("Fix the cart ::error::x\n"), "{stdout}");
    let json: Value =
        serde_json::from_str(&succeeded(&plan(&shop, &["--output", "json"]).output())).unwrap();
    let commits = &json["commits"][0];
    assert_eq!(
        (&commits["behind"], &commits["ahead"]),
        (&2.into(), &0.into())
    );
    assert_eq!(commits["newest"][1]["subject"], "Make it faster");
    // Back to the first one: what it takes away is told, too.
    shop.deploy().run().exits(0);
    shop.git(&["checkout", "--quiet", "HEAD~1"]);
    let stdout = succeeded(&plan(&shop, &[]).output());
    assert!(
        stdout.contains("0 commits, and 1 commit would be lost"),
        "{stdout}"
    );
}

/// A shop with a saved plan.
fn saved(faults: &[&str]) -> Shop {
    let shop = Shop::with(faults);
    let output = plan(&shop, &["--save", "plan.json"]).output();
    let stdout = succeeded(&output);
    assert!(stdout.contains("one build, 3 apps to change"), "{stdout}");
    assert!(text(&output.stderr).contains("saved the plan to plan.json"));
    shop
}

fn execute(shop: &Shop) -> Run {
    shop.deploy().args(&["--plan", "plan.json"]).run()
}

#[track_caller]
fn refused(shop: &Shop, why: &str) {
    let run = execute(shop);
    run.exits(16).changed_nothing().says(why);
}

#[test]
fn a_saved_plan_is_executed_and_can_be_executed_again() {
    let shop = saved(&["target=fail:shop-us"]);
    let file = fs::read_to_string(shop.workspace().join("plan.json")).unwrap();
    assert!(!file.contains(crate::support::TOKEN));
    // It comes as far as it can; what is live by then is no change.
    execute(&shop).exits(12);
    shop.set_faults(&[]);
    let run = execute(&shop);
    run.exits(0);
    assert_eq!(run.outcome("shop-staging"), "already_live");
    execute(&shop).exits(0).changed_nothing();
}

#[test]
fn a_plan_that_does_not_hold_any_more_is_refused() {
    let shop = saved(&[]);
    shop.somebody_releases_to("shop-us");
    let run = execute(&shop);
    run.exits(16)
        .changed_nothing()
        .says("shop-us of production: it ran v2");
    assert_ending!("saved_plan", run);

    let shop = saved(&[]);
    shop.write("src/index.js", "other");
    refused(&shop, "the source's version");

    let shop = saved(&[]).yaml(&format!("{PIPELINE}# another\n"));
    refused(&shop, "deploy.yaml has changed");

    let shop = saved(&[]);
    let run = shop
        .deploy()
        .args(&["--plan", "plan.json", "--to", "staging"])
        .run();
    run.exits(16)
        .changed_nothing()
        .says("the last stage (`--to`): it was production, and is staging");
    let run = shop
        .deploy()
        .args(&["--plan", "plan.json", "--force"])
        .run();
    run.exits(16).changed_nothing().says("`--force`");
    // As it was saved it still holds.
    execute(&shop).exits(0);
}

#[test]
fn what_others_wrote_into_a_plan_can_only_be_refused() {
    let shop = saved(&[]);
    let file = fs::read_to_string(shop.workspace().join("plan.json")).unwrap();
    for (from, to, why) in [
        ("shop-eu", "shop-elsewhere", "the stages, or their apps"),
        ("\"production\"", "\"staging\"", "the last stage"),
        (
            "\"launchway_plan\": 1",
            "\"launchway_plan\": 7",
            "in version 7 of its shape",
        ),
        ("\"force\": false", "\"force\": true", "`--force`"),
        ("\"heroku\"", "\"::error::\\u001b[2J\"", "the platform"),
        ("{", "", "it is not a saved plan"),
    ] {
        shop.write("plan.json", &file.replacen(from, to, 1));
        refused(&shop, why);
    }
    fs::write(shop.workspace().join("plan.json"), [0xff, 0xfe, 0]).unwrap();
    refused(&shop, "it is not a saved plan");
    fs::remove_file(shop.workspace().join("plan.json")).unwrap();
    let run = execute(&shop);
    run.exits(74)
        .changed_nothing()
        .says("cannot read the saved plan plan.json");
    assert!(run.requests.is_empty());
}

#[test]
fn a_plan_goes_into_a_file_of_its_own() {
    let shop = Shop::new();
    let code = |arguments: &[&str]| plan(&shop, arguments).output().status.code();
    assert_eq!(code(&["--save", "-"]), Some(2));
    assert_eq!(code(&["--save", "plan.json", "--offline"]), Some(2));
    assert_eq!(code(&["--save", "no/such/directory/plan.json"]), Some(74));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(shop.root().join("elsewhere"), shop.workspace().join("link"))
            .unwrap();
        assert_eq!(code(&["--save", "link"]), Some(74));
        assert!(!shop.root().join("elsewhere").exists());
    }
}

#[test]
fn a_stack_near_its_end_is_warned_about() {
    let shop = Shop::new();
    shop.answer(
        "PATCH",
        "/apps/shop-us",
        &json!({"build_stack": "heroku-22"}),
    );
    let plan = shop.launchway(&["plan"]).run();
    let said = "shop-us is on the stack heroku-22, which is deprecated";
    assert!(
        plan.exits(0).stdout.concat().contains(said),
        "{:?}",
        plan.stdout
    );
    // Two stacks, three apps.
    assert_eq!(plan.count("GET", "/stacks/heroku-22"), 1);
    assert_eq!(plan.count("GET", "/stacks/heroku-24"), 1);
    // A platform that does not tell spoils no plan.
    shop.set_faults(&["http=503@1+:GET /stacks/"]);
    let plan = shop.launchway(&["plan"]).run();
    assert!(!plan.exits(0).stdout.concat().contains("deprecated"));
    // The run has other things to ask.
    shop.set_faults(&[]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("GET", "/stacks/heroku-22"), 0);
}

#[test]
fn a_plan_says_what_becomes_of_the_upload_and_who_is_told() {
    let hooks = "notify:\n  - http: {url: \"https://hooks.example.com/secret-path-of-the-test\", body: slack}\n    \
                 on: [failure, rolled_back]\n    timeout: 10s\n  - run: |\n      ./scripts/tell\n      exit 0\n";
    let shop = Shop::new().yaml(&format!("{PIPELINE}{hooks}"));
    let plan = shop.plan_text(&[]);
    let mut filters = crate::support::FILTERS.to_vec();
    filters.extend([
        (r"on \d{4}-\d{2}-\d{2}", "on [day]"),
        (r" +\d+ B  .+", "    [file]"),
    ]);
    insta::with_settings!({filters => filters, omit_expression => true}, {
        insta::assert_snapshot!("plan_afterwards", plan);
    });
    assert!(!plan.contains("secret-path"), "{plan}");
    let json = succeeded(&shop.launchway(&["plan", "--output", "json"]).output());
    assert!(!json.contains("secret-path"), "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["build"],
        json!({"shred": true, "on_notice": "rebuild"})
    );
    assert_eq!(
        json["notify"][0]["on"],
        json!(["failure", "rolled_back"]),
        "{json}"
    );
    assert_eq!(json["notify"][0]["host"], "hooks.example.com");
    assert_eq!(json["notify"][1]["command"], "./scripts/tell");
    // Once it is live, nothing is uploaded or built.
    shop.deploy().run().exits(0);
    let plan = shop.plan_text(&[]);
    assert!(!plan.contains("source.shred"), "{plan}");
    let rehearsal = shop
        .launchway(&["plan", "--sandbox"])
        .api_url(None)
        .output();
    let rehearsal = succeeded(&rehearsal);
    assert!(rehearsal.contains("but not by a rehearsal"), "{rehearsal}");
}
