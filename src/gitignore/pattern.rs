//! Lines of `.gitignore`, and of everything else that is written in its language.
//!
//! A crate would be less code to maintain, but none matches exactly what git matches. `ignore` takes `{a,b}` for a choice, and reads `a**b`,
//! `[[:digit:]]` and names that are not UTF-8 in its own way. gix-glob has other members in `[[:space:]]` and `[[:blank:]]`
//! than git, and gives up on a pattern, without a word, where its recursion gets too deep. `tests/it/pack/git.rs` compares this
//! module with git itself.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::complaint::{MOST, form, impossible};
use super::wildmatch::Glob;

/// The largest file that is read, in bytes; git ignores a larger one (`PATTERN_MAX_FILE_SIZE` in its dir.c).
const LARGEST: u64 = 100 << 20;

/// Where a rule is written, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The file that it is in, relative to the workspace, or the key of `deploy.yaml`.
    pub file: Arc<str>,
    /// Its line in the file, or its place in the list, counted from 1.
    pub line: usize,
    /// The rule as it is written.
    pub pattern: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.pattern, self.file, self.line)
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The rule as it is written.
    pub(crate) rule: Arc<Rule>,
    /// Whether it takes back what an earlier rule left out.
    pub(crate) negated: bool,
    /// Whether it is about directories only.
    directory: bool,
    shape: Shape,
    /// Why nothing can ever match it, if so.
    never: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Shape {
    /// The last component is exactly this.
    Name(Vec<u8>),
    /// The last component ends with this.
    Suffix(Vec<u8>),
    /// The last component, whatever directory it is in.
    Basename(Glob),
    /// The path from the rule's own directory: a literal beginning and the rest.
    Path(Vec<u8>, Option<Glob>),
    /// Nothing can match it.
    Never,
}

impl Pattern {
    /// Reads a line. `None` if it holds no rule.
    fn new(file: &Arc<str>, line: usize, raw: &[u8]) -> Option<Self> {
        if raw.is_empty() || raw[0] == b'#' {
            return None;
        }
        let mut rest = without_trailing_spaces(raw);
        if rest.is_empty() {
            return None;
        }
        let rule = Arc::new(Rule {
            file: Arc::clone(file),
            line,
            pattern: String::from_utf8_lossy(rest).into_owned(),
        });
        let negated = rest[0] == b'!';
        rest = &rest[usize::from(negated)..];
        let directory = rest.last() == Some(&b'/');
        let body = &rest[..rest.len() - usize::from(directory)];
        let literal = body
            .iter()
            .position(|byte| b"*?[\\".contains(byte))
            .unwrap_or(body.len());
        let mut never = impossible(body);
        let mut glob = |pattern: &[u8]| {
            let glob = Glob::new(pattern);
            never = never.or(glob.as_ref().err().copied());
            glob.ok()
        };
        let shape = if body.is_empty() {
            Shape::Never
        } else if !body.contains(&b'/') {
            if literal == body.len() {
                Shape::Name(body.to_vec())
            } else if body[0] == b'*' && !body[1..].iter().any(|byte| b"*?[\\".contains(byte)) {
                Shape::Suffix(body[1..].to_vec())
            } else {
                glob(body).map_or(Shape::Never, Shape::Basename)
            }
        } else {
            // Like git, the part after the literal beginning is a pattern of its own: `**` is at its start there.
            let anchor = usize::from(body[0] == b'/');
            let (beginning, rest) = (
                &body[anchor..literal.max(anchor)],
                &body[literal.max(anchor)..],
            );
            if rest.is_empty() {
                Shape::Path(beginning.to_vec(), None)
            } else {
                glob(rest).map_or(Shape::Never, |glob| {
                    Shape::Path(beginning.to_vec(), Some(glob))
                })
            }
        };
        Some(Self {
            rule,
            negated,
            directory,
            shape,
            never,
        })
    }

    /// A text that holds no rule, where one is asked for.
    fn none(file: &Arc<str>, line: usize, text: &str) -> Self {
        Self {
            rule: Arc::new(Rule {
                file: Arc::clone(file),
                line,
                pattern: text.to_owned(),
            }),
            negated: false,
            directory: false,
            shape: Shape::Never,
            never: Some(if text.starts_with('#') {
                "it is a comment"
            } else {
                "it is blank"
            }),
        }
    }

    /// Whether nothing can ever match it.
    pub(crate) fn is_vain(&self) -> bool {
        self.never.is_some()
    }

    /// What a person should know about it: that nothing can ever match it, and why.
    fn complaint(&self) -> Option<String> {
        let why = self.never?;
        Some(format!("{} can never match: {why}", self.rule))
    }

    /// Whether the path, relative to the rule's directory, is matched.
    fn matches(&self, path: &[u8], name: &[u8], is_directory: bool) -> bool {
        if self.directory && !is_directory {
            return false;
        }
        match &self.shape {
            Shape::Name(wanted) => wanted == name,
            Shape::Suffix(suffix) => name.ends_with(suffix),
            Shape::Basename(glob) => glob.matches(name),
            Shape::Path(beginning, None) => beginning == path,
            Shape::Path(beginning, Some(glob)) => path
                .strip_prefix(beginning.as_slice())
                .is_some_and(|rest| glob.matches(rest)),
            Shape::Never => false,
        }
    }

    /// Whether something in the directory (path with a final separator) might be matched.
    fn may_match_below(&self, directory: &[u8]) -> bool {
        match &self.shape {
            Shape::Name(_) | Shape::Suffix(_) | Shape::Basename(_) => true,
            Shape::Path(beginning, glob) => {
                beginning.starts_with(directory)
                    || (glob.is_some() && directory.starts_with(beginning))
            }
            Shape::Never => false,
        }
    }
}

/// Says why a text can match nothing, if it is read as a rule.
pub(crate) fn check(text: &str) -> Result<(), &'static str> {
    let list = Patterns::list("", &[text.to_owned()]);
    list.rules
        .iter()
        .find_map(|rule| rule.never)
        .map_or(Ok(()), Err)
}

/// The rules of one file or one list, in the order they are written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    rules: Vec<Pattern>,
    /// What is wrong with the file as a whole.
    form: Option<String>,
}

impl Patterns {
    /// Reads the lines of a file.
    pub(crate) fn parse(file: &str, content: &[u8]) -> Self {
        let form = form(file, content);
        let file = Arc::from(file);
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let rules = content.split(|&byte| byte == b'\n').enumerate();
        let rules = rules.filter_map(|(index, line)| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = line.split(|&byte| byte == 0).next().unwrap_or(line);
            Pattern::new(&file, index + 1, line)
        });
        Self {
            rules: rules.collect(),
            form,
        }
    }

    /// Reads a list, an item a rule. A comment makes no sense there: it is a rule that can't match.
    pub(crate) fn list(key: &str, items: &[String]) -> Self {
        let key = Arc::from(key);
        let rules = items.iter().enumerate().map(|(index, item)| {
            let rule = Pattern::new(&key, index + 1, item.as_bytes());
            rule.unwrap_or_else(|| Pattern::none(&key, index + 1, item))
        });
        Self {
            rules: rules.collect(),
            form: None,
        }
    }

    /// Reads a file that people call `name`. `None` if there is none, or if it is a symbolic link and `follow` is false:
    /// git does not follow a `.gitignore` that is one.
    pub(crate) fn read(name: &str, file: &Path, follow: bool) -> io::Result<Option<Self>> {
        let found = if follow {
            std::fs::metadata(file)
        } else {
            std::fs::symlink_metadata(file)
        };
        match found {
            Ok(found) if found.is_file() && found.len() > LARGEST => {
                return Err(io::Error::other("it is too large"));
            }
            Ok(found) if found.is_file() => {}
            Ok(_) => return Ok(None),
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        let rules = Self::parse(name, &std::fs::read(file)?);
        Ok((!rules.rules.is_empty() || rules.form.is_some()).then_some(rules))
    }

    /// What a person should know: that the file is not as git reads files, or that rules in it can never match.
    pub(crate) fn complaints(&self) -> Vec<String> {
        if let Some(form) = &self.form {
            return vec![form.clone()];
        }
        let mut found: Vec<String> = self.rules.iter().filter_map(Pattern::complaint).collect();
        if found.len() > MOST {
            let more = found.len() - MOST;
            found.truncate(MOST);
            if let Some(last) = found.last_mut() {
                *last = format!("{last}; so it is with {more} more of its file");
            }
        }
        found
    }

    pub(crate) fn rules(&self) -> &[Pattern] {
        &self.rules
    }

    /// The rule that decides: the last one that matches. The path is relative to the place of the rules.
    pub(crate) fn decide(&self, path: &[u8], is_directory: bool) -> Option<&Pattern> {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let mut rules = self.rules.iter().rev();
        rules.find(|rule| rule.matches(path, name, is_directory))
    }

    /// Whether a rule might take in something in the directory (path with a final separator).
    pub(crate) fn may_match_below(&self, directory: &[u8]) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| !rule.negated && rule.may_match_below(directory))
    }
}

/// Whether the error says that there is no such file.
pub(crate) fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The line without its trailing spaces, except those that a backslash protects.
fn without_trailing_spaces(line: &[u8]) -> &[u8] {
    let mut end = line.len();
    while end > 0 && line[end - 1] == b' ' {
        end -= 1;
    }
    let backslashes = line[..end]
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'\\')
        .count();
    if backslashes % 2 == 1 && end < line.len() {
        end += 1;
    }
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Patterns, without_trailing_spaces};

    fn left_out(rules: &str, path: &str, is_directory: bool) -> bool {
        Patterns::parse("test", rules.as_bytes())
            .decide(path.as_bytes(), is_directory)
            .is_some_and(|rule| !rule.negated)
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LARGEST + 1).unwrap();
        let refused = Patterns::read("test", file.path(), false).err().unwrap();
        assert_eq!(refused.to_string(), "it is too large");
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        assert!(left_out("*.log", "a/x.log", false));
        assert!(!left_out("*.log\n!keep.log", "a/keep.log", false));
        assert!(left_out("!keep.log\n*.log", "a/keep.log", false));
    }

    #[test]
    fn a_separator_anchors() {
        assert!(left_out("/x", "x", false));
        assert!(!left_out("/x", "a/x", false));
        assert!(!left_out("a/x", "b/a/x", false));
        assert!(left_out("x/", "b/x", true));
        assert!(!left_out("x/", "b/x", false));
    }

    #[test]
    fn lines_are_read_as_git_reads_them() {
        assert!(left_out("\u{feff}x", "x", false));
        assert!(left_out("x\r\n", "x", false));
        assert!(left_out("\\#x", "#x", false));
        assert!(left_out("\\!x", "!x", false));
        assert!(!left_out("#x", "#x", false));
        assert!(left_out("x\t", "x\t", false));
        assert!(!left_out("x\t", "x", false));
    }

    #[test]
    fn trailing_spaces_go_unless_protected() {
        for (line, expected) in [
            ("x  ", "x"),
            ("x\\  ", "x\\ "),
            ("x\\\\  ", "x\\\\"),
            ("x\\", "x\\"),
            ("   ", ""),
            (" x", " x"),
        ] {
            let found = without_trailing_spaces(line.as_bytes());
            assert_eq!(found, expected.as_bytes(), "{line:?}");
        }
    }
}
