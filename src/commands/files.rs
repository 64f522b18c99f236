//! `schema` and `manual`: the texts that the binary has about itself.

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::{
    cli::{Cli, SchemaOf},
    config,
    journal::{event::Stamped, record::Record},
    report::{listing, pipeline, status::Status},
};

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
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let mut page = Vec::new();
    chapter(&all, &mut page).context("cannot make the manual page")?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A command's chapter, and behind it those of the commands in it.
fn chapter(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    let mut inner = command.get_subcommands().filter(|one| !one.is_hide_set());
    inner.try_for_each(|one| chapter(one, page))
}
