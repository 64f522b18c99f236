//! What `init` takes.

use clap::Args;

use super::platform;
use crate::model::PlatformKind;

/// What `init` takes.
#[derive(Debug, Args)]
pub struct Init {
    /// The platform [default: the one that a git remote or a variable with a token speaks for, else heroku]
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    pub platform: Option<PlatformKind>,
    /// The pipeline, by name or id [default: that of the git remotes' apps; on a terminal it asks]
    #[arg(long, value_name = "NAME|ID")]
    pub pipeline: Option<String>,
    /// An app and its stage; repeatable; no other apps are used then [default: the pipeline's, else the git remotes']
    #[arg(long, value_name = "STAGE=APP", value_parser = placed)]
    pub app: Vec<(String, String)>,
    /// Contact nothing, even if there is a token
    #[arg(long)]
    pub offline: bool,
    /// Print the file on stdout instead of writing it
    #[arg(long)]
    pub stdout: bool,
}

/// Reads `STAGE=APP`.
fn placed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((stage, app)) if !stage.is_empty() && !app.is_empty() => {
            Ok((stage.to_owned(), app.to_owned()))
        }
        _ => Err("expected a stage and an app, like staging=acme-shop-staging".to_owned()),
    }
}
