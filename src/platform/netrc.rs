//! `.netrc` as far as a token needs it: `machine`, `default`, `login`, `account`, `password`, `macdef`. Written after
//! the format in the manual of GNU inetutils; quoted values and escapes as curl reads them.

/// The password of the entry for `host`, else of the `default` entry if that counts.
pub(super) fn password(text: &str, host: &str, default_counts: bool) -> Option<String> {
    let mut words = words(text).into_iter();
    let mut fallback = None;
    // Whether the entry that is being read counts, and as what.
    let mut entry = Entry::Other;
    while let Some(word) = words.next() {
        match word.as_str() {
            "machine" => {
                let here = words
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case(host));
                entry = if here { Entry::Host } else { Entry::Other };
            }
            "default" => entry = Entry::Default,
            "login" | "account" => drop(words.next()),
            "password" => match (&entry, words.next()) {
                (Entry::Host, Some(value)) => return Some(value),
                (Entry::Default, Some(value)) if default_counts && fallback.is_none() => {
                    fallback = Some(value);
                }
                _ => {}
            },
            _ => {}
        }
    }
    fallback
}

enum Entry {
    Host,
    Default,
    Other,
}

/// The words of the file; comments and macro bodies left out.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        let mut rest = line.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') {
            let (word, after) = word(rest);
            in_macro |= word == "macdef";
            words.push(word);
            rest = after.trim_start();
        }
        if in_macro {
            words.truncate(words.iter().rposition(|w| w == "macdef").unwrap_or(0));
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
}
