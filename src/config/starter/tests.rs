use proptest::{prelude::*, sample::select};

use super::*;

fn starter() -> Starter {
    Starter {
        platform: PlatformKind::Heroku,
        api_url: None,
        pipeline: Some("acme-shop".to_owned()),
        stages: vec![
            ("staging".to_owned(), vec!["shop-staging".to_owned()]),
            (
                "production".to_owned(),
                vec!["shop-eu".to_owned(), "shop-us".to_owned()],
            ),
        ],
        made_up: false,
        buildpacks: vec!["heroku/nodejs".to_owned()],
        release_phase: Some("rake db:migrate # twice".to_owned()),
        web: true,
        image_from: Some("Dockerfile"),
        notes: vec![format!("left out: {}", quoted("a\nb"))],
    }
}

#[test]
fn it_is_a_file_for_people() {
    let path = Path::new("deploy.yaml");
    insta::assert_snapshot!("starter_whole", starter().proved(path).unwrap());
    let small = Starter {
        pipeline: None,
        stages: vec![("production".to_owned(), vec!["shop".to_owned()])],
        buildpacks: Vec::new(),
        release_phase: None,
        web: false,
        image_from: None,
        notes: Vec::new(),
        ..starter()
    };
    insta::assert_snapshot!("starter_small", small.proved(path).unwrap());
}

#[test]
fn what_is_written_is_read_back() {
    let starter = starter();
    let text = starter.proved(Path::new("deploy.yaml")).unwrap();
    let config = from_text(Path::new("deploy.yaml"), &text, &Env::default()).unwrap();
    assert_eq!(config.pipeline, starter.pipeline);
    assert_eq!(config.build.buildpacks, starter.buildpacks);
    let stages: Vec<_> = config
        .stages
        .iter()
        .map(|s| (s.name.clone(), s.apps.clone()))
        .collect();
    assert_eq!(stages, starter.stages);
    assert!(config.stages.iter().all(|stage| stage.verify.len() == 1));
}

#[test]
fn what_is_not_valid_is_no_file() {
    let wrong = Starter {
        stages: vec![("nowhere".to_owned(), vec!["shop".to_owned()])],
        ..starter()
    };
    assert!(wrong.proved(Path::new("deploy.yaml")).is_err());
}

/// Texts that mean something to YAML, to a terminal, or to launchway.
fn hostile() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "\n",
        "\r",
        ": ",
        "#",
        " #",
        "\"",
        "'",
        "\\",
        "${HOME}",
        "$${",
        "$",
        "{",
        "}",
        "[",
        "]",
        "- ",
        "\n- run: x",
        "&a",
        "*a",
        "!!int ",
        "|",
        ">",
        "%",
        "@",
        "`",
        "\u{1b}[31m",
        "\u{0}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{feff}",
        "é",
        "𝄞",
        "~",
        "null",
        "true",
        "1e3",
        "0x1f",
        "---",
        "...",
        "\t",
        "acme",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
        ".{0,40}"
    ]
}

proptest! {
    #[test]
    fn a_quoted_text_is_one_word_and_itself(text in hostile()) {
        let quoted = quoted(&text);
        let is_safe = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}' | '\u{feff}');
        prop_assert!(quoted.chars().all(is_safe), "{quoted:?}");
        // As another reader sees it, in a list between others, behind a key, with a comment behind it.
        let yaml = format!("a: [left, {quoted}, right]\nb: {quoted} # {quoted}\n# {quoted}\nc: z\n");
        let read: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
        // A literal `${` is written `$${`.
        let expected = text.replace("${", "$${");
        prop_assert_eq!(read, serde_json::json!({"a": ["left", expected, "right"], "b": expected, "c": "z"}));
    }

    #[test]
    fn nothing_foreign_changes_what_the_file_says(
        texts in prop::collection::vec(hostile(), 4)
    ) {
        let [pipeline, buildpack, command, note] = texts.try_into().unwrap();
        let hostile = Starter {
            pipeline: Some(pipeline),
            buildpacks: vec![buildpack],
            release_phase: Some(command),
            notes: vec![quoted(&note)],
            ..starter()
        };
        let path = Path::new("deploy.yaml");
        let env = Env::from_iter([("HOME", "/root")]);
        let text = hostile.text();
        prop_assert_eq!(text.lines().count(), starter().text().lines().count());
        let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let own: serde_json::Value = serde_saphyr::from_str(&starter().text()).unwrap();
        prop_assert_eq!(&read["stages"], &own["stages"]);
        // Where the reader takes the words, they are themselves.
        if let Ok(config) = from_text(path, &text, &env) {
            // An empty text is as good as none.
            let pipeline = hostile.pipeline.filter(|name| !name.is_empty());
            prop_assert_eq!(config.pipeline, pipeline);
            prop_assert_eq!(config.build.buildpacks, hostile.buildpacks);
            prop_assert!(config.variables.is_empty());
        }
    }
}
