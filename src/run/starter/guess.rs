//! Which stage an app belongs to: what its pipeline says, else what its name and that of its remote say.

use super::{
    label,
    look::{Members, Placed},
};
use crate::model::{About, Feature};

/// Stages whose apps come and go by themselves, or test only: nothing is carried through them.
const PASSING: [&str; 2] = ["test", "review"];

/// The endings of names, and the stages that they stand for.
const ENDINGS: [(&str, &str); 13] = [
    ("development", "development"),
    ("develop", "development"),
    ("dev", "development"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("stag", "staging"),
    ("stg", "staging"),
    ("qa", "staging"),
    ("uat", "staging"),
    ("production", "production"),
    ("prod", "production"),
    ("prd", "production"),
    ("live", "production"),
];

/// A git remote of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// What the repository calls it.
    pub name: String,
    /// The app.
    pub app: String,
}

/// The stage that a name ends with: `acme-staging`, `staging`.
fn ending(name: &str) -> Option<&'static str> {
    let last = name.rsplit(['-', '_', '.']).next().unwrap_or(name);
    let last = last.to_ascii_lowercase();
    let found = ENDINGS.iter().find(|(word, _)| *word == last);
    found.map(|(_, stage)| *stage)
}

type Stages = Vec<(String, String)>;
type Told = Vec<String>;

/// The stages of the remotes' apps; what was guessed; what is left out.
pub(super) fn of_remotes(remotes: &[Remote]) -> (Stages, Told, Told) {
    let (mut stages, mut guessed, mut left_out) = (Stages::new(), Told::new(), Told::new());
    let clear: Vec<Option<&str>> = remotes
        .iter()
        .map(|remote| ending(&remote.app).or_else(|| ending(&remote.name)))
        .collect();
    let something_before = clear.iter().flatten().any(|stage| *stage != "production");
    let mut alone = clear.iter().all(Option::is_none);
    for (remote, stage) in remotes.iter().zip(&clear) {
        let app = label(&remote.app);
        match stage {
            Some(stage) => {
                guessed.push(format!(
                    "{app} is in {stage}: its name or its remote's says so"
                ));
                stages.push(((*stage).to_owned(), remote.app.clone()));
            }
            None if something_before || alone => {
                // An app whose name says nothing else is the one that people use.
                alone = false;
                guessed.push(format!("{app} is in production: nothing says otherwise"));
                stages.push(("production".to_owned(), remote.app.clone()));
            }
            None => left_out.push(format!("{app}, whose stage nothing tells")),
        }
    }
    one_is_built(&mut stages, &mut left_out);
    (stages, guessed, left_out)
}

/// Of the earliest stage only the first app stays: it is the one that is built.
fn one_is_built(stages: &mut Stages, left_out: &mut Told) {
    let order = ["development", "staging", "production"];
    let first = order
        .into_iter()
        .find(|stage| stages.iter().any(|(name, _)| name == stage));
    let mut seen = false;
    stages.retain(|(stage, app)| {
        let again = Some(stage.as_str()) == first && std::mem::replace(&mut seen, true);
        if again {
            left_out.push(format!(
                "{}: the first stage has one app, which is built",
                label(app)
            ));
        }
        !again
    });
}

/// The stages of a pipeline's apps, and what is left out.
pub(super) fn of_members(
    members: Members,
    remotes: &[Remote],
    about: &About,
) -> (Vec<(String, Vec<String>)>, Told) {
    let mut left_out = Told::new();
    let mut apps = members.apps;
    apps.retain(|one| {
        let known = about.stages.contains(&one.stage.as_str());
        let stays = known && !PASSING.contains(&one.stage.as_str());
        if !stays && !known {
            left_out.push(format!(
                "{}, in a stage that launchway does not know",
                label(&one.app)
            ));
        }
        stays
    });
    let passing = |one: &Placed| PASSING.contains(&one.stage.as_str());
    debug_assert!(!apps.iter().any(passing));
    let mut stages = super::grouped(apps.into_iter().map(|one| (one.stage, one.app)), about);
    if !about.has(Feature::SkipsStages) {
        // A promotion goes from one stage to the next only.
        let rank = |stage: &str| about.stages.iter().position(|one| *one == stage);
        let gap = stages.windows(2).position(|pair| {
            let [(a, _), (b, _)] = pair else { return false };
            rank(b) != rank(a).map(|at| at + 1)
        });
        if let Some(gap) = gap {
            for (stage, apps) in stages.split_off(gap + 1) {
                let why = format!("in {stage}: a promotion can't skip the stage before it");
                left_out.extend(apps.iter().map(|app| format!("{}, {why}", label(app))));
            }
        }
    }
    if let Some((_, first)) = stages.first_mut() {
        let wanted = members.built.as_deref();
        let own = |app: &String| {
            Some(app.as_str()) == wanted || remotes.iter().any(|remote| remote.app == *app)
        };
        let at = first.iter().position(own).unwrap_or(0);
        let built = first.swap_remove(at);
        let others = std::mem::replace(first, vec![built]);
        let why = "the first stage has one app, which is built";
        left_out.extend(others.iter().map(|app| format!("{}: {why}", label(app))));
    }
    (stages, left_out)
}

/// The candidates for the app that is built.
pub fn first_apps<'m>(members: &'m Members, about: &About) -> Vec<&'m str> {
    let stages = about.stages.iter().filter(|stage| !PASSING.contains(stage));
    let of = |stage: &&str| -> Vec<&'m str> {
        let apps = members.apps.iter().filter(|one| one.stage == **stage);
        apps.map(|one| one.app.as_str()).collect()
    };
    stages
        .map(of)
        .find(|apps| !apps.is_empty())
        .unwrap_or_default()
}
