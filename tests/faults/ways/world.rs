//! What must be so in the world after a command, whatever went wrong.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Cell, run};
use crate::matrix::cells::{Class, Often};
use crate::support::{Run, Shop, ends, keeps_secrets, lies};

/// What a command is held against.
#[derive(Debug)]
pub(super) enum World {
    /// A run: the truth of runs, with its record.
    Run,
    /// It only asks: nothing is changed, and a success tells as much as without a fault.
    Whole,
    /// It only asks; where it could not read something it says so. What answers lack, it lacks.
    Told,
    /// `init --stdout`: the same, for people; what it could not read is among what it found.
    Draft,
    /// `slug download -o out.tgz`: the file is whole, or there is none.
    File,
    /// `pipeline apply`: this pipeline, with these apps in these stages, and these status checks of the last one.
    Applied {
        pipeline: &'static str,
        places: &'static [(&'static str, &'static str)],
        checks: &'static [&'static str],
    },
    /// `pipeline delete`.
    Deleted,
    /// `builds cancel`.
    Cancelled,
}

impl World {
    /// Whether it is as it was, so that one shop serves for several cells.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self, Self::Whole | Self::Told | Self::Draft | Self::File)
    }

    /// What is not as it must be.
    pub(super) fn wrong(
        &self,
        shop: &Shop,
        cell: &Cell,
        run: &Run,
        undisturbed: Option<&Run>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        // Nobody will ever listen there again.
        let is_gone = cell.wrong.class == Class::Down && cell.often == Often::ForEver;
        ends(run, &mut wrong);
        keeps_secrets(run, &mut wrong);
        let well = run.code == Some(0);
        if !well && run.stderr.trim().is_empty() {
            wrong.push("nothing is said of why it failed".to_owned());
        }
        let says_nothing = run.words().contains("nothing was changed on the platform")
            || matches!(run.code, Some(69 | 75));
        if says_nothing && made(run) {
            wrong.push("it says that nothing was changed, but something was".to_owned());
        }
        match self {
            Self::Run => wrong.extend(lies(run)),
            Self::Whole | Self::Told | Self::Draft | Self::File => {
                wrong.extend(untouched(run));
                // A word that nobody knows is shown as it is.
                let lacks = matches!(self, Self::Told) && cell.wrong.name == "missing";
                let comparable = well && cell.wrong.class != Class::UnknownWord && !lacks;
                if let Some(undisturbed) = undisturbed.filter(|_| comparable) {
                    wrong.extend(self.same(run, undisturbed));
                }
                if matches!(self, Self::File) {
                    wrong.extend(file(shop, run, well));
                }
            }
            Self::Applied {
                pipeline,
                places,
                checks,
            } => {
                let differs = |state: &Value| differs(state, pipeline, places, checks);
                if well {
                    wrong.extend(differs(&run.state));
                }
                wrong.extend(told_is_done(run));
                wrong.extend(pipelines_twice(&run.state));
                if is_gone {
                    return wrong;
                }
                // A half-applied run that is started again finishes.
                let again = run::again(shop, cell);
                if again.code != Some(0) {
                    wrong.push(format!("again: {:?} {}", again.code, again.stderr));
                }
                wrong.extend(differs(&again.state));
                wrong.extend(pipelines_twice(&again.state));
            }
            Self::Deleted => {
                let there = count(&run.state, "pipelines");
                if well != (there == 0) && run.code != Some(20) {
                    wrong.push(format!("{:?}, and {there} pipelines", run.code));
                }
                if is_gone {
                    return wrong;
                }
                let again = run::again(shop, cell);
                if !matches!(again.code, Some(0 | 16)) || count(&again.state, "pipelines") > 0 {
                    wrong.push(format!("again: {:?} {}", again.code, again.stderr));
                }
            }
            Self::Cancelled => {
                let builds = run.state["apps"]["shop-staging"]["builds"].as_array();
                let newest = builds.and_then(|all| all.last()).cloned();
                let status = newest.unwrap_or_default()["status"].clone();
                if well && status != "failed" {
                    wrong.push(format!("success, but the build is {status}"));
                }
                if !well && run.code != Some(20) && status == "failed" {
                    wrong.push("it was cancelled, and that is not said".to_owned());
                }
            }
        }
        wrong
    }

    /// What a success prints is what it prints without a fault.
    fn same(&self, run: &Run, undisturbed: &Run) -> Option<String> {
        let (now, then) = (comparable(&run.stdout), comparable(&undisturbed.stdout));
        let told = matches!(self, Self::Told) && now.contains("\"notes\":[\"");
        // Then something else is said of the platform.
        let of_platform = |run: &Run| {
            let lines = run
                .stderr
                .lines()
                .filter(|line| line.contains("platform: "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let draft = matches!(self, Self::Draft);
        let told = told || (draft && of_platform(run) != of_platform(undisturbed));
        let empty = now.is_empty() && run.stderr.contains("there is no output of");
        (now != then && !told && !empty)
            .then(|| format!("it prints\n{now}\nand without a fault\n{then}"))
    }
}

/// What is printed, without what time alone changes.
fn comparable(stdout: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(stdout) else {
        return stdout.to_owned();
    };
    forget_time(&mut document);
    document.to_string()
}

fn forget_time(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_time),
        Value::Object(fields) => {
            fields.retain(|name, _| name != "at" && name != "age_seconds");
            fields.values_mut().for_each(forget_time);
        }
        _ => {}
    }
}

fn count(state: &Value, list: &str) -> usize {
    state[list].as_array().map_or(0, Vec::len)
}

/// Whether anything was made or changed.
fn made(run: &Run) -> bool {
    let lists = ["promotions", "pipelines", "couplings"];
    if lists.iter().any(|list| run.state[list] != run.before[list]) {
        return true;
    }
    let apps = run.state["apps"].as_object().into_iter().flatten();
    let lists = ["releases", "builds"];
    apps.into_iter().any(|(name, app)| {
        lists
            .iter()
            .any(|list| count(app, list) != count(&run.before["apps"][name], list))
    })
}

fn untouched(run: &Run) -> Option<String> {
    let asks = |method: &str, path: &str| method == "GET" || path == "/filters/apps";
    let changing = run
        .requests
        .iter()
        .find(|request| !asks(&request.method, &request.path));
    if let Some(request) = changing {
        return Some(format!("it sent {} {}", request.method, request.path));
    }
    made(run).then(|| "it changed something".to_owned())
}

/// The file is what the slug says, or it is not there; nothing else is left.
fn file(shop: &Shop, run: &Run, well: bool) -> Option<String> {
    let place = shop.path("work").join("out.tgz");
    let file = std::fs::read(&place).ok();
    let _ = std::fs::remove_file(&place);
    let left = std::fs::read_dir(shop.path("work")).unwrap();
    let mut left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    if let Some(name) = left.find(|name| name.starts_with(".launchway")) {
        return Some(format!("{name} is left"));
    }
    match file {
        Some(_) if !well => Some("there is a file all the same".to_owned()),
        None if well => Some("success without a file".to_owned()),
        Some(bytes) => {
            let digest = Sha256::digest(&bytes);
            let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let said = run.words().contains(&hex.concat());
            (!said).then(|| "the file is not what it is said to be".to_owned())
        }
        None => None,
    }
}

/// How the pipeline differs from what was declared.
fn differs(state: &Value, pipeline: &str, places: &[(&str, &str)], checks: &[&str]) -> Vec<String> {
    let id = state["pipelines"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["name"] == pipeline)
        .map(|one| one["id"].clone());
    let mut wrong = Vec::new();
    for (app, stage) in places {
        let own = coupling(state, app);
        let is_there = own.as_ref().is_some_and(|own| {
            Some(&own["pipeline"]["id"]) == id.as_ref() && own["stage"] == *stage
        });
        if !is_there {
            wrong.push(format!("{app} is not in {stage} of {pipeline}: {own:?}"));
        }
    }
    if let (Some((app, _)), false) = (places.last(), checks.is_empty()) {
        let own = coupling(state, app).unwrap_or_default();
        let set = &own["required_status_checks"]["contexts"];
        if *set != serde_json::json!(checks) {
            wrong.push(format!("{app} requires {set}"));
        }
    }
    wrong
}

/// The coupling of an app.
fn coupling(state: &Value, app: &str) -> Option<Value> {
    let own = &state["apps"][app];
    let id = own["id"].as_str().or(own["app"]["id"].as_str())?;
    let couplings = state["couplings"].as_array()?;
    couplings.iter().find(|one| one["app"]["id"] == id).cloned()
}

/// What is said to be done is done.
fn told_is_done(run: &Run) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(&run.stdout) else {
        return Vec::new();
    };
    let changes = document["changes"].as_array().cloned().unwrap_or_default();
    let name = document["pipeline"].as_str().unwrap_or_default();
    changes
        .iter()
        .filter(|change| change["done"] == true)
        .filter_map(|change| {
            let app = change["app"].as_str().unwrap_or_default();
            let is_so = match change["change"].as_str().unwrap_or_default() {
                "create_pipeline" => differs(&run.state, name, &[], &[]).is_empty(),
                "couple" | "move" | "change_stage" => {
                    coupling(&run.state, app).is_some_and(|own| own["stage"] == change["to"])
                }
                _ => true,
            };
            (!is_so).then(|| format!("it is said to be done: {change}"))
        })
        .collect()
}

/// No name of a pipeline is there twice, no app is coupled twice.
fn pipelines_twice(state: &Value) -> Vec<String> {
    let names = |list: &str, name: fn(&Value) -> &Value| -> Vec<String> {
        let all = state[list].as_array().into_iter().flatten();
        all.map(|one| name(one).to_string()).collect()
    };
    let mut wrong = Vec::new();
    for mut all in [
        names("pipelines", |one| &one["name"]),
        names("couplings", |one| &one["app"]["id"]),
    ] {
        let count = all.len();
        all.sort();
        all.dedup();
        if all.len() < count {
            wrong.push(format!("there is one twice: {all:?}"));
        }
    }
    wrong
}
