//! What is done with a shop: commands other than `deploy`, and what somebody else does on its platform.

use std::process::Command;

use launchway::sandbox::Change;
use serde_json::Value;

use super::shop::{Launchway, RUNTIME, Shop, TOKEN, binary};

impl Shop {
    /// A command that has a record and events: `deploy`, `promote`, `rollback`.
    pub(crate) fn run_of(&self, arguments: &[&str]) -> Launchway<'_> {
        let record = self.path("record.json");
        let record = record.to_str().unwrap();
        self.command(arguments)
            .args(&["--output", "json", "--record", record])
    }

    /// Any command, in the quickest tempo.
    pub(crate) fn command(&self, arguments: &[&str]) -> Launchway<'_> {
        let mut command = Command::new(binary());
        self.prepare(&mut command);
        command.args(arguments);
        command.args(["--api-url", self.sandbox.api_url()]);
        Launchway {
            shop: self,
            command,
        }
    }

    /// Somebody else does something, while nothing goes wrong.
    pub(crate) fn change(&self, change: Change) {
        let _runtime = RUNTIME.enter();
        let done = self.sandbox.without_faults(|| self.sandbox.change(change));
        done.unwrap();
    }

    /// Somebody else releases this version of a source to an app.
    pub(crate) fn somebody_releases(&self, app: &str, version: &str) {
        self.change(Change::Release {
            app: app.to_owned(),
            version: version.to_owned(),
        });
    }

    /// Somebody else asks the API.
    pub(crate) fn answer(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sandbox.api_url());
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        let request = request
            .bearer_auth(TOKEN)
            .header("accept", "application/vnd.heroku+json; version=3")
            .json(body);
        RUNTIME.block_on(async {
            let response = request.send().await.unwrap();
            let status = response.status();
            let text = response.text().await.unwrap();
            assert!(status.is_success(), "{method} {path}: {status} {text}");
            serde_json::from_str(&text).unwrap_or_default()
        })
    }

    /// The id of the newest build of an app.
    pub(crate) fn newest_build(&self, app: &str) -> Option<String> {
        let state = self.state();
        let build = state["apps"][app]["builds"].as_array()?.last()?.clone();
        build["id"].as_str().map(str::to_owned)
    }
}
