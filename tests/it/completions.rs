//! Completions in bash, as the script of `completions bash` makes them. `tests/ci/completions.py` presses TAB, in zsh and fish, too.
#![cfg(unix)]

use std::process::Command;

use crate::support::Shop;

/// What bash would offer for the last word of a line.
fn offered(shop: &Shop, words: &[&str]) -> Vec<String> {
    let script = shop
        .launchway(&["completions", "bash"])
        .api_url(None)
        .text();
    let script = format!(
        "{script}\nCOMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _launchway_names \"$1\" \"${{@: -1}}\" \"${{@: -2:1}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash")
        .args([
            "--norc",
            "-c",
            &script,
            "bash",
            env!("CARGO_BIN_EXE_launchway"),
        ])
        .args(words)
        .current_dir(shop.workspace())
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn names_come_from_deploy_yaml_and_from_nowhere_else() {
    let shop = Shop::new();
    shop.write("other.yaml", "stages: [{stage: canary, app: x-1}]\n");
    for (words, expected) in [
        (&["deploy", "--to", ""][..], &["staging", "production"][..]),
        (&["deploy", "--to", "=", "pr"], &["production"]),
        (
            &["promote", "--to", "production", "--app", "shop-e"],
            &["shop-eu"],
        ),
        (&["-c", "other.yaml", "deploy", "--to", ""], &["canary"]),
        (&["pipeline", "show", ""], &["acme-shop"]),
        (&["rollba"], &["rollback"]),
        (&["deploy", "--igno"], &["--ignore-window"]),
    ] {
        assert_eq!(offered(&shop, words), expected, "{words:?}");
    }
    assert!(shop.requests().is_empty());
}

#[test]
fn nothing_in_a_file_is_run_or_told() {
    let shop = Shop::new().yaml(
        "stages: [{stage: \"$(touch pwned)\", app: \"`touch pwned`\"}, {stage: good, app: \"a b\"}]\n",
    );
    assert_eq!(offered(&shop, &["deploy", "--to", ""]), ["good"]);
    for broken in ["stages: [", "\u{0}", ""] {
        shop.write("deploy.yaml", broken);
        let offered = offered(&shop, &["deploy", "--to", "x"]);
        assert!(
            !offered.iter().any(|one| one.contains("error")),
            "{offered:?}"
        );
    }
    assert!(!shop.workspace().join("pwned").exists());
}
