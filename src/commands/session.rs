//! A session with a platform: the API's address, the token, the clients; the sandbox, where one is asked for.

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::Context;
use crate::{
    ci,
    cli::Rehearsal,
    config::Config,
    env::Env,
    event::Events,
    exit::Exit,
    failure::Failure,
    platform::{
        Platform,
        credentials::{self, NoToken, TOKEN_VARIABLES},
        http::{Http, is_loopback},
        retry::Tempo,
    },
    redact::{self, Redactor},
    sandbox::Sandbox,
};

/// Does something with the platform that `deploy.yaml` is for: the one place that chooses.
macro_rules! on_platform {
    ($config:expr, $platform:ident => $work:expr) => {
        match $config.platform {
            $crate::model::PlatformKind::Heroku => {
                type $platform = $crate::platform::heroku::Heroku;
                $work
            }
            $crate::model::PlatformKind::Akkeris => {
                type $platform = $crate::platform::akkeris::Akkeris;
                $work
            }
        }
    };
}
pub(super) use on_platform;

/// A platform that can be asked.
pub(super) struct Session<P> {
    pub(super) platform: P,
    pub(super) api_url: Url,
    pub(super) token_from: String,
    /// What the CI system says about this run.
    pub(super) ci: ci::Context,
    /// The variables for child processes: the process's own, less those that are for a token or have this one in them.
    pub(super) child_env: Vec<(String, String)>,
    pub(super) own_files: Vec<PathBuf>,
    /// Keeps the sandbox alive, where there is one.
    _sandbox: Option<Sandbox>,
}

impl Context<'_> {
    /// Opens a session. Warnings go to `events`.
    pub(super) async fn session<P: Platform>(
        &self,
        config: &Config,
        rehearsal: &Rehearsal,
        events: &Events,
    ) -> Result<Session<P>, Failure> {
        let sandbox = if rehearsal.sandbox {
            Some(
                super::sandbox::start(config, config.platform, None, None, &rehearsal.fault)
                    .await?,
            )
        } else {
            None
        };
        let (api_url, token, token_from) = match &sandbox {
            Some(sandbox) => (
                parse_api_url(sandbox.api_url())?,
                SecretString::from(sandbox.token()),
                "the sandbox".to_owned(),
            ),
            None => {
                let api_url = self.api_url(config, P::ABOUT.api_url)?;
                let found = credentials::find(
                    self.global.api_key_file.as_deref(),
                    &self.env,
                    P::ABOUT.token_variable,
                    &api_url,
                )
                .map_err(|why| no_token(why, P::ABOUT.token_hint))?;
                if let Some(warning) = found.warning {
                    events.warn(warning);
                }
                (api_url, found.token, found.from)
            }
        };
        self.redactor.learn(token.expose_secret());
        if redact::is_too_short(token.expose_secret()) {
            events.warn(format!(
                "the token of {token_from} has less than {} characters: it is too short to be hidden where it is printed, and \
                 variables that contain it are not kept from commands",
                redact::MIN_SECRET
            ));
        }
        let child_env = child_env(&self.env, &self.redactor);
        let http = Http::new(
            api_url.clone(),
            &self.env,
            Some(token),
            self.tempo(),
            events.clone(),
            self.redactor.clone(),
        )
        .map_err(|why| {
            Failure::new(Exit::Unavailable, why).state("nothing was changed on the platform")
        })?;
        Ok(Session {
            platform: P::new(http),
            api_url,
            token_from,
            ci: self.ci.clone(),
            child_env,
            own_files: self.global.own_files(),
            _sandbox: sandbox,
        })
    }

    /// The API's address: the flag, `deploy.yaml`, the variable, else the platform's own if it has one for everybody.
    fn api_url(&self, config: &Config, own: Option<&str>) -> Result<Url, Failure> {
        let url = match (
            &self.global.api_url,
            &config.api_url,
            self.env.get("LAUNCHWAY_API_URL"),
        ) {
            (Some(url), _, _) | (None, Some(url), _) => url.clone(),
            (None, None, Some(text)) if !text.is_empty() => parse_api_url(text)?,
            _ => {
                let kind = config.platform;
                let own = own.ok_or_else(|| {
                    Failure::new(
                        Exit::Config,
                        format!("{} does not say where {kind} is", config.path.display()),
                    )
                    .state("nothing was changed on the platform")
                    .next(format!(
                        "every installation of {kind} has an address of its own: write \
                         `platform: {{kind: {kind}, api_url: https://apps.example.com}}`, set LAUNCHWAY_API_URL, \
                         or rehearse with --sandbox, which needs none"
                    ))
                })?;
                parse_api_url(own)?
            }
        };
        if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
            return Ok(url);
        }
        Err(
            Failure::new(Exit::Usage, format!("the API's address {url} is not https")).next(
                "the token goes there, so it must be https; http is accepted for loopback only",
            ),
        )
    }

    /// How quick to look again. The variable is for tests: a rehearsal in real time would take minutes.
    fn tempo(&self) -> Tempo {
        self.env
            .get("LAUNCHWAY_TEST_TEMPO")
            .and_then(|scale| scale.parse().ok())
            .map_or_else(Tempo::default, Tempo::scaled)
    }
}

/// The variables for child processes: none that is for a token, and none with a secret in it, however it is written.
fn child_env(env: &Env, redactor: &Redactor) -> Vec<(String, String)> {
    env.iter()
        .filter(|(name, value)| !TOKEN_VARIABLES.contains(name) && !redactor.finds(value))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn parse_api_url(text: &str) -> Result<Url, Failure> {
    text.parse()
        .map_err(|e| Failure::new(Exit::Usage, format!("the API's address is not valid: {e}")))
}

fn no_token(why: NoToken, hint: &str) -> Failure {
    let failure = match why {
        NoToken::Missing(looked) => Failure::new(Exit::Denied, "there is no token")
            .detail(["it was looked for in:".to_owned()])
            .detail(looked.into_iter().map(|place| format!("  {place}"))),
        NoToken::Unusable(why) => Failure::new(Exit::Denied, why),
    };
    failure
        .state("nothing was changed on the platform")
        .next(format!(
            "{hint}, or rehearse with --sandbox, which needs none"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_of_a_child_has_the_token() {
        const TOKEN: &str = "HRKU-0123/4567+89ab";
        let env = |token: &str| {
            Env::from_iter([
                ("HEROKU_API_KEY", token),
                ("LOGIN", &format!("https://me:{token}@example.com")),
                ("BASIC", "bWU6SFJLVS0wMTIzLzQ1NjcrODlhYg=="),
                ("PERCENT", "HRKU-0123%2f4567%2B89ab"),
                ("HOME", "/home/ab"),
            ])
        };
        let names = |token: &str| -> Vec<String> {
            let kept = child_env(&env(token), &Redactor::new([token]));
            kept.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(TOKEN), ["HOME"]);
        // It would take away what has nothing to do with it.
        assert_eq!(names("ab"), ["BASIC", "HOME", "LOGIN", "PERCENT"]);
    }
}
