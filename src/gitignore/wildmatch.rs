//! git's glob language on bytes: `?`, `*`, `**`, `[a-z]`, `[[:alpha:]]`, `\x`.
//!
//! Matching takes time polynomial in the pattern and the text: no pattern can hang a run.

/// A pattern, ready to match. A path's separator is matched by nothing but `/` and `**`.
#[derive(Clone, Debug)]
pub(super) struct Glob(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// This byte.
    Byte(u8),
    /// Any byte but a separator.
    Any,
    /// A byte of this set.
    Class(Box<[bool; 256]>),
    /// Any number of bytes, but no separator.
    Star,
    /// Nothing, or any number of whole directories: what `**/` stands for.
    Directories,
    /// Anything: what a final `**` stands for.
    Anything,
}

impl Glob {
    /// Reads a pattern, or says why git takes it as matching nothing: an unclosed class, a final backslash.
    pub(super) fn new(pattern: &[u8]) -> Result<Self, &'static str> {
        let mut tokens = Vec::with_capacity(pattern.len());
        let mut at = 0;
        while let Some(&byte) = pattern.get(at) {
            at += 1;
            match byte {
                b'?' => tokens.push(Token::Any),
                b'\\' => {
                    tokens.push(Token::Byte(*pattern.get(at).ok_or(BACKSLASH)?));
                    at += 1;
                }
                b'[' => {
                    let (class, after) = class(pattern, at)?;
                    tokens.push(Token::Class(class));
                    at = after;
                }
                b'*' => {
                    let first = at - 1;
                    while pattern.get(at) == Some(&b'*') {
                        at += 1;
                    }
                    let opens = first == 0 || pattern[first - 1] == b'/';
                    let rest = &pattern[at..];
                    tokens.push(match rest {
                        _ if at - first < 2 || !opens => Token::Star,
                        [] | [b'\\', b'/', ..] => Token::Anything,
                        [b'/', ..] => {
                            at += 1;
                            Token::Directories
                        }
                        _ => Token::Star,
                    });
                }
                _ => tokens.push(Token::Byte(byte)),
            }
        }
        Ok(Self(tokens))
    }

    /// Whether the whole of `text` is matched.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        // Where to go on after a mismatch: the last `*`, and the last wildcard that may pass a separator. The ones before
        // them need not be tried again: whatever they could skip, the last one can skip too.
        let (mut shallow, mut deep) = (None, None);
        let (mut token, mut at) = (0, 0);
        loop {
            let advanced = match (self.0.get(token), text.get(at)) {
                (None, None) => return true,
                (Some(Token::Star), _) => {
                    shallow = Some((token, at));
                    token += 1;
                    continue;
                }
                (Some(Token::Directories | Token::Anything), _) => {
                    shallow = None;
                    deep = Some((token, at));
                    token += 1;
                    continue;
                }
                (Some(Token::Byte(wanted)), Some(found)) => wanted == found,
                (Some(Token::Any), Some(found)) => *found != b'/',
                (Some(Token::Class(set)), Some(found)) => set[usize::from(*found)],
                (_, None) | (None, _) => false,
            };
            if advanced {
                (token, at) = (token + 1, at + 1);
                continue;
            }
            if let Some((star, from)) = shallow
                && text.get(from).is_some_and(|&byte| byte != b'/')
            {
                shallow = Some((star, from + 1));
                (token, at) = (star + 1, from + 1);
                continue;
            }
            let Some((wildcard, from)) = deep else {
                return false;
            };
            let skipped = match self.0.get(wildcard) {
                Some(Token::Directories) => text[from..].iter().position(|&byte| byte == b'/'),
                _ if from < text.len() => Some(0),
                _ => None,
            };
            let Some(skipped) = skipped else {
                return false;
            };
            let from = from + skipped + 1;
            (shallow, deep) = (None, Some((wildcard, from)));
            (token, at) = (wildcard + 1, from);
        }
    }
}

/// Why a pattern that ends in a backslash matches nothing.
const BACKSLASH: &str = "it ends with a backslash";
/// Why a pattern with a `[` that is not closed matches nothing.
const UNCLOSED: &str = "there is no `]` to its `[`";

/// The class whose `[` is before `at`, and the place after its `]`.
fn class(pattern: &[u8], mut at: usize) -> Result<(Box<[bool; 256]>, usize), &'static str> {
    let mut set = Box::new([false; 256]);
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let mut before = None;
    let mut first = true;
    loop {
        let byte = *pattern.get(at).ok_or(UNCLOSED)?;
        at += 1;
        match byte {
            b']' if !first => break,
            b'\\' => {
                let byte = *pattern.get(at).ok_or(UNCLOSED)?;
                at += 1;
                set[usize::from(byte)] = true;
                before = Some(byte);
            }
            b'-' if before.is_some() && !matches!(pattern.get(at), None | Some(b']')) => {
                let mut to = *pattern.get(at).ok_or(UNCLOSED)?;
                at += 1;
                if to == b'\\' {
                    to = *pattern.get(at).ok_or(UNCLOSED)?;
                    at += 1;
                }
                for byte in before.unwrap_or(to)..=to {
                    set[usize::from(byte)] = true;
                }
                before = None;
            }
            b'[' if pattern.get(at) == Some(&b':') => {
                let name = at + 1;
                let rest = pattern.get(name..).unwrap_or_default();
                let length = rest.iter().position(|&byte| byte == b']');
                let length = length.ok_or(UNCLOSED)?;
                if let Some(name) = pattern[name..name + length].strip_suffix(b":") {
                    let belongs = named(name).ok_or("there is no class of that name")?;
                    let members = (0..=u8::MAX).filter(belongs);
                    members.for_each(|byte| set[usize::from(byte)] = true);
                    at += length + 2;
                    before = None;
                } else {
                    set[usize::from(b'[')] = true;
                    before = Some(b'[');
                }
            }
            _ => {
                set[usize::from(byte)] = true;
                before = Some(byte);
            }
        }
        first = false;
    }
    if negated {
        set.iter_mut().for_each(|member| *member = !*member);
    }
    set[usize::from(b'/')] = false;
    Ok((set, at))
}

/// What belongs to `[:name:]`.
fn named(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Glob;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern.as_bytes()).is_ok_and(|glob| glob.matches(text.as_bytes()))
    }

    #[test]
    fn wildcards_stop_at_a_separator_and_double_stars_do_not() {
        for (pattern, text, expected) in [
            ("*.log", "a.log", true),
            ("*.log", "a/b.log", false),
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", false),
            ("a/**/c", "a/c", true),
            ("a/**/c", "a/b/b/c", true),
            ("a/**/c", "a/bc", false),
            ("**/c", "c", true),
            ("**/c", "a/b/c", true),
            ("**/c", "a/bc", false),
            ("a/**", "a/b/c", true),
            ("a/**", "a", false),
            ("a**c", "abc", true),
            ("a**c", "a/c", false),
            ("a/***/c", "a/b/b/c", true),
            ("a/**b/c", "a/x/b/c", false),
            ("**/**/c", "a/c", true),
            ("a?c", "a/c", false),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("**/*.rs/**/x*y", "a/b.rs/c.rs/xzy", true),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn classes_are_gits() {
        for (pattern, text, expected) in [
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]-]x", "]x", true),
            ("[a-]x", "-x", true),
            ("[[:digit:]]", "7", true),
            ("[[:digit:]_]", "_", true),
            ("[[:nope:]]", "n", false),
            ("[[:x]", ":", true),
            ("[\\]]", "]", true),
            ("a[!b]c", "a/c", false),
            ("[abc", "a", false),
            ("[abc", "[abc", false),
            ("abc\\", "abc\\", false),
            ("a\\*b", "a*b", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_bytes() {
        let glob = Glob::new(b"\xff?").unwrap();
        assert!(glob.matches(b"\xff\xfe"));
        assert!(!glob.matches(b"\xfe\xfe"));
    }

    #[test]
    fn many_stars_end_soon() {
        let pattern = "**/*a".repeat(30) + "b";
        assert!(!matches(&pattern, &"a/".repeat(2000)));
    }
}
