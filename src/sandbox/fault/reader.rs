//! Splitting the text of a fault into its parts.

use std::time::Duration;

use super::When;

/// Takes a text apart from the left.
pub(super) struct Reader<'a> {
    /// The word of the effect.
    pub(super) word: &'a str,
    /// What is not read yet.
    pub(super) rest: &'a str,
    /// When the fault strikes, if its effect says so.
    pub(super) when: Option<When>,
}

impl<'a> Reader<'a> {
    /// Begins with the word of an effect.
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Self {
            word: "",
            rest: text,
            when: None,
        };
        reader.word = reader.until(&[':', ',', '@']);
        reader
    }

    /// Everything up to one of these characters.
    pub(super) fn until(&mut self, ends: &[char]) -> &'a str {
        let at = self.rest.find(ends).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        text
    }

    /// What follows a mark, if the mark is next.
    pub(super) fn after(&mut self, mark: char, ends: &[char]) -> Option<&'a str> {
        self.rest = self.rest.strip_prefix(mark)?;
        Some(self.until(ends))
    }

    fn argument(&mut self) -> Result<&'a str, String> {
        self.after(':', &[':', ',', '@'])
            .ok_or_else(|| "the effect needs an argument after `:`".to_owned())
    }

    /// An argument that is a number.
    pub(super) fn number(&mut self) -> Result<u32, String> {
        let text = self.argument()?;
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }

    /// An argument that says how often the fault strikes, counted from the first time: that number, less some.
    pub(super) fn first_times(&mut self, less: u32) -> Result<(), String> {
        let last = self.number()?.saturating_sub(less);
        self.when = Some(When { first: 1, last });
        Ok(())
    }

    /// An argument that is a duration.
    pub(super) fn duration(&mut self) -> Result<Duration, String> {
        let text = self.argument()?;
        parse_duration(text).ok_or_else(|| format!("`{text}` is no duration, such as 250ms or 30s"))
    }

    /// An argument that may be left out: only a text that ends with `%` is one.
    pub(super) fn percent(&mut self) -> Result<u8, String> {
        let end = self.rest.get(1..).and_then(|rest| rest.find([':', '@']));
        let next = end.map_or(self.rest, |end| &self.rest[..=end]);
        if !next.ends_with('%') {
            return Ok(50);
        }
        let text = self.argument()?;
        text.trim_end_matches('%')
            .parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| format!("`{text}` is no percentage"))
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(3600)?)),
        _ => None,
    }
}
