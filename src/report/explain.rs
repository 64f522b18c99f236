//! The text of `launchway explain [CODE]`.

use super::style::{MAX_PARAGRAPH, Style, Tone};
use crate::exit::Exit;
use crate::units::wrap;

const CODE: usize = 4;
const WORD: usize = 21;

/// Every exit code with its meaning.
pub fn all(style: &Style) -> String {
    let head = format!("{:<CODE$} {:<WORD$}{}", "code", "word", "meaning");
    let mut lines = vec![style.paint(Tone::Dim, &head)];
    lines.extend(Exit::all().map(|exit| {
        let code = style.paint(Tone::Strong, &format!("{:>CODE$}", exit.code()));
        format!("{code} {:<WORD$}{}", exit.word(), exit.meaning())
    }));
    lines.push("\n`launchway explain CODE` says what to do next.\n".to_owned());
    lines.join("\n")
}

/// An exit code by its number or word; `None` if there is no such code. `cancelled` stands for two.
pub fn one(code_or_word: &str, style: &Style) -> Option<String> {
    let found = Exit::find(code_or_word)?;
    let is_number = found.code().to_string() == code_or_word.trim();
    let same = |e: &Exit| {
        if is_number {
            *e == found
        } else {
            e.word() == found.word()
        }
    };
    let blocks: Vec<String> = Exit::all()
        .filter(same)
        .map(|exit| {
            let head = format!("{} {}", exit.code(), exit.word());
            let next = wrap(exit.next(), style.width.min(MAX_PARAGRAPH)).join("\n");
            format!(
                "{}: {}\n\n{next}\n",
                style.paint(Tone::Strong, &head),
                exit.meaning()
            )
        })
        .collect();
    Some(blocks.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_each_code() {
        insta::assert_snapshot!("explain_all", all(&Style::plain()));
        insta::assert_snapshot!("explain_12", one("12", &Style::plain()).unwrap());
    }

    #[test]
    fn a_word_may_stand_for_two_codes() {
        let both = one("cancelled", &Style::plain()).unwrap();
        assert!(both.contains("130 cancelled") && both.contains("143 cancelled"));
        assert!(!one("130", &Style::plain()).unwrap().contains("143"));
        assert_eq!(one("42", &Style::plain()), None);
    }
}
