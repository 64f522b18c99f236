//! The pipeline itself, as the `pipeline` commands look at it and change it, on both platforms.

mod apply;
mod show;

use std::process::Output;

use serde_json::Value;

use crate::support::{Launchway, Shop};

/// The document, after it was held against its schema.
#[track_caller]
fn document(output: &Output, of: &str) -> Value {
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let schema = assert_cmd::Command::cargo_bin("launchway")
        .unwrap()
        .args(["schema", of])
        .output()
        .unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{document:#}");
    document
}

fn pipeline<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    shop.launchway(&["pipeline"]).args(arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What was asked since so many requests.
fn asked(shop: &Shop, before: usize) -> Vec<String> {
    let requests = shop.requests().split_off(before);
    let names = requests.iter();
    names
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}
