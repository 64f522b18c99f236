//! `.netrc` as far as a token needs it: `machine`, `default`, `login`, `account`, `password`, `macdef`. Written after
//! the format in the manual of GNU inetutils; quoted values and escapes as curl reads them.

/// The password of the entry for `host`, else of the `default` entry if that counts.
pub(super) fn password(text: &str, host: &str, default_counts: bool) -> Option<String> {
    let mut words = words(text).into_iter().peekable();
    let mut fallback = None;
    // Whether the entry that is being read counts, and as what.
    let mut entry = Entry::Other;
    while let Some(word) = words.next() {
        match word.keyword() {
            "machine" => {
                let name = words.next_if(Word::is_value);
                let here = name.is_some_and(|name| name.text.eq_ignore_ascii_case(host));
                entry = if here { Entry::Host } else { Entry::Other };
            }
            "default" => entry = Entry::Default,
            "login" | "account" => drop(words.next_if(Word::is_value)),
            "password" => match (&entry, words.next_if(Word::is_value)) {
                (Entry::Host, Some(value)) => return Some(value.text),
                (Entry::Default, Some(value)) if default_counts && fallback.is_none() => {
                    fallback = Some(value.text);
                }
                _ => {}
            },
            _ => {}
        }
    }
    fallback
}

/// What words mean something; one that is meant as a value stands in quotes. So a value that is missing, as a template
/// with an empty variable leaves it, does not take the next keyword for itself.
const KEYWORDS: [&str; 6] = [
    "machine", "default", "login", "account", "password", "macdef",
];

struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    /// The keyword that it is, or nothing.
    fn keyword(&self) -> &str {
        if self.is_value() { "" } else { &self.text }
    }

    fn is_value(&self) -> bool {
        self.quoted || !KEYWORDS.contains(&self.text.as_str())
    }
}

enum Entry {
    Host,
    Default,
    Other,
}

/// The words of the file; comments and macro bodies left out.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        let mut rest = line.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') {
            let quoted = rest.starts_with('"');
            let (text, after) = word(rest);
            let word = Word { text, quoted };
            in_macro |= word.keyword() == "macdef";
            words.push(word);
            rest = after.trim_start();
        }
        if in_macro {
            words.truncate(
                words
                    .iter()
                    .rposition(|w| w.keyword() == "macdef")
                    .unwrap_or(0),
            );
        }
    }
    words
}

fn word(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_password_is_found() {
        let text = "\
# a comment with machine api.heroku.com password wrong
machine git.heroku.com login me password git-token
machine api.heroku.com
  login me@example.com # not a word
  password \"pa ss\\\"word\"
macdef init
machine api.heroku.com password inside-a-macro

default login anonymous password fallback
";
        assert_eq!(
            password(text, "api.heroku.com", true).as_deref(),
            Some("pa ss\"word")
        );
        assert_eq!(
            password(text, "git.heroku.com", false).as_deref(),
            Some("git-token")
        );
        assert_eq!(
            password(text, "other.example.com", true).as_deref(),
            Some("fallback")
        );
        assert_eq!(password("machine a login b", "a", true), None);
        assert_eq!(password("machine a password", "a", true), None);
        assert_eq!(password("", "a", true), None);
        assert_eq!(
            password("machine a password \"open", "a", true).as_deref(),
            Some("open")
        );
    }

    #[test]
    fn an_empty_value_takes_no_keyword() {
        for text in [
            "machine a\n login\n password x",
            "machine a login  account  password x",
            "machine\nmachine a login password x",
            "machine a login \"password\" password x",
        ] {
            assert_eq!(password(text, "a", true).as_deref(), Some("x"), "{text}");
        }
        let text = "machine a password\nmachine b password x";
        assert_eq!(password(text, "a", true), None);
    }
}
