//! Lines of the report as columns of text: time, kind of work, subject, words.

use jiff::Timestamp;

use super::{
    narrate::{Label, Line, Step},
    style::{Style, Tone},
};
use crate::units;

/// The width of `12:00:01` and the gap behind it.
const CLOCK: usize = 10;
/// The width of a label and the gap behind it, which the longest label leaves one column.
const LABEL: usize = Label::widest() + 1;
/// Longer names do not widen the column.
const MAX_SUBJECT: usize = 32;

/// Lays lines out. Subjects line up with the longest one seen so far.
#[derive(Debug)]
pub struct Layout {
    style: Style,
    subject: usize,
}

impl Layout {
    /// A layout in this style.
    pub fn new(style: Style) -> Self {
        Self { style, subject: 0 }
    }

    /// Says which subjects will come, so that they line up from the first line on.
    pub fn expect<S: AsRef<str>>(&mut self, subjects: &[S]) {
        for subject in subjects {
            let width = subject.as_ref().chars().count();
            if width <= MAX_SUBJECT {
                self.subject = self.subject.max(width);
            }
        }
    }

    /// The line as text, without a line end.
    pub fn line(&mut self, line: &Line, at: Timestamp) -> String {
        match line {
            Line::Header(text) => self.style.paint(Tone::Strong, text),
            Line::Output { app, text } => {
                let mark = self.style.paint(Tone::Dim, "|");
                let text = format!("{:CLOCK$}{}{mark} {text}", "", self.app(app.as_deref()));
                text.trim_end().to_owned()
            }
            Line::Step(step) => self.step(step, at),
        }
    }

    fn app(&mut self, app: Option<&str>) -> String {
        let Some(app) = app else {
            return String::new();
        };
        self.expect(&[app]);
        let padded = format!("{app:<width$} ", width = self.subject);
        self.style.paint(Tone::Dim, &padded)
    }

    fn step(&mut self, step: &Step, at: Timestamp) -> String {
        let clock = self.style.paint(Tone::Dim, &units::clock(at));
        let tone = match step.tone {
            tone @ (Tone::Bad | Tone::Warn) => tone,
            _ => Tone::Label,
        };
        let word = step.label.word();
        let gap = " ".repeat(LABEL.saturating_sub(word.len()));
        let label = self.style.paint(tone, word) + &gap;
        let text = self.style.paint(step.tone, &step.text);
        if step.subject.is_empty() {
            return format!("{clock}  {label}{text}");
        }
        self.expect(&[&step.subject]);
        let subject = format!("{:<width$}", step.subject, width = self.subject);
        format!("{clock}  {label}{subject}  {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_every_line_begin_in_one_column() {
        let mut layout = Layout::new(Style::plain());
        let at = "2026-08-01T12:00:01Z".parse().unwrap();
        for label in Label::ALL {
            let line = layout.line(&Line::Step(Step::new(*label, "", "words")), at);
            let word = label.word();
            assert_eq!(line.find("words"), Some(19), "{line}");
            assert!(line.starts_with(&format!("12:00:01  {word} ")), "{line}");
        }
    }
}
