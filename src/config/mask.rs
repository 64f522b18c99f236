//! What may be shown of a file: a line of it, without secrets and without terminal control sequences.
//!
//! A message about `deploy.yaml` ends in a CI log, which many people can read. It shows the line that is wrong, no other
//! one, and of that line nothing that looks like a secret.

/// The longest piece of a line that is shown.
const WIDEST: usize = 120;

/// The key below which addresses are secrets.
const NOTIFY: &str = "notify";

/// A line as it may be shown, and where the place meant by `column` (from 0, in characters) is in it.
pub(super) struct MaskedLine {
    pub(super) text: String,
    pub(super) column: usize,
}

/// The line at `index` (from 0) of `lines`, with the values of secret-like keys and the userinfo of URLs masked, control
/// characters replaced and, if it is very long, cut to the part around `column`.
pub(super) fn line(lines: &[&str], index: usize, column: usize) -> MaskedLine {
    let line = lines.get(index).copied().unwrap_or_default();
    let text = if belongs_to_a_secret(lines, index) {
        let indent = line.len() - line.trim_start().len();
        format!("{}***", &line[..indent])
    } else if belongs_to(lines, index, NOTIFY) {
        addresses(&userinfo(&after_secret_key(line)))
    } else {
        userinfo(&after_secret_key(line))
    };
    window(&harmless(&text), column)
}

/// A piece of the user's text for use within a message: short, on one line, harmless.
pub(super) fn quote(text: &str) -> String {
    let mut quoted: String = harmless(&userinfo(text)).chars().take(60).collect();
    if quoted.len() < text.len() && text.chars().count() > 60 {
        quoted.push('…');
    }
    quoted
}

/// Whether a key's name says that its value is a secret.
pub(super) fn is_secret_key(key: &str) -> bool {
    const ANYWHERE: [&str; 8] = [
        "token",
        "secret",
        "passw",
        "passphrase",
        "credential",
        "apikey",
        "privatekey",
        "bearer",
    ];
    const WORDS: [&str; 5] = ["key", "auth", "authorization", "pwd", "pat"];
    let key = key.to_ascii_lowercase();
    ANYWHERE.iter().any(|word| key.contains(word))
        || key
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| WORDS.contains(&word))
}

/// The line with everything behind the first secret-like key replaced.
fn after_secret_key(line: &str) -> String {
    let mut word_start = 0;
    for (at, c) in line.char_indices() {
        if matches!(c, ':' | '=') {
            let key = line[word_start..at]
                .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            let rest = line[at + 1..].trim();
            if is_secret_key(key) && !rest.is_empty() {
                return format!("{}{c} ***", &line[..at]);
            }
        }
        if !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ')) {
            word_start = at + c.len_utf8();
        }
    }
    line.to_owned()
}

/// Whether the line continues the value of a secret-like key above it: a block text, a list, a quoted text of many lines.
fn belongs_to_a_secret(lines: &[&str], index: usize) -> bool {
    let (above, line) = match (lines.get(..index), lines.get(index)) {
        (Some(above), Some(line)) if !line.trim().is_empty() => (above, Outline::of(line)),
        _ => return false,
    };
    // A line with no key of its own may continue one in the same column, as a list may stand right below its key.
    let (mut limit, mut same) = (line.column, line.key.is_none() || line.is_item);
    for line in above
        .iter()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Outline::of(line))
    {
        if let Some(key) = line.key
            && (line.key_column < limit || line.key_column == limit && same)
        {
            if is_secret_key(key) {
                return true;
            }
            (limit, same) = (line.column, line.is_item);
        } else if line.column < limit {
            (limit, same) = (line.column, line.is_item);
        }
    }
    in_a_secrets_quotes(above)
}

/// Whether a quoted text that a secret-like key begins is still open behind these lines.
fn in_a_secrets_quotes(lines: &[&str]) -> bool {
    lines.iter().enumerate().any(|(index, line)| {
        let outline = Outline::of(line);
        let value = outline.value.trim_start();
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return false;
        };
        let odd = |text: &str| text.matches(quote).count() % 2 == 1;
        outline.key.is_some_and(is_secret_key)
            && odd(value)
            && !lines.iter().skip(index + 1).any(|line| odd(line))
    })
}

/// A line by its looks: what would be its key and in which column.
struct Outline<'l> {
    column: usize,
    is_item: bool,
    key_column: usize,
    key: Option<&'l str>,
    value: &'l str,
}

impl<'l> Outline<'l> {
    fn of(line: &'l str) -> Self {
        let column = line.len() - line.trim_start().len();
        let behind_dashes = line.trim_start_matches(['-', ' ']);
        let (key, value) = match behind_dashes.split_once(':') {
            Some((key, value)) => (Some(key.trim_matches(['{', '"', '\'', ' ', '\t'])), value),
            None => (None, ""),
        };
        Self {
            column,
            is_item: line.trim_start().starts_with('-'),
            key_column: line.len() - behind_dashes.len(),
            key,
            value,
        }
    }
}

/// Whether the line is that of a key at the top level, or below it.
fn belongs_to(lines: &[&str], index: usize, key: &str) -> bool {
    let mut upwards = lines.iter().take(index + 1).rev();
    let top = upwards.find(|line| {
        let outline = Outline::of(line);
        // A list may stand right below its key, in the same column.
        !line.trim().is_empty() && outline.column == 0 && !outline.is_item
    });
    top.is_some_and(|line| Outline::of(line).key == Some(key))
}

/// Masks what follows the host in URLs.
fn addresses(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(ends).unwrap_or(after.len());
        out.push_str("***");
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// Masks `user:password@` in URLs.
fn userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let authority = after
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | ','))
            .unwrap_or(after.len());
        rest = match after[..authority].rfind('@') {
            Some(sign) => {
                out.push_str("***");
                &after[sign..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}

/// Replaces what would move the cursor, reorder text or not be seen.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => '→',
            c if c.is_control() => '\u{fffd}',
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn window(line: &str, column: usize) -> MaskedLine {
    let length = line.chars().count();
    let column = column.min(length);
    if length <= WIDEST {
        return MaskedLine {
            text: line.trim_end().to_owned(),
            column,
        };
    }
    let start = column.saturating_sub(WIDEST / 2).min(length - WIDEST);
    let mut text = String::new();
    if start > 0 {
        text.push('…');
    }
    text.extend(line.chars().skip(start).take(WIDEST));
    if start + WIDEST < length {
        text.push('…');
    }
    MaskedLine {
        text,
        column: column - start + usize::from(start > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, index: usize) -> String {
        let lines: Vec<&str> = source.lines().collect();
        line(&lines, index, 0).text
    }

    #[test]
    fn values_of_secret_like_keys_are_masked() {
        for (line, masked) in [
            ("api_key: abc", "api_key: ***"),
            ("  - HEROKU_API_KEY: abc", "  - HEROKU_API_KEY: ***"),
            (
                "{app: a, githubToken: 'abc', b: c}",
                "{app: a, githubToken: ***",
            ),
            ("\"db-password\": x", "\"db-password\": ***"),
            ("password:abc", "password: ***"),
            ("run: TOKEN=abc ./smoke", "run: TOKEN= ***"),
            ("app: a-token-of-thanks", "app: a-token-of-thanks"),
            ("same_config_keys: yes", "same_config_keys: yes"),
            ("token:", "token:"),
            ("monkey: banana", "monkey: banana"),
            ("url: /x?token=abc&y", "url: /x?token= ***"),
            (
                "url: https://user:abc@host/x?y=a@b",
                "url: https://***@host/x?y=a@b",
            ),
            ("url: 'https://us:er@a@host'", "url: 'https://***@host'"),
        ] {
            assert_eq!(shown(line, 0), masked, "{line}");
        }
    }

    #[test]
    fn lines_below_a_secret_like_key_are_masked_too() {
        let block = "private_key: |\n  -----BEGIN\n  MIIEabc: x\n\n   zzz\nother: 1\n";
        for (index, masked) in [(1, "  ***"), (2, "  ***"), (4, "   ***"), (5, "other: 1")] {
            assert_eq!(shown(block, index), masked);
        }
        assert_eq!(shown("tokens:\n- abc\n", 1), "***");
        assert_eq!(shown("a:\n  password: \"x\n  yz\n", 2), "  ***");
        assert_eq!(shown("- token: x\n  app: y\n", 1), "  app: y");
        assert_eq!(shown("token: x\napp: y\n", 1), "app: y");
        assert_eq!(shown("token: \"x\ny: z\"\nb: c\n", 1), "***");
        assert_eq!(shown("token: \"x\ny: z\"\nb: c\n", 2), "b: c");
        assert_eq!(shown("env: {\n  token:\n  abc}\n", 2), "  ***");
    }

    #[test]
    fn addresses_of_hooks_are_masked() {
        let hooks = "a: https://x/y\nnotify:\n- http: {url: https://h.example.com/s3cr3t, x: 1}\n\n  # https://h/s3cr3t\nb: https://x/y\n";
        for (index, masked) in [
            (0, "a: https://x/y"),
            (2, "- http: {url: https://***, x: 1}"),
            (4, "  # https://***"),
            (5, "b: https://x/y"),
        ] {
            assert_eq!(shown(hooks, index), masked);
        }
        assert_eq!(
            shown("notify: [{http: 'https://h/x'}]", 0),
            "notify: [{http: 'https://***'}]"
        );
    }

    #[test]
    fn nothing_drives_the_terminal() {
        assert_eq!(
            shown("a: \u{1b}[31m\u{9b}x\u{202e}y", 0),
            "a: \u{fffd}[31m\u{fffd}x\u{fffd}y"
        );
        assert_eq!(shown("\ta: b", 0), "→a: b");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let long = format!("{}HERE{}", "x".repeat(500), "y".repeat(500));
        let shown = line(&[&long], 0, 500);
        assert!(shown.text.chars().count() <= WIDEST + 2);
        let at: String = shown.text.chars().skip(shown.column).take(4).collect();
        assert_eq!(at, "HERE");
        assert_eq!(quote(&long).chars().count(), 61);
    }
}
