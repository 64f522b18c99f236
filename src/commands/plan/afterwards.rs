//! What `plan` says of a run besides its stages.

use secrecy::ExposeSecret as _;
use url::Url;

use crate::{
    config::{
        Config, Delivery,
        notify::{Action, Hook as Given},
    },
    model::{Choice as _, Feature},
    report::plan::{BuildRules, Hook, HookAction},
    run::plan::{Plan, Step},
    units,
};

/// What becomes of the upload, and of a build that is failed on purpose; `None` where nothing would be built of a source.
pub(super) fn build_rules(config: &Config, plan: &Plan, is_packed: bool) -> Option<BuildRules> {
    let apps = plan.stages.iter().flat_map(|stage| &stage.apps);
    let builds = apps.into_iter().any(|app| app.step == Step::Build);
    let about = config.platform.about();
    let own_host = matches!(config.source.delivery, Delivery::Upload { .. });
    let uploads = is_packed && (own_host || about.has(Feature::Sources));
    builds.then(|| BuildRules {
        shred: uploads.then_some(config.source.shred),
        on_notice: about
            .has(Feature::Stacks)
            .then(|| config.build.on_notice.word()),
    })
}

/// Who is told how the run ends.
pub(super) fn hooks(config: &Config) -> Vec<Hook> {
    config.notify.iter().map(hook).collect()
}

fn hook(hook: &Given) -> Hook {
    let action = match &hook.action {
        Action::Http { url, body } => {
            let host = Url::parse(url.expose_secret()).ok();
            let host = host.and_then(|url| url.host_str().map(str::to_owned));
            HookAction::Http {
                host: host.unwrap_or_default(),
                body: body.word(),
            }
        }
        Action::Run(command) => HookAction::Run {
            command: command.lines().next().unwrap_or_default().to_owned(),
        },
    };
    Hook {
        line: hook.line,
        action,
        on: hook.on.iter().map(|on| on.word()).collect(),
        timeout: units::whole(hook.timeout),
    }
}
