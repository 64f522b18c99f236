//! The run as one page for browsers, for the artifacts of a CI system: the result, the pipeline, the time line, the
//! checks, the logs. It needs nothing from anywhere and runs no script: its policy forbids both.

mod parts;

use std::fmt::Write as _;

use super::{RunReport, ending, live, markdown::web, sanitize};
use crate::{exit::Exit, failure::Failure, units};

const CSS: &str = include_str!("html/page.css");

/// The page.
pub fn render(told: &RunReport<'_>) -> String {
    let record = told.record;
    let (tone, word) = match told.failure.map(|failure| failure.exit) {
        None => ("good", "ok".to_owned()),
        Some(Exit::Unknown | Exit::TryAgain | Exit::Interrupted | Exit::Terminated) => {
            ("warn", record.outcome.replace('_', " "))
        }
        Some(_) => ("bad", record.outcome.replace('_', " ")),
    };
    let what = match told.failure {
        None => ending::done(record),
        Some(failure) => failure.what.clone(),
    };
    let title = format!("launchway {}: {word}", record.command);
    let mut body = format!(
        "<header class=\"verdict {tone}\"><b>{}</b><h1>{}</h1></header>\n",
        escape(&word),
        escape(&what)
    );
    body += &facts(told);
    if let Some(failure) = told.failure {
        body += &failure_section(told, failure);
    }
    body += &parts::pipeline(record);
    body += &parts::timeline(told.timeline);
    body += &parts::required(record);
    body += &parts::checks(record);
    body += &parts::warnings(told.timeline);
    body += &parts::logs(told.timeline);
    let _ = writeln!(
        body,
        "<footer>launchway {}, exit code {} ({}), {} to {}</footer>",
        escape(&record.launchway),
        record.exit_code,
        escape(&record.outcome),
        escape(&record.started_at),
        escape(&record.finished_at)
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(&title)
    )
}

fn facts(told: &RunReport<'_>) -> String {
    let record = told.record;
    let mut items = vec![("command", escape(&record.command))];
    if let Some(pipeline) = &record.pipeline {
        items.push(("pipeline", escape(&pipeline.name)));
    }
    if let Some(source) = &record.source {
        let version = units::short_version(&source.version);
        items.push(("version", escape(&version)));
        let size = units::bytes(source.archive_bytes);
        let files = units::count(source.files, "file", "files");
        items.push(("source", format!("{files}, {size}")));
    }
    if let Some(branch) = &told.ci.branch {
        items.push(("branch", escape(branch)));
    }
    items.push(("time", units::seconds(record.seconds)));
    if let Some(url) = &told.ci.run_url {
        items.push(("run", link(url, url)));
    }
    let items: Vec<String> = items
        .iter()
        .map(|(name, value)| format!("<li>{name} <span>{value}</span></li>\n"))
        .collect();
    format!("<ul class=\"facts\">\n{}</ul>\n", items.concat())
}

fn failure_section(told: &RunReport<'_>, failure: &Failure) -> String {
    let mut out = String::from("<h2>What happened</h2>\n");
    if !failure.detail.is_empty() {
        let lines: Vec<String> = failure
            .detail
            .iter()
            .flat_map(|detail| sanitize::lines(detail, sanitize::Colours::Strip))
            .map(|line| escape(&line))
            .collect();
        let _ = writeln!(out, "<pre>{}</pre>", lines.join("\n"));
    }
    let mut rows: Vec<(&str, String)> = Vec::new();
    rows.extend(failure.cause.as_ref().map(|cause| ("cause", escape(cause))));
    rows.extend(failure.state.as_ref().map(|state| ("state", escape(state))));
    for running in live::running(told.record) {
        let words = format!("{} {}", escape(&running.app), escape(&running.what));
        rows.push(("live now", words));
    }
    let next = failure.next.as_deref();
    rows.push(("next", escape(next.unwrap_or_else(|| failure.exit.next()))));
    let rows: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"))
        .collect();
    out + "<dl>\n" + &rows.concat() + "</dl>\n"
}

/// Foreign text in HTML.
fn escape(foreign: &str) -> String {
    let mut out = String::new();
    for c in sanitize::text(foreign).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A link, if the address is one of the web; else its text.
fn link(words: &str, address: &str) -> String {
    match web(address) {
        Some(url) => format!("<a href=\"{}\">{}</a>", escape(&url), escape(words)),
        None => escape(words),
    }
}

#[cfg(test)]
mod tests;
