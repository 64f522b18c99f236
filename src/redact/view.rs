//! Text as a reader may put it together again: without what does not show, and with escapes resolved. A secret is looked
//! for in that, and masked in the text itself.

use std::borrow::Cow;

/// The bytes that are left of a text.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// For each of them the place in the text that it stands for, if the caller needs it.
    places: Option<Vec<(u32, u32)>>,
}

/// How a text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// What does not show is left out.
    Visible,
    /// So are whole escape sequences, as a terminal leaves them out.
    Terminal,
    /// And a backspace takes the character before it along.
    Erasing,
}

impl Reading {
    /// The ways to read a text that may differ.
    pub(super) fn all(text: &str) -> impl Iterator<Item = Self> {
        let has = |byte| memchr::memchr(byte, text.as_bytes()).is_some();
        let erasing = has(8);
        // The first byte of the control characters beyond ASCII is 0xc2.
        let terminal = erasing || has(0x1b) || has(0xc2);
        [
            Some(Self::Visible),
            terminal.then_some(Self::Terminal),
            erasing.then_some(Self::Erasing),
        ]
        .into_iter()
        .flatten()
    }
}

const ESC: char = '\u{1b}';

/// Whether a character may stand in the middle of a secret without being seen: white space, line ends, controls, and
/// what has no width.
pub(super) fn is_noise(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a byte stands for itself: it is no noise, and begins nothing else.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

/// The bytes that stand for themselves. Most of a log passes here, so there are no branches in the loop: every byte is
/// written, and the next one goes over it if it does not count.
fn graphic(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0; bytes.len()];
    let mut length = 0;
    for byte in bytes {
        if let Some(place) = out.get_mut(length) {
            *place = *byte;
        }
        length += usize::from(is_plain(*byte));
    }
    out.truncate(length);
    out
}

/// Whether there may be something to resolve in these bytes.
pub(super) fn has_escapes(bytes: &[u8]) -> bool {
    memchr::memchr3_iter(b'%', b'\\', b'&', bytes).any(|at| unescape(&bytes[at..]).is_some())
}

impl View {
    /// A text read in one way; with `places` it knows where its bytes are from.
    pub(super) fn of(text: &str, reading: Reading, places: bool) -> Self {
        if reading == Reading::Visible && !places && text.is_ascii() {
            return Self {
                bytes: graphic(text.as_bytes()),
                places: None,
            };
        }
        let mut view = Self::empty(text.len(), places);
        // Behind the last end of a control string none can end: so each is looked for once at most.
        let ends = [text.rfind(['\u{7}', '\u{9c}']), text.rfind("\u{1b}\\")];
        let last_end = ends.into_iter().flatten().max().unwrap_or(0);
        let mut at = 0;
        while at < text.len() {
            let run = text.as_bytes()[at..]
                .iter()
                .take_while(|byte| is_plain(**byte));
            let run = at + run.count();
            view.copy(&text.as_bytes()[at..run], at);
            let Some(c) = text[run..].chars().next() else {
                break;
            };
            let end = run + c.len_utf8();
            at = match c {
                ESC | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}'
                    if reading != Reading::Visible =>
                {
                    run + sequence_length(&text[run..], last_end.saturating_sub(run))
                }
                '\u{8}' if reading == Reading::Erasing => {
                    view.erase();
                    end
                }
                c => {
                    if !is_noise(c) {
                        view.push(&text.as_bytes()[run..end], (run, end));
                    }
                    end
                }
            };
        }
        view
    }

    fn empty(size: usize, places: bool) -> Self {
        Self {
            bytes: Vec::with_capacity(size),
            places: places.then(|| Vec::with_capacity(size)),
        }
    }

    /// The same with what is written as `%2F`, `\u002f`, `\x2f`, `\/`, `&#x2f;` or `&amp;` resolved; `None` if there is
    /// nothing of the kind.
    pub(super) fn unescaped(&self) -> Option<Self> {
        if !has_escapes(&self.bytes) {
            return None;
        }
        let mut view = Self::empty(self.bytes.len(), self.places.is_some());
        let mut at = 0;
        while at < self.bytes.len() {
            if let Some((length, meant)) = unescape(&self.bytes[at..]) {
                let place = self.place(at, at + length);
                for byte in meant
                    .iter()
                    .filter(|byte| !byte.is_ascii() || byte.is_ascii_graphic())
                {
                    view.push(&[*byte], place);
                }
                at += length;
            } else {
                view.push(&self.bytes[at..=at], self.place(at, at + 1));
                at += 1;
            }
        }
        Some(view)
    }

    /// The place in the text of some of the bytes.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        let places = self.places.as_deref().unwrap_or_default();
        let first = places.get(start).map_or(0, |place| place.0);
        let last = places.get(end.saturating_sub(1)).map_or(0, |place| place.1);
        (first as usize, last as usize)
    }

    /// Takes bytes over that stand for themselves.
    fn copy(&mut self, bytes: &[u8], from: usize) {
        self.bytes.extend_from_slice(bytes);
        if let Some(places) = &mut self.places {
            places.extend((from..from + bytes.len()).map(|at| (number_of(at), number_of(at + 1))));
        }
    }

    /// Takes bytes over that stand for something at this place.
    fn push(&mut self, bytes: &[u8], (start, end): (usize, usize)) {
        self.bytes.extend_from_slice(bytes);
        if let Some(places) = &mut self.places {
            places.extend(bytes.iter().map(|_| (number_of(start), number_of(end))));
        }
    }

    fn erase(&mut self) {
        while let Some(byte) = self.bytes.pop() {
            if let Some(places) = &mut self.places {
                places.pop();
            }
            // The first byte of a character is not one that continues.
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }
}

/// A place in few bytes. No text is as long as four gigabytes.
fn number_of(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The length of the escape sequence that the text begins with. A control string without an end before `limit` is no
/// longer than its introducer.
fn sequence_length(text: &str, limit: usize) -> usize {
    let mut chars = text.char_indices();
    let body = |from: usize, is: fn(&u8) -> bool| text[from..].bytes().take_while(is).count();
    let control = |from: usize| {
        let last = from + body(from, |byte| (b' '..=b'?').contains(byte));
        last + usize::from(text[last..].starts_with(|c| ('@'..='~').contains(&c)))
    };
    let string = |from: usize| {
        let mut chars = text[from..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                _ if from + at > limit => break,
                '\u{7}' | '\u{9c}' => return from + at + c.len_utf8(),
                ESC if chars.peek().is_some_and(|(_, next)| *next == '\\') => return from + at + 2,
                _ => {}
            }
        }
        from
    };
    chars.next();
    match (text.chars().next(), chars.next()) {
        (Some(ESC), Some((_, '['))) => control(2),
        (Some(ESC), Some((_, ']' | 'P' | 'X' | '^' | '_'))) => string(2),
        (Some(ESC), Some((_, ' '..='/'))) => {
            let last = 1 + body(1, |byte| (b' '..=b'/').contains(byte));
            last + usize::from(text[last..].starts_with(|c| ('0'..='~').contains(&c)))
        }
        // Two characters may be the whole of a sequence, or the second begins a secret: that one stays.
        (Some(ESC) | None, _) => 1,
        (Some('\u{9b}'), _) => control(2),
        (Some(_), _) => string(2),
    }
}

/// What an escape at the start of the bytes means, and how long it is.
fn unescape(bytes: &[u8]) -> Option<(usize, Cow<'static, [u8]>)> {
    let character = |length, code: u32| {
        let c = char::from_u32(code)?;
        Some((length, c.to_string().into_bytes().into()))
    };
    match bytes {
        [b'%', rest @ ..] => Some((3, vec![u8::try_from(number(rest, 2, 16)?).ok()?].into())),
        [b'\\', b'u', b'{', rest @ ..] => {
            let digits = rest
                .iter()
                .take(6)
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            let code = number(rest, digits, 16)?;
            (rest.get(digits) == Some(&b'}')).then(|| character(digits + 4, code))?
        }
        [b'\\', b'u', rest @ ..] => character(6, number(rest, 4, 16)?),
        [b'\\', b'x', rest @ ..] => {
            Some((4, vec![u8::try_from(number(rest, 2, 16)?).ok()?].into()))
        }
        [b'\\', b'n' | b'r' | b't' | b'b' | b'f', ..] => Some((2, (&[]).into())),
        [b'\\', b'/', ..] => Some((2, b"/".into())),
        [b'\\', b'"', ..] => Some((2, b"\"".into())),
        [b'\\', b'\'', ..] => Some((2, b"'".into())),
        [b'\\', b'\\', ..] => Some((2, b"\\".into())),
        [b'&', b'#', rest @ ..] => {
            let (rest, radix, head) = match rest {
                [b'x' | b'X', rest @ ..] => (rest, 16, 3),
                _ => (rest, 10, 2),
            };
            let digits = rest
                .iter()
                .take(8)
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            let code = number(rest, digits, radix)?;
            (rest.get(digits) == Some(&b';')).then(|| character(head + digits + 1, code))?
        }
        [b'&', rest @ ..] => [
            (b"amp;".as_slice(), b"&"),
            (b"lt;", b"<"),
            (b"gt;", b">"),
            (b"quot;", b"\""),
            (b"apos;", b"'"),
        ]
        .iter()
        .find(|(name, _)| rest.starts_with(name))
        .map(|(name, meant)| (name.len() + 1, meant.as_slice().into())),
        _ => None,
    }
}

/// The number that so many digits at the start are.
fn number(bytes: &[u8], digits: usize, radix: u32) -> Option<u32> {
    let digits = bytes.get(..digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0_u32, |sum, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        sum.checked_mul(radix)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, reading: Reading) -> String {
        let with = View::of(text, reading, true);
        let without = View::of(text, reading, false);
        assert_eq!(with.bytes, without.bytes, "{text:?}");
        String::from_utf8_lossy(&with.bytes).into_owned()
    }

    #[test]
    fn what_does_not_show_is_left_out() {
        for (text, visible, terminal) in [
            ("a b\tc\r\nd", "abcd", "abcd"),
            ("a\u{200b}b\u{feff}c\u{ad}d", "abcd", "abcd"),
            ("\u{1b}[1;31ma\u{1b}[0mb", "[1;31ma[0mb", "ab"),
            ("a\u{1b}]0;t\u{7}b\u{1b}Pq\u{1b}\\c", "a]0;tbPq\\c", "abc"),
            ("a\u{1b}]0;no end", "a]0;noend", "a0;noend"),
            ("a\u{1b}(Bb\u{1b}7c\u{1b}", "a(Bb7c", "ab7c"),
            ("a\u{9b}31mb\u{9d}x\u{9c}c", "a31mbxc", "abc"),
            ("é\u{8}è", "éè", "éè"),
        ] {
            assert_eq!(seen(text, Reading::Visible), visible, "{text:?}");
            assert_eq!(seen(text, Reading::Terminal), terminal, "{text:?}");
        }
        assert_eq!(seen("aé\u{8}b\u{8}\u{8}\u{8}c", Reading::Erasing), "c");
    }

    #[test]
    fn escapes_are_resolved() {
        let unescaped = |text| View::of(text, Reading::Visible, true).unescaped();
        for (text, expected) in [
            ("a%2Fb%2fc", "a/b/c"),
            (r"\u0041\x42\u{43}\/\n\\d", r"ABC/\d"),
            ("&#65;&#x42;&amp;&quot;", "AB&\""),
            ("%C3%A9", "é"),
        ] {
            assert_eq!(
                String::from_utf8(unescaped(text).unwrap().bytes).unwrap(),
                expected
            );
        }
        for text in ["100% of", "a & b", r"\q", "%zz", "&nosuch;", r"\u{zz}"] {
            assert!(unescaped(text).is_none(), "{text}");
        }
        assert_eq!(unescaped("x %2F y").unwrap().place(1, 2), (2, 5));
    }
}
