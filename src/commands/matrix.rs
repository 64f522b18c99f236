//! `plan --matrix`: the stages' apps as a CI system's matrix, of `deploy.yaml` alone. And the part of it that one job does.

use super::{Context, stage_at};
use crate::{
    cli::{self, Matrix},
    config::Config,
    exit::Exit,
    failure::Failure,
    report::{
        ci_syntax::CiSyntax,
        matrix::{MOST_JOBS, Stage, github, gitlab, jobs},
    },
    suggest::nearest,
};

impl Context<'_> {
    pub(super) fn matrix(&self, args: &cli::Plan, kind: Matrix) -> Result<Exit, Failure> {
        let config = self.config()?;
        let to = stage_at(&config, args.to.as_deref())?;
        let stages = match &args.stage {
            None => 1..=to,
            Some(name) => match stage_at(&config, Some(name))? {
                0 => {
                    let what = format!(
                        "`{name}` is the first stage: it is built, and nothing is promoted to it"
                    );
                    return Err(Failure::new(Exit::Usage, what)
                        .next("leave `--stage` out, or name a later one"));
                }
                at => at..=at,
            },
        };
        let stages: Vec<Stage<'_>> = stages
            .filter_map(|at| {
                let stage = config.stages.get(at)?;
                Some(Stage {
                    name: &stage.name,
                    before: &config.stages.get(at.checked_sub(1)?)?.name,
                    apps: &stage.apps,
                })
            })
            .collect();
        let jobs = jobs(&stages, MOST_JOBS);
        let is_gitlab = match kind {
            Matrix::Auto => self.style.syntax == CiSyntax::Gitlab,
            Matrix::Github => false,
            Matrix::Gitlab => true,
        };
        self.data(&if is_gitlab {
            gitlab(&jobs)
        } else {
            github(&jobs)
        })
    }
}

/// The `deploy.yaml` with only these apps in its stage `to`.
pub(super) fn only(mut config: Config, to: usize, apps: &[String]) -> Result<Config, Failure> {
    let path = config.path.display().to_string();
    let Some(stage) = config.stages.get_mut(to).filter(|_| !apps.is_empty()) else {
        return Ok(config);
    };
    if let Some(unknown) = apps.iter().find(|app| !stage.apps.contains(app)) {
        let what = format!("`{}` of {path} has no app `{unknown}`", stage.name);
        let known: Vec<&str> = stage.apps.iter().map(String::as_str).collect();
        return Err(Failure::new(Exit::Usage, what)
            .next(format!("its apps are: {}", known.join(", ")))
            .meant(nearest(unknown, &known)));
    }
    let all = stage.apps.len();
    stage.apps.retain(|app| apps.contains(app));
    stage.left_out = all - stage.apps.len();
    Ok(config)
}
