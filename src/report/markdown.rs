//! Foreign text in Markdown: escaped inline text, and blocks that it can't break out of.

use super::sanitize;

/// Foreign text in a line of Markdown or a cell of a table: characters with a meaning become entities.
pub fn inline(foreign: &str) -> String {
    let mut out = String::new();
    for c in sanitize::text(foreign).chars() {
        let harmless = matches!(c, '.' | ',' | '-' | '/' | ' ');
        if c.is_ascii_punctuation() && !harmless {
            let code = format!("&#{};", u32::from(c));
            out.push_str(&code);
        } else if c == '\t' {
            out.push(' ');
        } else {
            out.push(c);
        }
    }
    // A text of dashes alone could be a rule, and a number with a point a list.
    if out.starts_with(['-', ' ']) || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "&#8203;");
    }
    out
}

/// Lines in a fenced block, whose fence is longer than any run of backticks in them.
pub fn block(language: &str, lines: &[String]) -> String {
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|c| c != '`'))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("{fence}{language}\n");
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    out + &fence + "\n"
}

/// A link, if the address is one of the web; else its text.
pub fn link(words: &str, address: &str) -> String {
    match web(address) {
        Some(url) => format!("[{}](<{url}>)", inline(words)),
        None => inline(words),
    }
}

/// The address, if it is one of the web, in a form without characters that could end it.
pub fn web(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        return None;
    }
    let mut out = String::new();
    for c in url.as_str().chars() {
        match c {
            '<' | '>' | '"' | '\'' | '`' | '\\' | '|' | '(' | ')' | '[' | ']' => {
                let code = format!("%{:02X}", u32::from(c));
                out.push_str(&code);
            }
            c if c.is_ascii_graphic() => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_means_nothing() {
        assert_eq!(
            inline("a|b *c* <d> `e` @f #1 [g](h)\n::error::"),
            "a&#124;b &#42;c&#42; &#60;d&#62; &#96;e&#96; &#64;f &#35;1 &#91;g&#93;&#40;h&#41; &#58;&#58;error&#58;&#58;"
        );
        assert_eq!(inline("1. a"), "&#8203;1. a");
        assert_eq!(inline("---"), "&#8203;---");
    }

    #[test]
    fn a_block_can_not_be_left() {
        let lines = ["```".to_owned(), "`````x".to_owned()];
        assert_eq!(block("text", &lines), "``````text\n```\n`````x\n``````\n");
        assert_eq!(block("", &[]), "```\n```\n");
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(
            link("a", "https://acme.example.com/x)y"),
            "[a](<https://acme.example.com/x%29y>)"
        );
        for other in [
            "javascript:alert(1)",
            "data:text/html,x",
            "x",
            "https://u:p@h/",
        ] {
            assert_eq!(link("a", other), "a");
        }
    }
}
