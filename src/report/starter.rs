//! What `init` tells at its end: what it found, what it guessed, what to do next.

use super::{
    sanitize,
    style::{Style, Tone},
};

/// What is told.
#[derive(Clone, Debug, Default)]
pub struct InitReport {
    /// Where the file is.
    pub written: Option<String>,
    /// What was found, and where.
    pub found: Vec<String>,
    /// What may be wrong.
    pub guessed: Vec<String>,
    /// What is not in the file.
    pub left_out: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
}

impl InitReport {
    /// As text for people.
    pub fn text(&self, style: &Style) -> String {
        let written: Vec<String> = self.written.iter().cloned().collect();
        let mut out = String::new();
        for (label, lines) in [
            ("wrote", &written),
            ("found", &self.found),
            ("guessed", &self.guessed),
            ("left out", &self.left_out),
            ("next", &self.next),
        ] {
            for (at, line) in lines.iter().enumerate() {
                let label = if at == 0 { label } else { "" };
                let label = style.paint(Tone::Strong, &format!("{label:<9}"));
                out.push_str(format!("{label} {}", sanitize::text(line)).trim_end());
                out.push('\n');
            }
        }
        out
    }
}
