//! What a run does besides its stages, as `plan` shows it: what becomes of the upload and of a build that fails on purpose, and who is
//! told how the run ends.

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::sanitize::text;

/// What `build` and `source` say of the build that would be made.
#[derive(Serialize)]
pub struct BuildRules {
    /// Whether the archive that is uploaded would be overwritten once the build is over (`source.shred`); `None` where nothing is
    /// uploaded.
    pub shred: Option<bool>,
    /// What becomes of a build that the platform fails on purpose: `rebuild` or `fail`; `None` where it does not do so.
    pub on_notice: Option<&'static str>,
}

/// Somebody who would be told how the run ends.
#[derive(Serialize)]
pub struct Hook {
    /// Its line in `deploy.yaml`, from 1.
    pub line: usize,
    /// What is done.
    #[serde(flatten)]
    pub action: HookAction,
    /// After which ends; all of them if it is empty.
    pub on: Vec<&'static str>,
    /// How long it may take.
    pub timeout: String,
}

/// What would be done.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum HookAction {
    /// An HTTP POST. Its address is a secret: the host is all that is told.
    Http {
        /// The host.
        host: String,
        /// What is sent: `record` or `slack`.
        body: &'static str,
    },
    /// A command.
    Run {
        /// Its first line.
        command: String,
    },
}

impl BuildRules {
    pub(super) fn text(&self, out: &mut String) {
        match self.shred {
            Some(true) => {
                out.push_str(
                    "  once the build is over, the upload is overwritten (source.shred)\n",
                );
            }
            Some(false) => out.push_str("  the upload is left until it expires (source.shred)\n"),
            None => {}
        }
        match self.on_notice {
            Some("rebuild") => out.push_str(
                "  a build that fails only to announce the end of a stack is made once more (build.on_notice)\n",
            ),
            Some(_) => out.push_str(
                "  a build that fails to announce the end of a stack fails the run (build.on_notice)\n",
            ),
            None => {}
        }
    }
}

impl Hook {
    fn text(&self) -> String {
        let what = match &self.action {
            HookAction::Http { host, body } => format!("POST to {}, body {body}", text(host)),
            HookAction::Run { command } => format!("run `{}`", text(command)),
        };
        let on = match self.on.as_slice() {
            [] => "always".to_owned(),
            on => format!("on {}", on.join(", ")),
        };
        format!(
            "{what}  {on}, at most {} (line {})",
            self.timeout, self.line
        )
    }
}

/// Who is told; in a rehearsal nobody is.
pub(super) fn hooks(hooks: &[Hook], is_rehearsal: bool, out: &mut String) {
    if hooks.is_empty() {
        return;
    }
    let nobody = if is_rehearsal {
        ", but not by a rehearsal"
    } else {
        ""
    };
    // Writing to a string can't fail.
    let _ = writeln!(out, "\ntold how it ends{nobody}");
    for hook in hooks {
        let _ = writeln!(out, "  {}", hook.text());
    }
}
