//! The binary, about to be run.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;

use launchway::sandbox::Surface;

use super::foretold::{self, Plan};
use super::{Live, Run, Shop, TOKEN, invariants};
use crate::reference::may_exit;

/// The binary, in an environment that has only what the system needs: `SystemRoot` is for the sockets of Windows.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_launchway"));
    let needed = ["PATH", "SystemRoot"];
    let needed = needed.map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(needed.into_iter().flatten());
    command
}

/// A command that is about to be run. Its environment holds nothing but what is said here.
pub(crate) struct Launchway<'a> {
    shop: &'a Shop,
    arguments: Vec<String>,
    api_url: Option<String>,
    variables: BTreeMap<String, String>,
}

impl<'a> Launchway<'a> {
    pub(super) fn new(shop: &'a Shop, arguments: &[&str]) -> Self {
        let (key, tempo) = match shop.surface {
            Surface::Heroku => ("LAUNCHWAY_API_KEY", "0.02"),
            Surface::Akkeris => ("AKKERIS_API_KEY", "0.01"),
        };
        let variables = [
            (key, TOKEN),
            ("LAUNCHWAY_TEST_TEMPO", tempo),
            // However busy the machine is: what is cleaned up after a signal is.
            ("LAUNCHWAY_TEST_CLEAN_UP", "10"),
        ];
        Self {
            shop,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            api_url: Some(shop.api_url().to_owned()),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Another `--api-url`, or none.
    pub(crate) fn api_url(mut self, url: Option<&str>) -> Self {
        self.api_url = url.map(str::to_owned);
        self
    }

    /// A quicker or slower tempo than that of most tests.
    pub(crate) fn tempo(self, scale: &str) -> Self {
        self.env("LAUNCHWAY_TEST_TEMPO", scale)
    }

    /// Starts it, to do something meanwhile.
    pub(crate) fn start(self) -> Live<'a> {
        let beside = self.shop.at_work.load(Ordering::SeqCst);
        let record = self.shop.path(&format!("record-{beside}.json"));
        let _ = fs::remove_file(&record);
        let foretold = self.foretold();
        let mut command = self.command(&self.arguments);
        command.args(["--output", "json", "--record"]).arg(&record);
        Live::start(
            self.shop,
            self.arguments[0].clone(),
            command,
            record,
            foretold,
        )
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = binary();
        command
            .env("HOME", self.shop.path("home"))
            .envs(&self.variables)
            .current_dir(self.shop.workspace())
            .args(arguments)
            .stdin(Stdio::null());
        if let Some(url) = &self.api_url {
            command.args(["--api-url", url]);
        }
        command
    }

    /// What `plan` says, if this is a deploy to the shop's own platform and nobody else is at work there.
    fn foretold(&self) -> Option<Plan> {
        let (first, rest) = self.arguments.split_first()?;
        let here = self.api_url.as_deref() == Some(self.shop.api_url());
        let alone = self.shop.at_work.load(Ordering::SeqCst) == 0;
        let dry = rest.iter().any(|argument| argument == "--dry-run");
        // The file of a saved plan is no part of the workspace for that deploy alone.
        let saved = rest.iter().any(|argument| argument == "--plan");
        if first != "deploy" || dry || saved || !here || !alone || !foretold::is_held() {
            return None;
        }
        let mut arguments = vec!["plan".to_owned()];
        let mut rest = rest.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                // The plan is not what is to be cut off.
                "--timeout" => drop(rest.next()),
                _ => arguments.push(argument.clone()),
            }
        }
        let mut command = self.command(&arguments);
        command.args(["--output", "json"]);
        let sandbox = &self.shop.sandbox;
        let output = sandbox.without_faults(|| command.output().unwrap());
        Some(Plan {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        })
    }

    /// Runs it to its end, and says what it tells people on stdout.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        let output = self.command(&self.arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        if self.shop.surface == Surface::Akkeris {
            invariants::nobody_hears_of_a_release_phase(&text);
        }
        text
    }

    /// Runs it to its end as it is: for commands that are no runs.
    #[track_caller]
    pub(crate) fn output(self) -> Output {
        let output = self.command(&self.arguments).output().unwrap();
        if let Some(code) = output.status.code() {
            may_exit(&self.arguments, code);
        }
        output
    }

    /// The command as it is, to be started otherwise.
    #[cfg(unix)]
    pub(crate) fn bare(self) -> Command {
        self.command(&self.arguments)
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Run {
        let arguments = self.arguments.clone();
        let run = self.start().end();
        may_exit(&arguments, run.code);
        run
    }
}
