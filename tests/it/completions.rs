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

/// What the binary says to a script, which waits for it at each TAB.
fn asked(shop: &Shop) -> String {
    let mut command = shop
        .launchway(&["__complete", "+", "launchway", "deploy", "--to"])
        .api_url(None)
        .bare();
    let output = within_seconds(&mut command);
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs it, and ends it if it hangs.
fn within_seconds(command: &mut Command) -> std::process::Output {
    let limited = Command::new("timeout")
        .arg("60")
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .output()
        .unwrap();
    assert!(limited.status.success(), "{limited:?}");
    limited
}

#[test]
fn a_hostile_directory_neither_holds_up_the_shell_nor_fills_it() {
    let shop = Shop::new();
    let yaml = shop.workspace().join("deploy.yaml");
    let remove = || std::fs::remove_file(&yaml).unwrap();
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for name in 'b'..'z' {
        let last = char::from(name as u8 - 1);
        let nine = format!("*{last}, ").repeat(9);
        bomb.extend([format!("{name}: &{name} [{nine}]\n")]);
    }
    bomb += "stages: *y\n";
    for text in [
        "a: &a [*a, *a]\nstages: *a\n".to_owned(),
        "a: &a {b: *a}\nstages: [*a]\n".to_owned(),
        bomb,
        "[".repeat(1 << 20),
        "- ".repeat(1 << 19),
        "{a: ".repeat(1 << 18),
        "\"".to_owned() + &"x".repeat(8 << 20),
        "&a ".repeat(1 << 18),
    ] {
        shop.write("deploy.yaml", &text);
        assert_eq!(asked(&shop), "", "{}", &text[..20]);
    }
    remove();
    let made = Command::new("mkfifo").arg(&yaml).status().unwrap();
    assert!(made.success());
    assert_eq!(asked(&shop), "");
    remove();
    for target in [
        "/dev/zero",
        "/dev/tty",
        "/proc/self/mem",
        "deploy.yaml",
        ".",
    ] {
        std::os::unix::fs::symlink(target, &yaml).unwrap();
        assert_eq!(asked(&shop), "", "{target}");
        remove();
    }
}
