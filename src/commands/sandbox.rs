//! `sandbox`: the embedded platform, made from a `deploy.yaml`. The only place, with `--sandbox`, that knows it.

use super::{Context, runtime::runtime, signals::Signals};
use crate::{
    cli,
    config::Config,
    exit::Exit,
    failure::Failure,
    model::PlatformKind,
    report::console::Out,
    sandbox::{AppSpec, Fault, Generation, PipelineSpec, Sandbox, Spec, Surface},
};

/// Starts a sandbox with the apps, the pipeline and the couplings of `deploy.yaml`.
pub(super) async fn start(
    config: &Config,
    platform: PlatformKind,
    generation: Generation,
    port: Option<u16>,
    token: Option<String>,
    faults: &[Fault],
) -> Result<Sandbox, Failure> {
    let apps = || {
        config
            .stages
            .iter()
            .flat_map(|stage| stage.apps.iter().map(move |app| (app, &stage.name)))
    };
    let required = || {
        config.stages.iter().flat_map(|stage| {
            let apps = stage.apps.iter();
            apps.flat_map(|app| {
                let contexts = stage.require.status_checks.iter();
                contexts.map(|context| (app.clone(), context.clone()))
            })
        })
    };
    let spec = Spec {
        surface: match platform {
            PlatformKind::Heroku => Surface::Heroku,
            PlatformKind::Akkeris => Surface::Akkeris,
        },
        // Someone must report the checks that the pipeline requires: in a rehearsal the sandbox does.
        required_checks: required().collect(),
        reported_checks: required().map(|(_, context)| context).collect(),
        apps: apps()
            .map(|(name, _)| AppSpec {
                name: name.clone(),
                generation,
                stack: (!config.build.images.is_empty()).then(|| "container".to_owned()),
                first_release: true,
                ..AppSpec::default()
            })
            .collect(),
        pipeline: config.pipeline.as_ref().map(|name| PipelineSpec {
            name: name.clone(),
            couplings: apps()
                .map(|(app, stage)| (app.clone(), stage.clone()))
                .collect(),
        }),
        token,
        faults: faults.to_vec(),
        port,
        ..Spec::default()
    };
    Sandbox::start(spec)
        .await
        .map_err(|e| Failure::new(Exit::Io, format!("cannot start the sandbox: {e}")))
}

impl Context<'_> {
    pub(super) fn sandbox(&self, args: &cli::Sandbox) -> Result<Exit, Failure> {
        let config = self.config()?;
        let platform = args.platform.unwrap_or(config.platform);
        runtime()?.block_on(async {
            let mut signals = Signals::new()?;
            let sandbox = start(
                &config,
                platform,
                args.generation,
                args.port,
                args.token.clone(),
                &args.fault,
            )
            .await?;
            let ready = serde_json::json!({"api_url": sandbox.api_url(), "token": sandbox.token()});
            // The token is no secret here: it is made for this sandbox, and a client needs it.
            Out::stdout().write(&format!("{ready}\n"));
            self.console.print(&format!(
                "the sandbox serves {} at {}; Ctrl-C ends it\n",
                config.path.display(),
                sandbox.api_url()
            ));
            signals.next().await;
            sandbox.shutdown().await;
            Ok(Exit::Ok)
        })
    }
}
