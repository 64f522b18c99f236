//! The one sanitiser for foreign text: everything that did not originate in launchway passes here before it is printed.
//!
//! The author of the code being built controls the build log. CI systems read commands out of a job's
//! output, and terminals read escape sequences, so that text must not be able to speak to either. What is left is
//! printable text, tabs, and (on demand) colours.
//!
//! - Lines end where .NET's `ReadLine` ends them (CRLF, a lone CR, LF): the GitHub runner is a .NET program.
//! - Escape sequences other than SGR (colours), control characters and bidirectional controls are removed.
//! - `##[` (GitHub, Azure), `##vso[` (Azure) and `##teamcity[`, which count *anywhere* in a line, become `##\[`, `##vso\[`, …
//! - `::` at the start of a line (GitHub) becomes `\::`. GitLab's section markers need CR and ESC, which are gone.
//!
//! Reporters still put a prefix before each line of a log: markers that count only at a line's start have no other
//! defence on Buildkite (`--- `, `+++ `).

use std::iter::Peekable;
use std::str::Chars;

/// The longest line that is printed, in characters. What is cut is counted.
pub const MAX_LINE: usize = 8192;

/// The longest SGR sequence that is kept. Real ones are far shorter.
const MAX_SGR: usize = 48;

const RESET: &str = "\u{1b}[0m";

/// What happens to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// They stay.
    Keep,
    /// They are removed, too.
    Strip,
}

/// Splits text into lines as .NET's `ReadLine` does: CRLF, CR and LF each end a line.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|t| !t.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let after = &text[end..];
        let skip = if after.starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&after[skip..]).filter(|t| !t.is_empty());
        Some(&text[..end])
    })
}

/// Foreign text as lines that are safe to print.
pub fn lines(text: &str, colours: Colours) -> impl Iterator<Item = String> {
    split(text).map(move |l| line(l, colours))
}

/// Foreign text as one piece of a line of ours: a name, a message, what a check saw. Without colours.
pub fn text(foreign: &str) -> String {
    line(foreign, Colours::Strip)
}

/// One line of foreign text, safe to print. Line ends inside become spaces: one line in, one line out.
pub fn line(foreign: &str, colours: Colours) -> String {
    let mut clean = Clean::new(colours);
    let mut chars = foreign.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => escape(&mut chars, &mut clean),
            '\u{9b}' => {
                // The one-character form of `ESC [`. Never a colour in practice: removed whatever it says.
                control_sequence(&mut chars);
            }
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => control_string(&mut chars, &mut clean),
            '\r' | '\n' | '\u{2028}' | '\u{2029}' => clean.push(' '),
            '\t' => clean.push('\t'),
            c if c.is_control() || is_bidi_control(c) => {}
            c => clean.push(c),
        }
    }
    clean.finish()
}

/// Reads what follows an ESC and keeps it if it is a colour.
fn escape(chars: &mut Peekable<Chars<'_>>, clean: &mut Clean) {
    match chars.peek().copied() {
        Some('[') => {
            chars.next();
            if let Some(sgr) = control_sequence(chars) {
                clean.colour(&sgr);
            }
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            control_string(chars, clean);
        }
        Some(' '..='/') => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next_if(|c| ('0'..='~').contains(c));
        }
        Some('0'..='~') => {
            chars.next();
        }
        _ => {}
    }
}

/// Reads the rest of a control sequence; gives its parameters if it is a complete, plain SGR sequence. A character that
/// can't be part of the sequence is left for the caller: it is text.
fn control_sequence(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut body = String::new();
    while let Some(c) = chars.next_if(|c| (' '..='?').contains(c)) {
        body.push(c);
    }
    let last = chars.next_if(|c| ('@'..='~').contains(c))?;
    let plain = body.chars().all(|c| c.is_ascii_digit() || c == ';');
    (last == 'm' && plain && body.len() <= MAX_SGR).then_some(body)
}

/// Removes a string that is meant for the terminal (OSC, DCS, SOS, PM, APC) up to its end. Without an end in this line
/// only the introducer goes, so that nothing can hide the rest of a line. Where one has no end the others behind it have
/// none either: it is looked for once, or a line of introducers would take the square of its length.
fn control_string(chars: &mut Peekable<Chars<'_>>, clean: &mut Clean) {
    if clean.no_more_ends {
        return;
    }
    let mut ahead = chars.clone();
    while let Some(c) = ahead.next() {
        let ended = match c {
            '\u{07}' | '\u{9c}' => true,
            '\u{1b}' => ahead.next_if_eq(&'\\').is_some(),
            _ => false,
        };
        if ended {
            *chars = ahead;
            return;
        }
    }
    clean.no_more_ends = true;
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a CI system may skip this at the start of a line: white space, and what looked like it to older .NET.
fn is_skipped_at_start(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{180e}' | '\u{200b}' | '\u{feff}')
}

/// The clean line while it grows, with what is needed to see a marker coming.
struct Clean {
    out: String,
    colours: Colours,
    coloured: bool,
    /// Characters of text so far.
    count: usize,
    /// Characters that were cut.
    cut: usize,
    hash: Hash,
    colon: Colon,
    /// No control string that begins from here on has an end.
    no_more_ends: bool,
}

/// How far the text is into `##word[`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    None,
    One,
    /// `##`, and any word after it.
    Two,
}

/// How far the line is into `::` at its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colon {
    /// Nothing but space so far.
    Start,
    One,
    Past,
}

impl Clean {
    fn new(colours: Colours) -> Self {
        Self {
            out: String::new(),
            colours,
            coloured: false,
            count: 0,
            cut: 0,
            hash: Hash::None,
            colon: Colon::Start,
            no_more_ends: false,
        }
    }

    fn push(&mut self, c: char) {
        if self.count >= MAX_LINE {
            self.cut += 1;
            return;
        }
        self.count += 1;
        if c == '[' && self.hash == Hash::Two {
            self.out.push('\\');
        }
        if c == ':' && self.colon == Colon::One {
            // The first colon is the last character but for colours, which have none: `\` goes before it.
            let at = self.out.rfind(':').unwrap_or(0);
            self.out.insert(at, '\\');
        }
        self.hash = match (c, self.hash) {
            ('#', Hash::None) => Hash::One,
            ('#', _) => Hash::Two,
            (c, Hash::Two) if c.is_alphanumeric() || c == '_' => Hash::Two,
            _ => Hash::None,
        };
        self.colon = match (c, self.colon) {
            (':', Colon::Start) => Colon::One,
            (c, Colon::Start) if is_skipped_at_start(c) => Colon::Start,
            _ => Colon::Past,
        };
        self.out.push(c);
    }

    fn colour(&mut self, parameters: &str) {
        if self.colours == Colours::Strip || self.cut > 0 {
            return;
        }
        self.out.extend(["\u{1b}[", parameters, "m"]);
        self.coloured = !parameters.chars().all(|c| c == '0');
    }

    fn finish(mut self) -> String {
        if self.coloured {
            self.out.push_str(RESET);
        }
        if self.cut > 0 {
            let more = format!(" … {} characters more", self.cut);
            self.out.push_str(&more);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::rules::hold;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn no_text_can_speak_to_a_ci_system(foreign in any::<String>()) {
            hold(&foreign);
        }

        #[test]
        fn no_text_made_of_markers_can_either(
            parts in prop::collection::vec(prop::sample::select(vec![
                "#", "##", "##[", "[", "]", "::", ":", "error", "vso", "VSO", "teamcity", "section_start:1:a", "\r", "\n",
                "\r\n", "\u{1b}", "\u{1b}[", "\u{1b}[0m", "\u{1b}[31m", "\u{1b}[0K", "m", "0", ";", "\u{1b}]", "\u{7}",
                "\u{9b}", "\u{9d}", "\u{9c}", "\u{1b}\\", "\u{a0}", "\u{2028}", "\u{202e}", "\u{180e}", "\u{0}", " ", "\t", "x",
            ]), 0..24),
        ) {
            hold(&parts.concat());
        }

        #[test]
        fn cleaning_twice_changes_nothing_more(foreign in "[ -~\u{1b}\t]{0,60}") {
            let once = line(&foreign, Colours::Strip);
            prop_assert_eq!(line(&once, Colours::Strip), once);
        }

        #[test]
        fn ordinary_text_stays_as_it_is(text in "[a-zA-Z0-9 .,/#\t()äé→-]{0,60}") {
            prop_assert_eq!(line(&text, Colours::Keep), text);
        }
    }

    #[test]
    fn the_probes_that_reached_the_runner() {
        for (foreign, clean) in [
            ("remote: ##[error]x", r"remote: ##\[error]x"),
            ("| ##[add-mask]a", r"| ##\[add-mask]a"),
            ("###[x]", r"###\[x]"),
            ("##VSO[task.complete]", r"##VSO\[task.complete]"),
            ("##\u{0}[error]x", r"##\[error]x"),
            ("\u{a0}::add-mask::x", "\u{a0}\\::add-mask::x"),
            ("::error::x", r"\::error::x"),
            ("remote: ::error::x", "remote: ::error::x"),
            ("std::io", "std::io"),
            (": x", ": x"),
            ("\u{1b}[1G::error::x", r"\::error::x"),
            ("\u{1b}[31m::error::x", "\u{1b}[31m\\::error::x\u{1b}[0m"),
        ] {
            assert_eq!(line(foreign, Colours::Keep), clean, "{foreign:?}");
        }
        assert_eq!(
            lines("10%\r::stop-commands::pwn", Colours::Keep).collect::<Vec<_>>(),
            ["10%", r"\::stop-commands::pwn"]
        );
    }

    #[test]
    fn lines_end_where_dotnet_ends_them() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\n", vec!["a"]),
            ("a\r\nb", vec!["a", "b"]),
            ("a\rb\n\nc", vec!["a", "b", "", "c"]),
            ("a\u{2028}b\u{85}c", vec!["a\u{2028}b\u{85}c"]),
        ] {
            assert_eq!(split(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn escape_sequences_go_and_colours_stay() {
        let keep = |t| line(t, Colours::Keep);
        assert_eq!(keep("\u{1b}[1;32mok\u{1b}[m"), "\u{1b}[1;32mok\u{1b}[m");
        assert_eq!(
            keep("\u{1b}[31mred"),
            "\u{1b}[31mred\u{1b}[0m",
            "a colour ends with its line"
        );
        assert_eq!(keep("\u{1b}[2J\u{1b}[Hgone\u{1b}[?25l"), "gone");
        assert_eq!(keep("\u{1b}]0;title\u{7}text"), "text");
        assert_eq!(
            keep("\u{1b}]8;;https://x\u{1b}\\link\u{1b}]8;;\u{1b}\\"),
            "link"
        );
        assert_eq!(
            keep("\u{1b}]0;unended text"),
            "0;unended text",
            "nothing hides the rest"
        );
        assert_eq!(keep("\u{1b}(Bascii\u{1b}7"), "ascii");
        assert_eq!(keep("\u{9b}31mred"), "red");
        assert_eq!(keep("a\u{8}b\u{7f}c\u{202e}d"), "abcd");
        assert_eq!(keep("cut \u{1b}[3"), "cut ");
        assert_eq!(keep("a\tb"), "a\tb");
        assert_eq!(line("\u{1b}[1;32mok\u{1b}[m", Colours::Strip), "ok");
    }

    #[test]
    fn control_strings_without_an_end_cost_little_and_hide_nothing() {
        for introducer in ["\u{1b}]", "\u{1b}P", "\u{9d}", "\u{1b}]\u{90}"] {
            // The square of this is more than a test has time for.
            let text = format!("{}the rest", introducer.repeat(1 << 20));
            assert_eq!(line(&text, Colours::Keep), "the rest", "{introducer:?}");
            let ended = format!("{introducer}a\u{7}b{introducer}c");
            assert_eq!(line(&ended, Colours::Keep), "bc", "{introducer:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let clean = line(&"x".repeat(MAX_LINE + 10), Colours::Keep);
        assert!(clean.ends_with("x … 10 characters more"));
    }
}
