//! The hosts that a run talks to, for people and for lists of what a job may reach: one a line, the host first.

use std::fmt::Write as _;

use super::sanitize::text;

/// The hosts, each with its port and what it is talked to for. The port of https is left out.
pub fn render<'a>(hosts: impl Iterator<Item = (&'a str, u16, &'a [String])>) -> String {
    let rows: Vec<(String, String)> = hosts
        .map(|(host, port, purposes)| {
            let port = if port == 443 {
                String::new()
            } else {
                format!(":{port}")
            };
            (format!("{}{port}", text(host)), text(&purposes.join(", ")))
        })
        .collect();
    let width = rows.iter().map(|(host, _)| host.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut out = String::new();
    for (host, purposes) in rows {
        let _ = writeln!(out, "{host:<width$}  {purposes}");
    }
    out
}
