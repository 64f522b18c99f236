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
    exit::Exit,
    failure::{Failure, Location},
    http::{Api, Outside, Pacing, is_loopback},
    journal::Journal,
    model::is_token_variable,
    platform::{
        self, Platform, Services,
        credentials::{self, Destination, NoToken},
    },
    redact::{self, Redactor},
    registry::{self, Registry},
    sandbox::{Generation, Sandbox},
};

/// A platform that can be asked.
pub(super) struct Session {
    pub(super) platform: Box<dyn Platform>,
    pub(super) api_url: Url,
    pub(super) token_from: String,
    /// What this run is known by.
    pub(super) run_id: String,
    /// What the CI system says about this run.
    pub(super) ci: ci::Context,
    /// The variables for child processes: the process's own, less those that are for a token or have this one in them.
    pub(super) child_env: Vec<(String, String)>,
    pub(super) own_files: Vec<PathBuf>,
    /// Keeps the sandbox alive, where there is one.
    _sandbox: Option<Sandbox>,
}

impl Context<'_> {
    /// Opens a session. Warnings go to `journal`.
    pub(super) async fn session(
        &self,
        config: &Config,
        rehearsal: &Rehearsal,
        journal: &Journal,
    ) -> Result<Session, Failure> {
        let sandbox = if rehearsal.sandbox {
            Some(
                super::sandbox::start(
                    config,
                    config.platform,
                    Generation::default(),
                    None,
                    None,
                    &rehearsal.fault,
                )
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
                let about = config.platform.about();
                let (api_url, only_in_file) = self.api_url(config, about.api_url)?;
                let to = Destination {
                    url: &api_url,
                    public: about.is_public(&api_url),
                    only_in_file,
                };
                let key_file = self.global.api_key_file.as_deref();
                let found = credentials::find(key_file, &self.env, about.token_variable, to)
                    .map_err(|why| no_token(why, about.token_hint, config))?;
                if let Some(warning) = found.warning {
                    journal.warn(warning);
                }
                (api_url, found.token, found.from)
            }
        };
        self.redactor.learn(token.expose_secret());
        self.tokens.learn(token.expose_secret());
        if redact::is_too_short(token.expose_secret()) {
            journal.warn(format!(
                "the token from {token_from} has fewer than {} characters: it is too short to be redacted in the output, and \
                 variables that contain it are not kept from commands",
                redact::MIN_SECRET
            ));
        }
        if let Some((variable, what, next)) =
            config.secret_in_variable(&self.env, |value| self.tokens.finds(value))
        {
            let (file, line, column) = (&config.path, variable.line, variable.column);
            let place = Location {
                file: file.clone(),
                line,
                column,
                message: what.clone(),
            };
            let what = format!("{}:{line}:{column}: {what}", file.display());
            return Err(Failure::new(Exit::Config, what)
                .places([place])
                .state("nothing was changed on the platform")
                .next(next));
        }
        let child_env = self.child_env();
        for secret in config.sent_secrets(&self.env) {
            if !self.ci.says(&secret) {
                self.redactor.learn(&secret);
            }
        }
        let in_sandbox = sandbox.is_some();
        let services = self.services(config, &api_url, in_sandbox, token, journal)?;
        Ok(Session {
            platform: platform::connect(config.platform, services),
            api_url,
            token_from,
            run_id: self.run_id.clone(),
            ci: self.ci.clone(),
            child_env,
            own_files: self.global.own_files(),
            _sandbox: sandbox,
        })
    }

    /// The API's address: the flag, the variable, `deploy.yaml`, else the platform's own if it has one for everybody. And
    /// whether nothing but `deploy.yaml` names it.
    pub(super) fn api_url(
        &self,
        config: &Config,
        own: Option<&str>,
    ) -> Result<(Url, bool), Failure> {
        let variable = self.env.get("LAUNCHWAY_API_URL");
        let (url, only_in_file) = match (&self.global.api_url, variable, &config.api_url) {
            (Some(url), _, _) => (url.clone(), false),
            (None, Some(text), _) if !text.is_empty() => (parse_api_url(text)?, false),
            (None, _, Some(url)) => (url.clone(), true),
            _ => {
                let kind = config.platform;
                let own = own.ok_or_else(|| {
                    Failure::new(Exit::Config, format!("the address of {kind} is not configured"))
                        .state("nothing was changed on the platform")
                        .next(format!(
                            "every installation of {kind} has an address of its own: set LAUNCHWAY_API_URL (or --api-url) to it, \
                             such as https://apps.example.com, or rehearse with --sandbox, which needs none"
                        ))
                })?;
                (parse_api_url(own)?, false)
            }
        };
        if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
            return Ok((url, only_in_file));
        }
        Err(
            Failure::new(Exit::Usage, format!("the API's address {url} is not https")).next(
                "the token goes there, so it must be https; http is accepted for loopback only",
            ),
        )
    }

    /// The clients for a platform, and for its registry of images if it has one. The sandbox has a registry of its own.
    fn services(
        &self,
        config: &Config,
        api_url: &Url,
        in_sandbox: bool,
        token: SecretString,
        journal: &Journal,
    ) -> Result<Services, Failure> {
        const UNCHANGED: &str = "nothing was changed on the platform";
        let unavailable = |why: String| Failure::new(Exit::Unavailable, why).state(UNCHANGED);
        let pacing = self.pacing();
        let outside = Outside::new(api_url.clone(), &self.env, pacing).map_err(unavailable)?;
        let variable = self.env.get(registry::VARIABLE).filter(|_| !in_sandbox);
        let address = registry::address(config.platform.about(), api_url, variable)
            .map_err(|why| Failure::new(Exit::Usage, why).state(UNCHANGED))?;
        let registry = address.map(|address| {
            let (token, journal) = (token.clone(), journal.clone());
            let redactor = self.redactor.clone();
            Registry::new(address, token, &outside, pacing, journal, redactor)
        });
        let registry = registry.transpose().map_err(unavailable)?;
        let api = Api::new(
            api_url.clone(),
            Some(token),
            &outside,
            pacing,
            journal.clone(),
        );
        Ok(Services {
            api: api.map_err(unavailable)?,
            outside,
            registry,
            pacing,
            journal: journal.clone(),
            redactor: self.redactor.clone(),
        })
    }

    /// The variables for child processes. Secrets of others than the platform stay: a command may well need what a check or
    /// a hook sends.
    pub(super) fn child_env(&self) -> Vec<(String, String)> {
        child_env(&self.env, &self.tokens)
    }

    /// How quick to look again. The variable is for tests: a rehearsal in real time would take minutes.
    pub(super) fn pacing(&self) -> Pacing {
        self.env
            .get("LAUNCHWAY_TEST_TEMPO")
            .and_then(|scale| scale.parse().ok())
            .map_or_else(Pacing::default, Pacing::scaled)
    }
}

/// The variables for child processes: none that is for a token, and none with a secret in it, however it is written.
fn child_env(env: &Env, redactor: &Redactor) -> Vec<(String, String)> {
    env.iter()
        .filter(|(name, value)| !is_token_variable(name) && !redactor.finds(value))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn parse_api_url(text: &str) -> Result<Url, Failure> {
    text.parse()
        .map_err(|e| Failure::new(Exit::Usage, format!("the API's address is not valid: {e}")))
}

fn no_token(why: NoToken, hint: &str, config: &Config) -> Failure {
    let failure = match why {
        NoToken::Missing(looked) => Failure::new(Exit::Denied, "there is no token")
            .detail(["looked in:".to_owned()])
            .detail(looked.into_iter().map(|place| format!("  {place}")))
            .next(format!(
                "{hint}, or rehearse with --sandbox, which needs none"
            )),
        NoToken::Unusable(why) => Failure::new(Exit::Denied, why).next(format!(
            "{hint}, or rehearse with --sandbox, which needs none"
        )),
        NoToken::Unnamed(host) => {
            let file = config.path.display();
            let what = format!("only {file} says that the token goes to {host}");
            let address = config.api_url.as_ref().map_or("", Url::as_str);
            let address = address.trim_end_matches('/');
            Failure::new(Exit::Denied, what)
                .detail([
                    "anyone who can edit that file could send the token anywhere, so its host must be named outside of it, too",
                ])
                .next(format!(
                    "if that is where it belongs, set LAUNCHWAY_API_URL={address} beside the token, \
                     give --api-url, or add `machine {host}` to .netrc"
                ))
        }
    };
    failure.state("nothing was sent, and nothing was changed on the platform")
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
