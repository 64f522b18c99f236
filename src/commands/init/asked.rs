//! What is asked of the platform, and on a terminal of the person.

use super::{Asked, Context};
use crate::{
    cli::Init,
    commands::{question::somebody_is_there, session::Session},
    config::{
        Config,
        starter::{is_pipeline, quoted},
    },
    exit::Exit,
    failure::Failure,
    journal::Journal,
    model::About,
    platform::pipelines::PipelineInfo,
    run::{
        Run,
        in_flight::InFlight,
        starter::{guess::first_apps, look::Members, remotes},
    },
    source::Project,
    units,
};

/// The most pipelines that are named where one has to be chosen.
const NAMED: usize = 20;

impl Context<'_> {
    pub(super) async fn ask(
        &self,
        config: &Config,
        project: &Project,
        args: &Init,
        journal: &Journal,
    ) -> Result<Asked, Failure> {
        let rehearsal = crate::cli::Rehearsal::default();
        let session: Session = match self.session(config, &rehearsal, journal).await {
            Ok(session) => session,
            // Nothing has to be asked: a token that was named must be good, another one need not be there.
            Err(failure)
                if matches!(failure.exit, Exit::Denied | Exit::Config)
                    && self.global.api_key_file.is_none() =>
            {
                return Ok(Asked {
                    pipeline: args.pipeline.clone(),
                    found: vec![format!("platform: not asked, {}", failure.what)],
                    ..Asked::default()
                });
            }
            Err(failure) => return Err(failure),
        };
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let mut asked = Asked::default();
        let apps: Vec<String> = if args.app.is_empty() {
            let remotes = remotes(project, config.platform.about());
            remotes.into_iter().map(|remote| remote.app).collect()
        } else {
            args.app.iter().map(|(_, app)| app.clone()).collect()
        };
        let (chosen, key) = match &args.pipeline {
            Some(key) => (run.the_pipeline(key).await?, key.clone()),
            None => match run.visible_pipelines().await {
                Ok(all) => match self.one_of(&run, all, &apps, &mut asked).await? {
                    Some((chosen, Some(key))) => (chosen, key),
                    Some((chosen, None)) => {
                        let name = quoted(&chosen.name);
                        let what = "has a name and an id that deploy.yaml does not take";
                        asked
                            .found
                            .push(format!("platform: the pipeline {name} {what}"));
                        return Ok(asked);
                    }
                    None => return Ok(asked),
                },
                Err(failure) => {
                    asked.found.push(format!("platform: {}", failure.what));
                    return Ok(asked);
                }
            },
        };
        asked.pipeline = Some(key);
        match run.members_of(&chosen).await {
            Ok(mut members) => {
                asked.found.push(told(&chosen, &members));
                if members.unnamed > 0 {
                    let count = units::count(members.unnamed as u64, "app", "apps");
                    let what =
                        format!("the names of {count} could not be read: ids stand for them");
                    asked.found.push(format!("platform: {what}"));
                }
                if args.app.is_empty() {
                    self.which_is_built(&mut members, &apps, &mut asked, config.platform.about())
                        .await;
                }
                asked.members = Some(members);
            }
            Err(failure) => asked.found.push(format!("platform: {}", failure.what)),
        }
        Ok(asked)
    }

    /// The pipeline of these apps, or the one that there is, or the one that a person chooses; and what to call it.
    async fn one_of(
        &self,
        run: &Run<'_>,
        mut all: Vec<PipelineInfo>,
        apps: &[String],
        asked: &mut Asked,
    ) -> Result<Option<(PipelineInfo, Option<String>)>, Failure> {
        if all.is_empty() {
            let none = "platform: the token may see no pipeline".to_owned();
            asked.found.push(none);
            return Ok(None);
        }
        let (of_apps, failed) = run.pipelines_of(apps).await;
        if let Some(failure) = &failed {
            asked.found.push(format!("platform: {}", failure.what));
        }
        if !of_apps.is_empty() {
            all.retain(|one| of_apps.contains(&one.id));
        } else if failed.is_some() {
            return Ok(None);
        } else if !apps.is_empty() {
            let what = "platform: the apps are in no pipeline that the token may see".to_owned();
            asked.found.push(what);
            return Ok(None);
        }
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let at = match names.as_slice() {
            [] => return Ok(None),
            [name] => {
                if apps.is_empty() {
                    let what = format!("the pipeline is {}: there is no other", quoted(name));
                    asked.guessed.push(what);
                }
                0
            }
            names if somebody_is_there() => {
                let question = "which pipeline is it?";
                match self.choose(question, names, "none of them").await {
                    Some(at) => at,
                    None => return Ok(None),
                }
            }
            names => {
                let mut lines: Vec<String> = names.iter().take(NAMED).map(|n| quoted(n)).collect();
                if names.len() > NAMED {
                    lines.push(format!("and {} more", names.len() - NAMED));
                }
                let what = format!("it may be one of {} pipelines", names.len());
                return Err(Failure::new(Exit::Usage, what)
                    .detail(lines)
                    .state("nothing was written")
                    .next(
                        "name it with `--pipeline NAME`; `--offline` writes the file without one",
                    ));
            }
        };
        let alone = names.iter().filter(|name| **name == names[at]).count() == 1;
        let chosen = all.swap_remove(at);
        let name = Some(&chosen.name).filter(|name| alone && is_pipeline(name));
        let id = Some(&chosen.id).filter(|id| is_pipeline(id));
        let key = name.or(id).cloned();
        Ok(Some((chosen, key)))
    }

    /// Which app of the first stage is built, where there are several and no remote tells.
    async fn which_is_built(
        &self,
        members: &mut Members,
        remotes: &[String],
        asked: &mut Asked,
        about: &About,
    ) {
        let first = first_apps(members, about);
        if first.len() < 2 || first.iter().any(|app| remotes.iter().any(|own| own == app)) {
            return;
        }
        let question = "the first stage has several apps; which one is built?";
        let chosen = if somebody_is_there() {
            self.choose(question, &first, first[0]).await
        } else {
            None
        };
        let built = first[chosen.unwrap_or(0)].to_owned();
        if chosen.is_none() {
            let what = format!(
                "the app {} is built, the first of its stage",
                quoted(&built)
            );
            asked.guessed.push(what);
        }
        members.built = Some(built);
    }
}

/// A pipeline and how many apps its stages have.
fn told(pipeline: &PipelineInfo, members: &Members) -> String {
    let mut stages: Vec<(&str, usize)> = Vec::new();
    for one in &members.apps {
        match stages.iter_mut().find(|(stage, _)| *stage == one.stage) {
            Some((_, count)) => *count += 1,
            None => stages.push((&one.stage, 1)),
        }
    }
    stages.sort_unstable();
    let stages = stages
        .iter()
        .map(|(stage, count)| format!("{count} in {stage}"));
    let stages = stages.collect::<Vec<_>>().join(", ");
    let apps = if stages.is_empty() {
        "no apps".to_owned()
    } else {
        format!("apps: {stages}")
    };
    format!("platform: the pipeline {}; {apps}", quoted(&pipeline.name))
}
