//! What of `deploy.yaml` may be a secret: the addresses of others, and what checks send. And what is none, wherever it stands:
//! what the file names in the open, what the CI system says to everybody, what the run fills in.

use secrecy::ExposeSecret as _;
use url::{Position, Url};

use super::{Check, Config, Request, notify::Action, placeholder::Placeholder};
use crate::env::Env;

/// From this length on a piece of an address is more likely a key than a word.
const KEY: usize = 16;

impl Config {
    /// What of the addresses that are told and asked gives access to them. `said` is what everybody may know of this run.
    pub fn address_secrets<'a>(&'a self, said: impl Iterator<Item = &'a str>) -> Vec<String> {
        let approvals = self
            .stages
            .iter()
            .filter_map(|stage| Some(stage.approval.as_ref()?.http()?.written().expose_secret()));
        let open: Vec<&str> = self.names().chain(said).collect();
        self.told_addresses()
            .chain(approvals)
            .flat_map(|url| secrets_of(url, &open))
            .collect()
    }

    /// The addresses that are told how the run ended.
    pub fn told_addresses(&self) -> impl Iterator<Item = &str> {
        self.notify.iter().filter_map(|hook| match &hook.action {
            Action::Http { url, .. } => Some(url.expose_secret()),
            Action::Run(_) => None,
        })
    }

    /// What checks send that may be a secret: the values of variables, and what headers that are made for secrets hold.
    pub fn sent_secrets(&self, env: &Env) -> Vec<String> {
        let variables = self.variables.iter().filter(|variable| variable.sent);
        let values = variables.filter_map(|variable| env.get(&variable.name));
        let checks = self.stages.iter().flat_map(|stage| &stage.verify);
        let requests = checks.filter_map(|check| match check {
            Check::Http(http) => Some(&http.request),
            Check::Dynos(_) | Check::Run(_) => None,
        });
        let mut secrets: Vec<String> = values.map(str::to_owned).collect();
        secrets.extend(requests.flat_map(Request::credentials));
        secrets.retain(|secret| self.names().all(|name| name != secret));
        secrets
    }

    /// The names of the pipeline, the stages and the apps: no secret, wherever they come from.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let stages = self.stages.iter();
        let all = stages.flat_map(|stage| std::iter::once(&stage.name).chain(&stage.apps));
        all.chain(&self.pipeline).map(String::as_str)
    }
}

/// What of an address gives access: what is behind its host as a whole, what in its path looks like a key, the values of its
/// query, a password. Its host is none, and neither is what is `open` in it: where that is, what is left on both sides counts
/// if it is long enough for a key.
fn secrets_of(written: &str, open: &[&str]) -> Vec<String> {
    let Ok(url) = Url::parse(written) else {
        return vec![written.to_owned()];
    };
    let as_written = written
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    let as_written = as_written.map(|(_, rest)| format!("/{rest}"));
    let raw = url.query().unwrap_or_default().split('&');
    let raw = raw.filter_map(|pair| Some(pair.split_once('=')?.1.to_owned()));
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    let keys = url.path_segments().into_iter().flatten();
    let keys = keys.filter(|segment| segment.len() >= KEY);
    let path = url.path().trim_end_matches('/');
    let all = [url[Position::BeforePath..].to_owned(), path.to_owned()]
        .into_iter()
        .chain(as_written)
        .chain(url.password().map(str::to_owned))
        .chain(keys.map(str::to_owned))
        .chain(raw)
        .chain(decoded);
    all.filter(|secret| !open.contains(&secret.as_str()))
        .flat_map(|secret| without(&secret, open))
        .collect()
}

/// What is left of a secret where something open is taken out of it: all of it if there is nothing.
fn without(secret: &str, open: &[&str]) -> Vec<String> {
    // Less than that may be in a key by chance.
    const WORD: usize = 12;
    let filled_in = Placeholder::ALL.map(Placeholder::written);
    let escaped = filled_in.map(|word| word.replace('{', "%7B").replace('}', "%7D"));
    let long = open.iter().copied().filter(|word| word.len() >= WORD);
    let words = filled_in
        .into_iter()
        .chain(escaped.iter().map(String::as_str));
    let mut left = vec![secret];
    for word in words.chain(long) {
        left = left.iter().flat_map(|part| part.split(word)).collect();
    }
    if let [whole] = left[..] {
        return vec![whole.to_owned()];
    }
    left.retain(|part| part.len() >= KEY);
    left.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(address: &str, open: &[&str]) -> Vec<String> {
        secrets_of(address, open)
    }

    #[test]
    fn every_part_of_an_address_that_gives_access_is_secret() {
        let slack = secrets(
            "https://hooks.slack.com/services/T0AB/B0CD/abcdefghijklmnopqrstuvwx",
            &[],
        );
        for secret in [
            "/services/T0AB/B0CD/abcdefghijklmnopqrstuvwx",
            "abcdefghijklmnopqrstuvwx",
        ] {
            assert!(slack.iter().any(|part| part == secret), "{slack:?}");
        }
        assert!(!slack.iter().any(|part| part == "services"), "{slack:?}");
        let other = secrets(
            "https://me:hunter2hunter2@ops.example.com/?key=a%2Fb-0123456&x",
            &[],
        );
        for secret in ["hunter2hunter2", "a%2Fb-0123456", "a/b-0123456"] {
            assert!(other.iter().any(|part| part == secret), "{other:?}");
        }
        for secret in slack.iter().chain(&other) {
            assert!(!secret.contains("://"), "the host is none: {secret}");
        }
    }

    #[test]
    fn what_everybody_may_know_is_no_secret_where_it_stands_in_an_address() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let open = [commit, "acme-shop-staging", "staging", "production"];
        let told = secrets(
            &format!(
                "https://ops.example.com/hooks/acme-shop-staging/{commit}/key-0123456789abcdef/${{run}}\
                 ?stage=production&app=acme-shop-staging&of=${{version}}&sig=abc-staging-0123"
            ),
            &open,
        );
        for secret in &told {
            for word in open.into_iter().filter(|word| word.len() >= 12) {
                assert!(!secret.contains(word), "{secret}");
            }
            let filled = secret.contains("version") || secret.contains("run}");
            assert!(!filled && secret != "production", "{secret}");
        }
        // A short word may be in a key by chance.
        for secret in ["key-0123456789abcdef", "abc-staging-0123"] {
            assert!(told.iter().any(|part| part == secret), "{told:?}");
        }
    }
}
