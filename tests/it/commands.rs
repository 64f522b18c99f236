//! Commands as checks, and what a command may do that it should not.

use std::fs;

use crate::support::{PIPELINE, SINGLE, Shop};
use crate::verify::until_gone;

/// A shop with one stage that has this command as its check.
fn shop(command: &str) -> Shop {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    let yaml = format!("{stages}    verify:\n      - run: {command}\n        timeout: 30s\n");
    Shop::new().yaml(&yaml)
}

#[test]
fn what_it_leaves_behind_is_ended_and_not_waited_for() {
    let shop = shop("sleep 300 & echo $! > ../pid; echo done");
    let run = shop.deploy().run();
    run.exits(0).says("| done");
    until_gone(&fs::read_to_string(shop.root().join("pid")).unwrap());
}

/// Starts a daemon, in a session of its own, whose id is in `../pid`; then this.
#[cfg(target_os = "linux")]
fn with_a_daemon(then: &str) -> String {
    format!(
        "'setsid sh -c \"setsid sleep 300 & echo \\$! > ../pid.new; mv ../pid.new ../pid\" & \
         until test -f ../pid; do sleep 0.01; done; {then}'"
    )
}

#[cfg(target_os = "linux")]
#[test]
fn what_left_its_group_is_ended_too() {
    for (then, code) in [("true", 0), ("exit 3", 13)] {
        let shop = shop(&with_a_daemon(then));
        shop.deploy().run().exits(code);
        until_gone(&fs::read_to_string(shop.root().join("pid")).unwrap());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_what_left_its_group() {
    let shop = shop(&with_a_daemon("touch ../hangs; trap \"\" TERM; sleep 300"));
    let mut live = shop.deploy().start();
    let hangs = shop.root().join("hangs");
    shop.until(|| hangs.exists());
    live.signal(rustix::process::Signal::TERM);
    live.end().exits(143);
    until_gone(&fs::read_to_string(shop.root().join("pid")).unwrap());
}

#[test]
fn it_may_close_its_output() {
    let run = shop("echo bye; exec >&- 2>&-; sleep 0.1; exit 3")
        .deploy()
        .run();
    run.exits(13).says("| bye").says("exit code 3");
}

#[test]
fn what_the_shell_cannot_do_is_said() {
    let shop = shop("./smoke.sh");
    shop.write("smoke.sh", "echo never\n");
    let run = shop.deploy().run();
    run.exits(13)
        .says("exit code 126 (the shell could not execute it)")
        .says("smoke.sh: ");
    let run = self::shop("no-such-command-anywhere").deploy().run();
    run.exits(13)
        .says("exit code 127 (the shell did not find it)");
}

#[test]
fn of_a_flood_the_beginning_and_the_end_are_shown() {
    let run = shop("yes flood | head -n 60000; echo the last line; exit 1")
        .deploy()
        .run();
    run.exits(13)
        .says("| [launchway leaves out ")
        .says("| the last line");
    let shown = run.output().len();
    assert!((10_000..40_000).contains(&shown), "{shown}");
}

#[test]
fn each_line_has_its_app() {
    let yaml = PIPELINE.replace(
        "  - stage: production\n    apps: [shop-eu, shop-us]\n    verify:\n",
        "  - stage: production\n    apps: [shop-eu, shop-us]\n    verify:\n      - run: \"echo smoke; echo fine >&2\"\n",
    );
    let run = Shop::new().yaml(&yaml).deploy().run();
    run.exits(0);
    for app in ["shop-eu", "shop-us"] {
        for line in ["smoke", "fine"] {
            let is_it = |shown: &str| shown.contains(app) && shown.ends_with(&format!("| {line}"));
            assert!(run.stderr.lines().any(is_it), "{}", run.stderr);
        }
    }
}

#[test]
fn one_that_forks_and_hangs_is_ended_whole() {
    let command = "(trap '' TERM HUP; sleep 300 & echo $! > ../pid; wait) & wait";
    let shop = shop(command);
    shop.write(
        "deploy.yaml",
        &fs::read_to_string(shop.workspace().join("deploy.yaml"))
            .unwrap()
            .replace("timeout: 30s", "timeout: 5s"),
    );
    let run = shop.deploy().run();
    run.exits(13).says("it did not end within 5s");
    if let Ok(pid) = fs::read_to_string(shop.root().join("pid")) {
        until_gone(&pid);
    }
}
