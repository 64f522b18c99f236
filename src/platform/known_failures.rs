//! Failures of the platforms that many people have met: what their texts mean, and what helps. One table, with its sources.

use regex_automata::meta::Regex;

use crate::model::PlatformKind::{self, Akkeris, Heroku};

/// What a text of a platform means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Why it failed.
    pub cause: String,
    /// What helps.
    pub remedy: &'static str,
}

/// A text that a platform is known to give.
struct Signature {
    /// The platforms that give it.
    on: &'static [PlatformKind],
    /// A regular expression for a part of one line.
    pattern: &'static str,
    /// Why it failed. `{1}` and `{2}` stand for the groups of the pattern.
    cause: &'static str,
    /// What helps.
    remedy: &'static str,
}

/// A build that the platform failed on purpose. Seen in heroku/heroku-buildpack-ruby#1146.
const NOTICE: &str = "THIS IS A ONE-OFF NOTICE";

/// The first row with a line that it matches counts.
const TABLE: &[Signature] = &[
    // heroku/heroku-buildpack-ruby#1146
    Signature {
        on: &[Heroku],
        pattern: NOTICE,
        cause: "the platform failed this build on purpose, to announce that the stack of the app comes to its end of life",
        remedy: "run the same command again: the next build works; then upgrade the stack of the app \
                 (https://devcenter.heroku.com/articles/upgrading-to-the-latest-stack)",
    },
    // The limit changed over the years: it is read, never assumed. https://devcenter.heroku.com/articles/slug-compiler
    Signature {
        on: &[Heroku],
        pattern: r"Compiled slug size: ([0-9.]+ ?\w+) is too large \(max is ([0-9.]+ ?\w+)\)",
        cause: "the slug has {1}, and the platform takes {2}",
        remedy: "leave out what the app does not run with (`source.exclude`, or .slugignore for what only the build needs), or \
                 purge the build cache of the app",
    },
    // https://devcenter.heroku.com/articles/buildpacks#detection-failure
    Signature {
        on: &[Heroku],
        pattern: "No default language could be detected|No buildpack groups passed detection",
        cause: "no buildpack recognizes the source",
        remedy: "put the file that its buildpack looks for (package.json, requirements.txt, Gemfile, …) at the root of the \
                 archive (`launchway pack --list` shows it, `source.dir` moves it), or name a buildpack in `build.buildpacks`",
    },
    // heroku/heroku-buildpack-apt#86, answered by Heroku
    Signature {
        on: &[Heroku],
        pattern: r"App not compatible with buildpack: ([\w./:-]+)",
        cause: "the buildpack {1} does not recognize the source",
        remedy: "add the file that this buildpack looks for at the root of the archive (`launchway pack --list` shows it), or \
                 take the buildpack off `build.buildpacks` or the app",
    },
    // SerenityOS/discord-bot#14
    Signature {
        on: &[Heroku],
        pattern: "concurrent builds limit",
        cause: "the account runs as many builds at once as it may",
        remedy: "wait until other builds have ended, then run the same command again",
    },
    // heroku/cli#1196
    Signature {
        on: &[Heroku],
        pattern: "Could not verify slug checksum",
        cause: "the platform could not read back the slug that it was to promote",
        remedy: "run the same command again; if it stays, `launchway deploy --force` makes a new slug",
    },
    // The example of `error_message` in the platform's schema.
    Signature {
        on: &[Heroku],
        pattern: "User does not have access to that app",
        cause: "the account of the token may not deploy to a target of the promotion",
        remedy: "let the account deploy to every app of the stage, or use the token of one that may",
    },
    // https://devcenter.heroku.com/articles/error-codes
    Signature {
        on: &[Heroku],
        pattern: r"Error R10 \(Boot timeout\)",
        cause: "the web process did not listen on its port in time (R10)",
        remedy: "listen on the port in the variable PORT, on all addresses, before slow work begins",
    },
    Signature {
        on: &[Heroku],
        pattern: "code=H10 ",
        cause: "the web process crashed (H10)",
        remedy: "the log of the app (`heroku logs`) has its last words",
    },
    Signature {
        on: &[Heroku],
        pattern: "code=H14 ",
        cause: "no web dyno runs (H14)",
        remedy: "scale the app up (`heroku ps:scale web=1`), and see that its Procfile has a `web` process",
    },
    // https://devcenter.heroku.com/articles/error-pages
    Signature {
        on: &[Heroku],
        pattern: r"herokucdn\.com/error-pages/application-error",
        cause: "the router of the platform answered, not the app: it crashed, listens on another port, or no web dyno runs",
        remedy: "the log of the app (`heroku logs`) has the code: H10 is a crash, R10 a port that is not listened on, H14 no \
                 web dyno",
    },
    Signature {
        on: &[Heroku],
        pattern: r"herokucdn\.com/error-pages/no-such-app",
        cause: "the router of the platform knows no app at this address",
        remedy: "see that the address of the check is one of the app's own",
    },
    Signature {
        on: &[Heroku],
        pattern: r"herokucdn\.com/error-pages/maintenance-mode",
        cause: "the app is in maintenance mode: the router answers for it",
        remedy: "end it with `heroku maintenance:off`, then run the same command again",
    },
    // docs.docker.com/docker-hub/usage
    Signature {
        on: &[Heroku, Akkeris],
        pattern: "toomanyrequests: You have reached your",
        cause: "Docker Hub refused to give a base image: too many were pulled without an account",
        remedy: "run the same command again later, or take the base image from another registry",
    },
    // What a registry says of a name or tag that it does not have: the distribution specification's MANIFEST_UNKNOWN.
    Signature {
        on: &[Heroku, Akkeris],
        pattern: "manifest (?:for .{1,200} not found|unknown)",
        cause: "the registry does not have the image, or not under this tag",
        remedy: "see that the image was pushed, and that its name and tag are written as they were there",
    },
];

/// What is known of a failure with these lines.
pub fn known<'a>(
    platform: PlatformKind,
    lines: &(impl Iterator<Item = &'a str> + Clone),
) -> Option<Known> {
    let rows = TABLE.iter().filter(|row| row.on.contains(&platform));
    for row in rows {
        // A pattern that is no pattern matches nothing; a test reads them all.
        let Ok(pattern) = Regex::new(row.pattern) else {
            continue;
        };
        let mut groups = pattern.create_captures();
        for line in lines.clone() {
            pattern.captures(line, &mut groups);
            if groups.is_match() {
                let group = |at| groups.get_group(at).map_or("", |span| &line[span]);
                let cause = row.cause.replace("{1}", group(1)).replace("{2}", group(2));
                let remedy = row.remedy;
                return Some(Known { cause, remedy });
            }
        }
    }
    None
}

/// Whether a build failed for nothing but a notice, so that the next one works. Where a buildpack had begun its work, the
/// notice was only a warning, and the failure is real.
pub fn is_only_a_notice<'a>(mut lines: impl Iterator<Item = &'a str> + Clone) -> bool {
    let began = lines.clone().any(|line| line.contains("----->"));
    !began && lines.any(|line| line.contains(NOTICE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(platform: PlatformKind, line: &str) -> String {
        let lines = ["-----> Building", line, " !     Push failed"];
        known(platform, &lines.into_iter()).map_or(String::new(), |known| known.cause)
    }

    #[test]
    fn every_pattern_is_one() {
        for row in TABLE {
            let pattern = Regex::new(row.pattern).expect(row.pattern);
            for group in 1..=2 {
                let wanted = row.cause.contains(&format!("{{{group}}}"));
                assert_eq!(pattern.captures_len() > group, wanted, "{}", row.pattern);
            }
        }
    }

    #[test]
    fn what_people_met_is_explained() {
        for (line, expected) in [
            (
                " !     Compiled slug size: 3.6G is too large (max is 1000M).",
                "the slug has 3.6G, and the platform takes 1000M",
            ),
            (
                " !     No default language could be detected for this app.",
                "no buildpack recognizes the source",
            ),
            (
                "-----> App not compatible with buildpack: https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/ruby.tgz",
                "the buildpack https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/ruby.tgz does not recognize the source",
            ),
            (
                r#"heroku[router]: at=error code=H10 desc="App crashed" method=GET path="/""#,
                "the web process crashed (H10)",
            ),
            ("npm ERR! missing script: build", ""),
        ] {
            assert_eq!(cause(Heroku, line), expected, "{line}");
        }
    }

    #[test]
    fn one_platforms_words_are_not_anothers() {
        assert_eq!(cause(Akkeris, "Could not verify slug checksum"), "");
        let pull = "toomanyrequests: You have reached your unauthenticated pull rate limit.";
        assert!(cause(Akkeris, pull).contains("Docker Hub"));
    }

    #[test]
    fn only_a_notice_alone_is_worth_another_build() {
        let notice =
            " !   THIS IS A ONE-OFF NOTICE. THE NEXT DEPLOY WILL FUNCTION WITHOUT INTERRUPTION.";
        for (lines, expected) in [
            (
                &[" !   Your app is using the Heroku-22 stack", notice][..],
                true,
            ),
            (&[notice, "-----> Node.js app detected", "npm ERR!"], false),
            (&["npm ERR!"], false),
            (&[], false),
        ] {
            assert_eq!(
                is_only_a_notice(lines.iter().copied()),
                expected,
                "{lines:?}"
            );
        }
    }
}
