//! The JSON documents that commands print.

use std::process::{Command, Output};

use serde_json::Value;

/// The document that a command printed, after it was held against its schema.
#[track_caller]
pub(crate) fn document(output: &Output, of: &str) -> Value {
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let schema = Command::new(env!("CARGO_BIN_EXE_launchway"))
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
