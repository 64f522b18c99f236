//! The run as a message for an incoming webhook of Slack, and of what takes the same (Mattermost, Rocket.Chat): one
//! headline, what is live, and a link to the run. It stays short however many apps there are.
//!
//! Only `&`, `<` and `>` have a meaning to Slack in a text
//! (<https://docs.slack.dev/messaging/formatting-message-text#escaping>); others also read `@all` and the like.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;

use super::{ending, live, markdown::web, sanitize, table};
use crate::{
    exit::Exit,
    journal::record::{AppOutcome, AppRecord, Record, StageRecord},
};

/// How long a foreign text may be, in characters.
const LONGEST: usize = 300;
/// Up to this many apps of a stage get a line each.
const FEW: usize = 6;
/// With more apps, only those that need attention get a line: at most this many.
const TROUBLED: usize = 5;
/// How many stages are shown.
const STAGES: usize = 8;

/// The message, as JSON. Nothing in it is secret if nothing in the record is.
pub fn render(record: &Record, exit: Exit, run_url: Option<&str>) -> String {
    let mut text = headline(record, exit);
    let any = !live::running(record).is_empty();
    for stage in record.stages.iter().take(STAGES).filter(|_| any) {
        self::stage(stage, &mut text);
    }
    if let Some(url) = run_url.and_then(web) {
        let _ = write!(text, "\n<{}|the run>", url.replace('&', "&amp;"));
    }
    json!({ "text": text, "unfurl_links": false, "unfurl_media": false }).to_string()
}

fn headline(record: &Record, exit: Exit) -> String {
    let sign = match exit {
        Exit::Ok => "✅",
        Exit::RolledBack => "↩️",
        Exit::Unknown | Exit::TryAgain | Exit::Interrupted | Exit::Terminated => "⚠️",
        _ => "❌",
    };
    let first = record.apps().next().map(|app| &app.app);
    let pipeline = record.pipeline.as_ref().map(|pipeline| &pipeline.name);
    let of = pipeline.or(first).map(|name| format!(" of {}", text(name)));
    let what = match exit {
        Exit::Ok => text(&ending::done(record)),
        _ => {
            let message = record.message.as_deref().unwrap_or(exit.meaning());
            let word = exit.word().replace('_', " ");
            format!("{word} (exit code {}): {}", exit.code(), text(message))
        }
    };
    format!(
        "{sign} {}{}: {what}",
        record.command,
        of.unwrap_or_default()
    )
}

/// The lines of a stage.
fn stage(stage: &StageRecord, out: &mut String) {
    let name = text(&stage.stage);
    let mut line = |app: &AppRecord| {
        let running = live::of_app(app);
        let (app, what) = (text(&running.app), text(&running.what));
        let _ = write!(out, "\n• {name}: {app} runs {what}");
    };
    if stage.apps.len() <= FEW {
        stage.apps.iter().for_each(line);
        return;
    }
    let troubled = || {
        stage.apps.iter().filter(|app| {
            app.superseded_by.is_some()
                || !matches!(
                    app.outcome,
                    AppOutcome::Succeeded | AppOutcome::AlreadyLive | AppOutcome::NotStarted
                )
        })
    };
    troubled().take(TROUBLED).for_each(&mut line);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for app in &stage.apps {
        *counts.entry(table::outcome(app)).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let (all, counts) = (stage.apps.len(), counts.join(", "));
    let _ = write!(out, "\n• {name}: {counts} of {all} apps");
}

/// Foreign text without anything that has a meaning where it is shown.
fn text(foreign: &str) -> String {
    let clean = sanitize::text(foreign);
    let mut out = String::new();
    for (at, c) in clean.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A zero-width character behind the sign: so no name follows it.
            '@' => out.push_str("@\u{200b}"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::{self, Sample, app, release};

    const RUN: Option<&str> = Some("https://ci.example.com/runs/7?a=1&b=<2>|x");

    fn shown(sample: &Sample) -> String {
        let exit = sample
            .failure
            .as_ref()
            .map_or(Exit::Ok, |failure| failure.exit);
        let message = render(&sample.record, exit, RUN);
        let message: serde_json::Value = serde_json::from_str(&message).unwrap();
        message["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_messages_of_runs() {
        insta::assert_snapshot!("slack_happy", shown(&fixtures::happy()));
        insta::assert_snapshot!("slack_build_failed", shown(&fixtures::build_failed()));
        insta::assert_snapshot!(
            "slack_verification_failed",
            shown(&fixtures::verification_failed())
        );
    }

    #[test]
    fn foreign_text_means_nothing() {
        for (foreign, expected) in [
            ("a & b", "a &amp; b"),
            (
                "<!channel> <https://evil.example.com|log in>",
                "&lt;!channel&gt; &lt;https://evil.example.com|log in&gt;",
            ),
            ("@all", "@\u{200b}all"),
            ("\u{1b}[31mred\u{202e}\n", "red"),
        ] {
            assert_eq!(text(foreign), expected);
        }
        assert_eq!(text(&"<".repeat(5000)).len(), LONGEST * 4 + '…'.len_utf8());
    }

    #[test]
    fn hundreds_of_apps_are_a_short_message() {
        let mut sample = fixtures::happy();
        let apps = (0..400).map(|at| AppRecord {
            outcome: if at % 40 == 0 {
                AppOutcome::Failed
            } else {
                AppOutcome::Succeeded
            },
            release: Some(release(
                8,
                if at % 40 == 0 { "failed" } else { "succeeded" },
            )),
            ..app(&format!("shop-{at:03}"), Some(7))
        });
        sample.record.stages[1].apps = apps.collect();
        let message = shown(&sample);
        assert!(message.lines().count() < 12, "{message}");
        assert!(
            message.contains("production: 10 failed, 390 succeeded of 400 apps"),
            "{message}"
        );
        assert!(
            message.contains("shop-000 runs v7, as before (v8 failed)"),
            "{message}"
        );
    }
}
