//! A terminal that is redrawn in place.

use super::console::Out;
use crate::redact::Redactor;

/// The rows of a terminal that does not say how many it has.
const ROWS: usize = 24;

/// Standard output, redrawn in place.
pub struct Screen {
    out: Out,
    redactor: Redactor,
    /// Whether something was drawn.
    drawn: bool,
}

impl Screen {
    /// The terminal that standard output is.
    pub fn stdout(redactor: Redactor) -> Self {
        Self {
            out: Out::stdout(),
            redactor,
            drawn: false,
        }
    }

    /// Draws text of whole lines. What is wider or higher than the terminal is cut. False if it can't be drawn on any more.
    pub fn draw(&mut self, text: &str) -> bool {
        let picture = picture(&self.redactor.clean(text), rows(), !self.drawn);
        self.drawn = true;
        self.out.write(&picture);
        self.out.lost().is_none() && !self.out.is_broken()
    }
}

/// The escape sequences that draw a text from the top, without wrapping, and clear the rest of each line and everything
/// below.
fn picture(text: &str, rows: usize, first: bool) -> String {
    let mut out = String::from(if first { "\u{1b}[2J" } else { "" });
    out.push_str("\u{1b}[H\u{1b}[?7l");
    let lines: Vec<&str> = text.lines().collect();
    // The last row stays free for the cursor.
    let room = rows.saturating_sub(1).max(2);
    let shown = if lines.len() > room {
        room - 1
    } else {
        lines.len()
    };
    for line in &lines[..shown] {
        out.extend([*line, "\u{1b}[K\r\n"]);
    }
    if shown < lines.len() {
        let more = format!("… {} more lines\u{1b}[K\r\n", lines.len() - shown);
        out.push_str(&more);
    }
    out.push_str("\u{1b}[J\u{1b}[?7h");
    out
}

/// How many rows the terminal has now.
fn rows() -> usize {
    #[cfg(unix)]
    let rows = rustix::termios::tcgetwinsize(std::io::stdout())
        .map(|size| usize::from(size.ws_row))
        .ok();
    #[cfg(not(unix))]
    let rows = None;
    rows.filter(|rows| *rows > 0).unwrap_or(ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_fits_the_terminal_and_leaves_nothing_of_the_one_before() {
        assert_eq!(
            picture("a\nb\n", 24, true),
            "\u{1b}[2J\u{1b}[H\u{1b}[?7la\u{1b}[K\r\nb\u{1b}[K\r\n\u{1b}[J\u{1b}[?7h"
        );
        let lines: Vec<String> = (0..10).map(|n| format!("line {n}")).collect();
        let text = lines.join("\n");
        let cut = picture(&text, 6, false);
        assert_eq!(cut.matches("\r\n").count(), 5);
        assert!(cut.contains("line 3") && cut.contains("… 6 more lines") && !cut.contains("[2J"));
        assert_eq!(picture(&text, 0, false).matches("\r\n").count(), 2);
        assert_eq!(picture(&text, 11, false).matches("line").count(), 10);
    }
}
