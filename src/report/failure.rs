//! A failure in words: what failed, how, what is live now, what to do. Also for what ends before a run begins.

use super::{
    live, sanitize,
    style::{MAX_PARAGRAPH, Style, Tone},
};
use crate::units;
use crate::{exit::Exit, failure::Failure, journal::record::Record};

/// The width of the labels of the block's lower part.
const LABEL: usize = 11;
/// The least that is left for words beside the labels.
const MIN_TEXT: usize = 40;

/// The block that ends the output of a run that did not succeed. What is live is taken from the record, if there is one.
pub fn render(failure: &Failure, record: Option<&Record>, style: &Style) -> String {
    let tone = match failure.exit {
        Exit::Unknown | Exit::Interrupted | Exit::Terminated | Exit::TryAgain => Tone::Warn,
        _ => Tone::Bad,
    };
    let verdict = style.paint(tone, &format!("{}:", verdict(failure.exit)));
    let what = style.paint(Tone::Strong, &sanitize::text(&failure.what));
    let mut lines = vec![format!("{verdict} {what}")];

    let mark = if tells_a_log(failure.exit) {
        style.paint(Tone::Dim, "  | ")
    } else {
        "  ".to_owned()
    };
    for detail in &failure.detail {
        let detail = sanitize::lines(detail, style.colours());
        lines.extend(detail.map(|line| format!("{mark}{line}")));
    }
    lines.push(String::new());

    let mut labelled = |label: &str, text: Vec<String>| {
        for (i, line) in text.into_iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            let label = style.paint(Tone::Label, &format!("{label:<LABEL$}"));
            lines.push(format!("{label}{line}"));
        }
    };
    let paragraph = |text: &str| -> Vec<String> {
        let width = style.width.min(MAX_PARAGRAPH).saturating_sub(LABEL);
        let lines = units::wrap(&sanitize::text(text), width.max(MIN_TEXT));
        // Once more: what was in the middle of a line may be at the start of one now.
        lines.iter().map(|line| sanitize::text(line)).collect()
    };
    if let Some(cause) = &failure.cause {
        labelled("cause", paragraph(cause));
    }
    if let Some(state) = &failure.state {
        labelled("state", paragraph(state));
    }
    if let Some(record) = record {
        labelled("live now", live_now(record, style));
    }
    let next = failure.next.as_deref();
    labelled(
        "next",
        paragraph(next.unwrap_or_else(|| failure.exit.next())),
    );
    let (code, word) = (failure.exit.code(), failure.exit.word());
    let exit = format!("{code} {word} (see `launchway explain {code}`)");
    labelled("exit code", vec![exit]);
    let lines: Vec<&str> = lines.iter().map(|l| l.trim_end()).collect();
    lines.join("\n") + "\n"
}

fn live_now(record: &Record, style: &Style) -> Vec<String> {
    let running = live::running(record);
    let width = running
        .iter()
        .map(|r| r.app.chars().count())
        .max()
        .unwrap_or(0);
    running
        .iter()
        .map(|r| {
            let tone = if r.certain { Tone::Plain } else { Tone::Warn };
            format!("{:<width$}  {}", r.app, style.paint(tone, &r.what))
        })
        .collect()
}

/// The first word: what kind of end it is.
fn verdict(exit: Exit) -> &'static str {
    match exit {
        Exit::Refused => "refused",
        Exit::Unknown => "outcome unknown",
        Exit::Denied => "denied",
        Exit::Interrupted | Exit::Terminated => "cancelled",
        Exit::RolledBack => "failed, rolled back",
        Exit::RollbackFailed => "failed, and rolling back failed too",
        Exit::Internal => "internal error",
        Exit::BuildFailed
        | Exit::ReleaseFailed
        | Exit::PromotionFailed
        | Exit::VerificationFailed
        | Exit::Deadline => "failed",
        _ => "error",
    }
}

/// Whether the details are the end of a log, set off like the log itself.
fn tells_a_log(exit: Exit) -> bool {
    matches!(
        exit,
        Exit::BuildFailed | Exit::ReleaseFailed | Exit::PromotionFailed | Exit::VerificationFailed
    )
}
