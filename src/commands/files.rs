//! `init` and `schema`: the files around a `deploy.yaml`.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::{
    cli::{Cli, SchemaOf},
    config,
    journal::{event::Stamped, record::Record},
    report::{listing, pipeline, status::Status},
};

/// A first deploy.yaml: what everybody needs, and where the rest is explained.
const FIRST: &str = "\
# What `launchway deploy` does. All keys: launchway schema, and deploy.example.yaml in its repository.
version: 1
platform: heroku
pipeline: my-pipeline # name or id; without it the slug is released to the next stage directly

stages: # in order: the first one is built, the others are promoted to
  - stage: staging
    app: my-app-staging
    verify:
      # The page has to show the release that it runs, which only the new code can: HEROKU_RELEASE_VERSION, once
      # `heroku labs:enable runtime-dyno-metadata` is done. Without `body` any answer 200 will do, the old code's, too.
      - http: { path: /, body: \"${release}\", within: 2m }
  - stage: production
    app: my-app
    verify:
      - http: { path: /, body: \"${release}\", within: 2m }
";

/// Writes a first `deploy.yaml`, and says what to do with it; an existing one is left alone.
pub(super) fn init(path: &Path) -> anyhow::Result<String> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(FIRST.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(format!(
        "wrote {0}: put your pipeline and apps in it, then rehearse with `launchway deploy --config {0} --sandbox`\n",
        path.display()
    ))
}

/// A JSON Schema, pretty-printed.
pub(super) fn schema(of: SchemaOf) -> String {
    let schema = match of {
        SchemaOf::Deploy => config::schema::json_schema(),
        SchemaOf::Record => schemars::schema_for!(Record).to_value(),
        SchemaOf::Status => schemars::schema_for!(Status).to_value(),
        SchemaOf::PipelineList => schemars::schema_for!(pipeline::List).to_value(),
        SchemaOf::PipelineShow => schemars::schema_for!(pipeline::Show).to_value(),
        SchemaOf::PipelineStages => schemars::schema_for!(pipeline::Stages).to_value(),
        SchemaOf::PipelineStatuses => schemars::schema_for!(pipeline::Statuses).to_value(),
        SchemaOf::PipelineApply => schemars::schema_for!(pipeline::Applied).to_value(),
        SchemaOf::PipelineDelete => schemars::schema_for!(pipeline::Deleted).to_value(),
        SchemaOf::Builds => schemars::schema_for!(listing::Builds).to_value(),
        SchemaOf::Releases => schemars::schema_for!(listing::Releases).to_value(),
        SchemaOf::Slug => schemars::schema_for!(listing::Slug).to_value(),
        SchemaOf::Event => schemars::schema_for!(Stamped).to_value(),
    };
    format!("{schema:#}\n")
}

/// The manual page: the command line's own words, in the form of `man`.
pub(super) fn manual() -> anyhow::Result<String> {
    let mut page = Vec::new();
    let mut write = |command: clap::Command| clap_mangen::Man::new(command).render(&mut page);
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    write(all.clone())
        .and_then(|()| {
            let commands = all.get_subcommands().filter(|c| !c.is_hide_set());
            commands.cloned().try_for_each(&mut write)
        })
        .context("cannot make the manual page")?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_deploy_yaml_is_valid() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deploy.yaml");
        std::fs::write(&path, FIRST).unwrap();
        config::load(&path, &crate::env::Env::default()).unwrap();
    }
}
