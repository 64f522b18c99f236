//! A run that is under way. It is watched through its events, so that nothing here has to wait for a time to pass.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Instant;

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::foretold::{self, Deploy, Plan};
use super::{LONGEST, Run, Shop, invariants};
use crate::reference::may_exit;

/// A run that is under way.
pub(crate) struct Live<'a> {
    shop: &'a Shop,
    /// The name of the command.
    name: String,
    child: Child,
    record: PathBuf,
    lines: Receiver<String>,
    stderr: JoinHandle<String>,
    stdout: Vec<String>,
    began: Instant,
    /// How many requests the platform had got before.
    asked: usize,
    /// What the platform knew before.
    before: Value,
    /// What the plan said, right before.
    foretold: Option<Plan>,
}

impl<'a> Live<'a> {
    pub(super) fn start(
        shop: &'a Shop,
        name: String,
        mut command: Command,
        record: PathBuf,
        foretold: Option<Plan>,
    ) -> Self {
        let at_work = shop.at_work.fetch_add(1, Ordering::SeqCst) + 1;
        shop.most_at_work.fetch_max(at_work, Ordering::SeqCst);
        let (asked, before) = (shop.requests().len(), shop.state());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        spawn(move || {
            for line in stdout.lines() {
                // Nobody listens any more when the test has failed.
                let _ = sender.send(line.unwrap());
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let stderr = spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).unwrap();
            String::from_utf8(text).expect("what people read is UTF-8")
        });
        Self {
            shop,
            name,
            child,
            record,
            lines,
            stderr,
            stdout: Vec::new(),
            began: Instant::now(),
            asked,
            before,
            foretold,
        }
    }

    /// Waits until it has asked the platform something.
    pub(crate) fn until_it_asks(&self) {
        self.shop.until(|| self.shop.requests().len() > self.asked);
    }

    /// Waits for an event of this name.
    pub(crate) fn until(&mut self, event: &str) -> Value {
        self.until_event(|seen| seen["event"] == event)
    }

    /// Waits for an event.
    pub(crate) fn until_event(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.line().unwrap_or_else(|| {
                panic!("the run ended before: {}", self.stdout.join("\n"));
            });
            let event: Value = serde_json::from_str(&line).expect("each line is JSON");
            if wanted(&event) {
                return event;
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let left = LONGEST.saturating_sub(self.began.elapsed());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.stdout.push(line.clone());
                Some(line)
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("the run does not end; so far:\n{}", self.stdout.join("\n"));
            }
        }
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&mut self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Kills it: it is gone without a word.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.shop.at_work.fetch_sub(1, Ordering::SeqCst);
    }

    /// Waits for its end, and holds it against what must hold for every run.
    pub(crate) fn end(mut self) -> Run {
        while self.line().is_some() {}
        let status = self.child.wait().unwrap();
        let record = std::fs::read_to_string(&self.record).ok();
        let run = Run {
            command: self.name,
            code: status
                .code()
                .unwrap_or_else(|| panic!("the run was killed: {status}")),
            stdout: self.stdout,
            stderr: self.stderr.join().unwrap(),
            record: record.map(|text| serde_json::from_str(&text).unwrap()),
            requests: self.shop.requests().split_off(self.asked),
            before: self.before,
            state: self.shop.state(),
            api_url: self.shop.api_url().to_owned(),
            surface: self.shop.surface,
            root: self.shop.root().to_owned(),
            at_once: self.shop.most_at_work.load(Ordering::SeqCst),
        };
        self.shop.at_work.fetch_sub(1, Ordering::SeqCst);
        invariants::hold(&run);
        may_exit(std::slice::from_ref(&run.command), run.code);
        if let Some(plan) = &self.foretold {
            let record = run.record.as_ref();
            let version = record.and_then(|record| record["source"]["version"].as_str());
            let deploy = Deploy {
                code: run.code,
                stderr: &run.stderr,
                before: &run.before,
                after: &run.state,
                version,
            };
            foretold::hold(plan, &deploy);
        }
        run
    }
}
