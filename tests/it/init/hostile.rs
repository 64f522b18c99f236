//! Names and files that are anybody's text: what they make is valid all the same.

use super::{alone, init, planned, shop};
use crate::support::Stub;

/// Names and files that are anybody's text.
#[test]
fn hostile_input_makes_a_valid_file_all_the_same() {
    let config = "[remote \"a\\\"\\\\: x\"]\n\turl = \"https://git.heroku.com/acme\\n- run: x.git\"\n\
                  [remote \"b: [c]\"]\n\turl = https://git.heroku.com/shop-b.git\n\
                  [remote \"\u{1b}[31m- run: x\"]\n\turl = git@heroku.com:shop-c.git\n";
    for app_json in [
        "[]".to_owned(),
        "{\"buildpacks\": 1, \"stack\": {}}".to_owned(),
        r#"{"buildpacks": [{"url": "a\n- run: x"}], "stack": "x\ny: z"}"#.to_owned(),
        r#"{"buildpacks": [{"url": "heroku/#:${HOME}\"'[]{}&*!"}]}"#.to_owned(),
        "[".repeat(100_000),
        format!("{{\"buildpacks\": [\"{}\"]}}", "x".repeat(3 << 20)),
    ] {
        let shop = shop();
        shop.git(&["init", "--quiet"]);
        shop.write(".git/config", config);
        shop.write("app.json", &app_json);
        shop.write(
            "Procfile",
            "web: x\nrelease: \u{1b}]0;x\u{7} \" # - run: x\u{2028}y: z\n",
        );
        let (yaml, told) = planned(&shop, &alone(&shop, &[]).output());
        let control = |c: char| c.is_control() && c != '\n';
        assert!(
            !yaml.contains(control) && !told.contains(control),
            "{told:?}\n{yaml:?}"
        );
        let read: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
        let mut keys: Vec<&String> = read.as_object().unwrap().keys().collect();
        keys.retain(|key| *key != "build");
        assert_eq!(keys, ["platform", "stages", "version"], "{yaml}");
        for stage in read["stages"].as_array().unwrap() {
            assert_eq!(stage["verify"].as_array().unwrap().len(), 1, "{yaml}");
            assert_eq!(stage["verify"][0]["http"]["path"], "/", "{yaml}");
        }
    }
}

#[test]
fn a_platforms_hostile_names_make_a_valid_file_all_the_same() {
    for (name, expected) in [
        (r"a: b # \u001b[31m\n- run: x", "pipeline: id-1 #"),
        (r"\u0007x", "pipeline: id-1 #"),
        (
            r#"\":&*!|>'{}[],${HOME}@`"#,
            r#"pipeline: "\":&*!|>'{}[],$${HOME}@`" #"#,
        ),
        ("true", "pipeline: \"true\" #"),
    ] {
        let shop = shop();
        let list = format!(r#"[{{"id": "id-1", "name": "{name}"}}]"#);
        let stub = Stub::answering("200 OK", "Content-Type: application/json\r\n", list.leak());
        let (yaml, told) = planned(&shop, &init(&shop, &[]).api_url(Some(&stub.url)).output());
        assert!(yaml.contains(expected), "{expected}\n{yaml}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(
            !yaml.contains(control) && !told.contains(control),
            "{told:?}"
        );
    }
    let shop = shop();
    let both = r#"[{"id": "a b\ny: z", "name": "x\ny: z"}]"#;
    let stub = Stub::answering("200 OK", "Content-Type: application/json\r\n", both);
    let (yaml, told) = planned(&shop, &init(&shop, &[]).api_url(Some(&stub.url)).output());
    assert!(
        !yaml.contains("pipeline: x") && told.contains("deploy.yaml does not take"),
        "{told}"
    );
}

/// A repository in which a file is a pipe that nobody writes to, or has no end, holds nobody up.
#[cfg(unix)]
#[test]
fn a_hostile_repository_is_not_waited_for() {
    let shop = shop();
    for (file, made) in [
        (".git/HEAD", "fifo"),
        (".git/HEAD", "/dev/zero"),
        (".git/commondir", "fifo"),
        (".git/commondir", "/dev/zero"),
        (".git/config", "fifo"),
        (".git/config", "/dev/zero"),
        (".git/refs/heads/main", "fifo"),
        (".git/refs/heads/main", "/dev/zero"),
        (".git/packed-refs", "fifo"),
        (".git/HEAD", "ref: /dev/zero\n"),
        (
            ".git/HEAD",
            "ref: refs/../../../../../../../../../../dev/zero\n",
        ),
        ("app.json", "fifo"),
        ("Procfile", "/dev/zero"),
    ] {
        let git = shop.workspace().join(".git");
        let _ = std::fs::remove_dir_all(&git);
        for name in ["objects", "refs/heads"] {
            std::fs::create_dir_all(git.join(name)).unwrap();
        }
        shop.write(".git/HEAD", "ref: refs/heads/main\n");
        let path = shop.workspace().join(file);
        let _ = std::fs::remove_file(&path);
        match made {
            "fifo" => {
                let made = std::process::Command::new("mkfifo").arg(&path).status();
                assert!(made.unwrap().success());
            }
            "/dev/zero" => std::os::unix::fs::symlink(made, &path).unwrap(),
            text => shop.write(file, text),
        }
        let bare = alone(&shop, &["--offline", "--stdout"]).bare();
        let output = std::process::Command::new("timeout")
            .arg("60")
            .arg(bare.get_program())
            .args(bare.get_args())
            .current_dir(shop.workspace())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{file} {made}: {output:?}");
        std::fs::remove_file(&path).unwrap();
    }
}
