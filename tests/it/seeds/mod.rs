//! The documents that the project started from, each walked call by call with launchway's own commands. Each file says what
//! its document says; where that is not so, the call is made as it really is, and the comment says what was corrected.

mod akkeris;
mod article;
mod building;
mod partner;
mod pipelines;

use std::process::Output;

use launchway::sandbox::{Request, Surface};
use serde_json::Value;

use crate::support::{self, Shop, spec};

/// A shop whose apps are in no pipeline yet.
fn uncoupled(surface: Surface, apps: &[&str], yaml: &str) -> Shop {
    let apps: Vec<(&str, &str)> = apps.iter().map(|app| (*app, "")).collect();
    let mut spec = spec(surface, "none", &apps, &[]);
    spec.pipeline = None;
    let shop = Shop::start(spec);
    shop.write("deploy.yaml", yaml);
    shop
}

/// What a command did.
struct Did {
    output: Output,
    /// What it asked of the platform.
    requests: Vec<Request>,
}

/// Runs a command to its end, which must be this one.
#[track_caller]
fn command(shop: &Shop, arguments: &[&str], code: i32) -> Did {
    command_as(shop, arguments, None, code)
}

/// The same with a token of its own.
#[track_caller]
fn command_as(shop: &Shop, arguments: &[&str], token: Option<(&str, &str)>, code: i32) -> Did {
    let before = shop.requests().len();
    let command = shop.launchway(arguments);
    let output = match token {
        Some((name, value)) => command.env(name, value).output(),
        None => command.output(),
    };
    assert_eq!(output.status.code(), Some(code), "{arguments:?} {output:?}");
    let requests = shop.requests().split_off(before);
    Did { output, requests }
}

impl Did {
    /// The document that it prints, held against its schema.
    #[track_caller]
    fn document(&self, schema: &str) -> Value {
        support::document(&self.output, schema)
    }

    /// What it tells people.
    fn said(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// The bodies of the requests of a method with exactly this path.
    fn bodies(&self, method: &str, path: &str) -> Vec<Value> {
        let requests = self.requests.iter();
        requests
            .filter(|one| one.method == method && one.path == path)
            .map(|one| one.body.clone().unwrap_or_default())
            .collect()
    }

    /// Whether this was asked: the method, and the path without what is behind a question mark.
    #[track_caller]
    fn asked(&self, method: &str, path: &str) -> &Self {
        let is_it = |one: &Request| {
            one.method == method && one.path.split('?').next().unwrap_or_default() == path
        };
        let all: Vec<String> = self
            .requests
            .iter()
            .map(|one| format!("{} {}", one.method, one.path))
            .collect();
        assert!(
            self.requests.iter().any(is_it),
            "no {method} {path}: {all:#?}"
        );
        self
    }
}
