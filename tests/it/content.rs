//! A version is a name: what is only called the same is built.

use std::process::Command;

use launchway::sandbox::Change;

use crate::support::{SINGLE, Shop};

/// The commit that the workspace is at, clean.
fn commit(shop: &Shop) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments)
            .current_dir(shop.workspace())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", shop.root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
    git(&["rev-parse", "HEAD"])
}

#[test]
fn a_release_that_is_only_called_like_this_commit_is_no_proof() {
    let shop = Shop::new().yaml(SINGLE);
    let version = commit(&shop);
    shop.change(Change::Release {
        app: "shop-staging".to_owned(),
        version: version.clone(),
    });
    let run = shop.deploy().run();
    run.exits(0)
        .says("nothing proves that its content is the same, so it is built");
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.runs("shop-staging"), 4);
    // The build that was made now has the checksum.
    let again = shop.deploy().run();
    again.exits(0).does_not_say("nothing proves");
    assert_eq!(again.count("POST", "/builds"), 0);
}
