//! What those who may edit `deploy.yaml`, name a branch, or run as a check can't get: the token, and commands of their own.

use std::fs;

use crate::support::{PIPELINE, SINGLE, Shop, TOKEN};

/// One stage with this command as its check.
fn with_command(command: &str) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    format!("{stages}    verify:\n      - run: '{command}'\n")
}

#[cfg(unix)]
#[test]
fn the_name_of_a_branch_is_no_command() {
    let shop = Shop::new().yaml(&with_command(
        "echo \"branch ${GITHUB_HEAD_REF} ${NOT_SET:-none} $LAUNCHWAY_APP\"",
    ));
    let mark = shop.root().join("ran");
    let name = format!("x$(touch {})y", mark.display());
    let run = shop.deploy().env("GITHUB_HEAD_REF", &name).run();
    run.exits(0)
        .says(&format!("branch {name} none shop-staging"));
    assert!(!mark.exists(), "the branch's name ran");
}

#[test]
fn what_only_deploy_yaml_names_gets_no_token() {
    let shop = Shop::new();
    let url = shop.api_url().to_owned();
    let shop = shop.yaml(&PIPELINE.replace(
        "platform: heroku",
        &format!("platform: {{kind: heroku, api_url: \"{url}\"}}"),
    ));
    let key = shop.root().join("key");
    fs::write(&key, TOKEN).unwrap();
    let key = key.to_str().unwrap();
    for command in [&["deploy"][..], &["promote", "--to", "production"]] {
        for key in [None, Some(key)] {
            let mut launchway = shop.launchway(command).api_url(None);
            if let Some(key) = key {
                launchway = launchway.args(&["--api-key-file", key]);
            }
            let run = launchway.run();
            run.exits(77).says("LAUNCHWAY_API_URL");
            assert!(run.requests.is_empty(), "{:?}", run.requests);
        }
    }
    let run = shop.deploy().api_url(None).run();
    assert_ending!("only_in_the_file", run);
    let plan = std::process::Command::new(env!("CARGO_BIN_EXE_launchway"))
        .arg("plan")
        .env_clear()
        .env("LAUNCHWAY_API_KEY", TOKEN)
        .current_dir(shop.workspace())
        .output()
        .unwrap();
    assert_eq!(plan.status.code(), Some(77));
    // Named outside of the file as well, it gets the token.
    let run = shop.deploy().run();
    run.exits(0);
}

#[test]
fn no_text_gets_the_token() {
    let shop = Shop::new().yaml(&SINGLE.replace("/health", "\"/${HEROKU_API_KEY}\""));
    let run = shop.deploy().env("HEROKU_API_KEY", TOKEN).run();
    run.exits(65).says("HEROKU_API_KEY").does_not_say(TOKEN);
    assert!(run.requests.is_empty());
    // Of a file's token it is known only later that a variable has it.
    let shop = Shop::new().yaml(&SINGLE.replace("/health", "\"/${OTHER}\""));
    let key = shop.root().join("key");
    fs::write(&key, TOKEN).unwrap();
    let run = shop
        .deploy()
        .without("LAUNCHWAY_API_KEY")
        .env("OTHER", TOKEN)
        .args(&["--api-key-file", key.to_str().unwrap()])
        .run();
    run.exits(65)
        .says("the variable `OTHER` holds the platform's token")
        .does_not_say(TOKEN);
    assert!(run.requests.is_empty());
}

/// Runs as a user who is not root, since root may read everything.
#[cfg(target_os = "linux")]
mod ordinary_user {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::Path;
    use std::process::{Command, Output};

    use super::*;

    /// The binary as an ordinary user would start it, in a directory of its own: a rehearsal with this check.
    fn rehearse(check: &str) -> Output {
        let dir = tempfile::tempdir().unwrap();
        let open = |path: &Path| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        };
        open(dir.path());
        let binary = dir.path().join("launchway");
        fs::copy(env!("CARGO_BIN_EXE_launchway"), &binary).unwrap();
        fs::write(dir.path().join("Procfile"), "web: ./run\n").unwrap();
        fs::write(dir.path().join("deploy.yaml"), with_command(check)).unwrap();
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command
            .arg("-c")
            .arg("exec ./launchway deploy --sandbox")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", dir.path())
            .env("LAUNCHWAY_API_KEY", TOKEN)
            .env("LAUNCHWAY_TEST_TEMPO", "0.02")
            .current_dir(dir.path())
            .output()
            .unwrap()
    }

    #[test]
    fn a_check_can_not_read_the_token_of_its_parent() {
        // The shell's parent is launchway.
        let check = "cat /proc/$PPID/environ; cat /proc/$PPID/mem; echo tried $PPID; env";
        let output = rehearse(check);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("tried "), "{said}");
        assert!(said.contains("environ: Permission denied"), "{said}");
        assert!(!said.contains(TOKEN) && !said.contains("***"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_token_that_was_handed_over_can_not_be_read_again() {
    use std::process::Command;
    // A here-document in a file without a name, and a pipe: what shells make of `<<<` and `<(…)`.
    let shop = Shop::new().yaml(&with_command(
        "echo again: $(cat /dev/fd/3); echo position: $(cat /proc/self/fd/3 2>&1)",
    ));
    for script in [
        "exec 3<key; rm key; exec \"$0\" \"$@\"",
        "cat key | { exec 3<&0 </dev/null; exec \"$0\" \"$@\"; }",
    ] {
        shop.write("key", TOKEN);
        let output = Command::new("sh")
            .args([
                "-c",
                script,
                env!("CARGO_BIN_EXE_launchway"),
                "deploy",
                "--force",
            ])
            .args(["--api-url", shop.api_url(), "--api-key-file", "/dev/fd/3"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LAUNCHWAY_TEST_TEMPO", "0.02")
            .current_dir(shop.workspace())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        assert!(said.contains("again:"), "{said}");
        assert!(
            !said.contains(TOKEN) && !said.contains("***"),
            "{script}: {said}"
        );
    }
}
