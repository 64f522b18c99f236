//! The example and the schema: the example is valid and complete, and the schema says what the reader accepts.

use std::{collections::BTreeSet, fs, path::Path};

use launchway::{
    config::{self, Check, LoadError, schema::json_schema},
    env::Env,
    exit::Exit,
};
use serde_json::{Map, Value, json};

fn example() -> String {
    fs::read_to_string("deploy.example.yaml").unwrap()
}

#[test]
fn the_example_is_valid_without_any_variable() {
    let config = config::load(Path::new("deploy.example.yaml"), &Env::default()).unwrap();
    assert_eq!(config.stages.len(), 2);
    assert_eq!(config.source.dir, Path::new("."));
    assert_eq!(config.source.version, None);
}

#[test]
fn the_examples_version_is_the_checkouts_commit_unless_it_has_a_name() {
    let version = |name: &str| {
        let env = Env::from_iter([(name, "abc123")]);
        let config = config::load(Path::new("deploy.example.yaml"), &env).unwrap();
        config.source.version
    };
    // What a CI system calls the commit may be another one than is checked out.
    for name in ["GITHUB_SHA", "CI_COMMIT_SHA"] {
        assert_eq!(version(name), None, "{name}");
    }
    assert_eq!(version("RELEASE_NAME").as_deref(), Some("abc123"));
}

#[test]
fn the_example_fits_the_schema() {
    // Read by the YAML crate's own way, not by ours.
    let example: Value = serde_saphyr::from_str(&example()).unwrap();
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&example)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [] as [&str; 0]);
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&json_schema()));
}

#[test]
fn the_example_mentions_every_key() {
    let example = example();
    let schema = json_schema();
    let mut keys = BTreeSet::new();
    keys_of(&schema, &schema, &mut keys);
    assert!(keys.contains("successes") && keys.len() > 20, "{keys:?}");
    let missing: Vec<&String> = keys
        .iter()
        .filter(|key| !example.contains(&format!("{key}:")))
        .collect();
    assert_eq!(missing, [] as [&str; 0]);
}

#[test]
fn the_committed_schema_is_current() {
    let committed = fs::read_to_string("deploy.schema.json").unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    if committed != json_schema() && std::env::var_os("UPDATE_SCHEMA").is_some() {
        let text = serde_json::to_string_pretty(&json_schema()).unwrap();
        fs::write("deploy.schema.json", text + "\n").unwrap();
        return;
    }
    assert!(
        committed == json_schema(),
        "deploy.schema.json is out of date: run `UPDATE_SCHEMA=1 cargo test --test it example`"
    );
}

#[test]
fn every_key_of_the_schema_has_a_description() {
    for (name, key) in tables(&json_schema()).into_iter().flatten() {
        assert!(
            key["description"]
                .as_str()
                .is_some_and(|text| text.len() > 5),
            "{name}"
        );
    }
}

/// Each key of the schema is known to the reader, and takes the value that the schema gives as an example.
#[test]
fn the_reader_knows_every_key_of_the_schema() {
    let schema = json_schema();
    let mut instances = Vec::new();
    instances_of(&schema, &schema, &mut instances);
    assert!(instances.len() >= 2, "the platform alone has two forms");
    for instance in instances {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deploy.yaml");
        // JSON is YAML.
        fs::write(&path, serde_json::to_string_pretty(&instance).unwrap()).unwrap();
        let Err(LoadError::Invalid(problems)) = config::load(&path, &Env::default()) else {
            panic!("every key at once cannot be valid");
        };
        assert_eq!(
            problems.count(),
            problems.iter().count(),
            "nothing was cut off"
        );
        for problem in problems.iter() {
            let message = &problem.message;
            // All keys of a table at once contradict each other, and no platform has a use for all of them; that is no
            // disagreement about the keys.
            let contradiction = [
                "in one",
                "given twice",
                "is for `",
                "heroku",
                "akkeris",
                "together",
                "first stage",
            ]
            .iter()
            .any(|word| message.contains(word));
            assert!(contradiction, "{message}\n{instance:#}");
        }
    }
}

/// The keys, and those of the tables that they lead to.
fn keys_of(schema: &Value, root: &Value, out: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        keys_of(root.pointer(&reference[1..]).unwrap(), root, out);
    }
    for (name, key) in schema["properties"].as_object().into_iter().flatten() {
        out.insert(name.clone());
        keys_of(key, root, out);
    }
    let forms = ["allOf", "anyOf"]
        .into_iter()
        .filter_map(|word| schema[word].as_array());
    for part in forms
        .flatten()
        .chain([&schema["items"]])
        .filter(|part| part.is_object())
    {
        keys_of(part, root, out);
    }
}

/// The properties of every table in the schema.
fn tables(schema: &Value) -> Vec<Map<String, Value>> {
    let definitions = schema["definitions"].as_object().unwrap().values();
    std::iter::once(schema)
        .chain(definitions)
        .filter_map(|table| table["properties"].as_object().cloned())
        .collect()
}

/// Values that fit `schema` with every key of it; one for each form that something in it can have.
fn instances_of(schema: &Value, root: &Value, out: &mut Vec<Value>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return instances_of(root.pointer(&reference[1..]).unwrap(), root, out);
    }
    if let Some(all) = schema["allOf"].as_array() {
        return instances_of(&all[0], root, out);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().for_each(|form| instances_of(form, root, out));
    }
    if let Some(properties) = schema["properties"].as_object() {
        let mut columns = Map::new();
        for (name, key) in properties {
            let mut values = Vec::new();
            instances_of(key, root, &mut values);
            columns.insert(name.clone(), Value::Array(values));
        }
        let rows = columns
            .values()
            .filter_map(Value::as_array)
            .map(Vec::len)
            .max()
            .unwrap_or(1);
        out.extend((0..rows).map(|row| {
            let pick = |values: &Value| values[row % values.as_array().unwrap().len()].clone();
            Value::Object(
                columns
                    .iter()
                    .map(|(name, values)| (name.clone(), pick(values)))
                    .collect(),
            )
        }));
        return;
    }
    match schema["type"].as_str() {
        Some("array") => {
            let mut items = Vec::new();
            instances_of(&schema["items"], root, &mut items);
            out.extend(items.into_iter().map(|item| json!([item])));
        }
        Some("boolean") => out.push(json!(true)),
        Some("integer") => out.push(schema["minimum"].clone()),
        _ if schema["oneOf"].is_array() => out.push(schema["oneOf"][0]["const"].clone()),
        _ if !schema["const"].is_null() => out.push(schema["const"].clone()),
        _ if schema["enum"].is_array() => out.push(schema["enum"][0].clone()),
        // A map with keys of the user's choice.
        Some("object") => out.push(schema["examples"][0].clone()),
        Some("string") => out.push(schema["examples"].get(0).cloned().unwrap_or(json!("text"))),
        other => panic!("a schema of type {other:?}"),
    }
}

#[test]
fn the_checks_that_are_shown_prove_that_the_new_code_answers() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, behind) = readme.split_once("## deploy.yaml\n").unwrap();
    let snippet = behind.split("```").nth(1).unwrap();
    let snippet = snippet.strip_prefix("yaml\n").unwrap();
    let dir = tempfile::tempdir().unwrap();
    for text in [example().as_str(), snippet] {
        let path = dir.path().join("deploy.yaml");
        fs::write(&path, text).unwrap();
        let config = config::load(&path, &Env::default()).unwrap();
        let checks = config.stages.iter().flat_map(|stage| &stage.verify);
        let proves: Vec<bool> = checks
            .filter_map(|check| match check {
                Check::Http(http) => Some(http.answer.proves()),
                Check::Dynos(_) | Check::Run(_) => None,
            })
            .collect();
        assert_eq!(proves, [true, true], "{text}");
    }
}

#[test]
fn the_snippets_of_the_readme_are_the_files_that_are_executed() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    for file in [
        "examples/github/deploy.yml",
        "examples/gitlab/.gitlab-ci.yml",
    ] {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(
            readme.contains(&format!("```yaml\n{text}```\n")),
            "README.md does not show {file} as it is"
        );
    }
}

#[test]
fn the_pages_say_what_the_binary_says() {
    let page = |name: &str| fs::read_to_string(name).unwrap();
    let codes = page("docs/exit-codes.md");
    for exit in Exit::all() {
        let (code, word) = (exit.code(), exit.word());
        let row = format!(
            "| {code} | {word} | {} | {} |\n",
            exit.meaning(),
            exit.next()
        );
        assert!(codes.contains(&row), "docs/exit-codes.md lacks {row}");
    }
    assert!(
        page("docs/sandbox.md").contains(&format!("```text\n{}", launchway::sandbox::grammar()))
    );
}

/// Where the documents lead to is there.
#[test]
fn no_link_of_the_documents_is_dead() {
    let pages = fs::read_dir("docs")
        .unwrap()
        .map(|page| page.unwrap().path());
    let mut files: Vec<_> = pages
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
        .collect();
    assert!(files.len() > 3, "{files:?}");
    files.extend(
        [
            "README.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "RELEASING.md",
        ]
        .map(Into::into),
    );
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = link.split('#').next().unwrap();
            let place = file.parent().unwrap_or(Path::new("")).join(target);
            assert!(place.exists(), "{}: {link}", file.display());
        }
    }
}
