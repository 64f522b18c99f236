//! What a YAML file holds, as a tree in which every value knows its place. It takes any well-formed file, so that the
//! reading behind it can report everything that is wrong and not just the first.

use std::ops::Range;

/// A place in the source: a range of bytes.
pub(super) type Span = Range<usize>;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A map, in the file's order, without duplicates.
    Map(Vec<Entry>),
    /// A list.
    List(Vec<Node>),
    /// Anything else.
    Scalar(Scalar),
    /// What could not be made out and has been reported.
    Unknown,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) value: Node,
}

/// A scalar as it is written; what it means is decided by [`Scalar::meaning`].
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// The text, without quotes and with escapes resolved.
    pub(super) text: String,
    /// Without quotes: it may be a number, a boolean or nothing at all.
    pub(super) plain: bool,
    /// Holds the value of a variable: never to be printed.
    pub(super) from_env: bool,
}

/// What a scalar means by YAML 1.2's core schema: `yes`, `on` and `1_000` are texts, as is every quoted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl Scalar {
    /// What it means.
    pub(super) fn meaning(&self) -> Meaning {
        if !self.plain {
            return Meaning::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
            "true" | "True" | "TRUE" => Meaning::Bool(true),
            "false" | "False" | "FALSE" => Meaning::Bool(false),
            text if is_number(text) => Meaning::Number,
            _ => Meaning::Text,
        }
    }
}

impl Node {
    /// In words, for "must be a list, not …".
    pub(super) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Map(_) => "a map of keys",
            Kind::List(_) => "a list",
            Kind::Unknown => "something else",
            Kind::Scalar(scalar) => match scalar.meaning() {
                Meaning::Null => "nothing",
                Meaning::Bool(_) => "a boolean",
                Meaning::Number => "a number",
                Meaning::Text => "a text",
            },
        }
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.chars().all(|c| c.is_digit(8));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    let exponent_holds = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent_holds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(text: &str, plain: bool) -> Meaning {
        Scalar {
            text: text.to_owned(),
            plain,
            from_env: false,
        }
        .meaning()
    }

    #[test]
    fn scalars_mean_what_yaml_1_2_says() {
        for number in [
            "0", "-1", "+7", "1234567", "0123", "1e10", "12E-3", "1.", ".5", "1.5e+3", "0x1F",
            "0o17", ".inf", "-.INF", ".nan",
        ] {
            assert_eq!(meaning(number, true), Meaning::Number, "{number}");
            assert_eq!(meaning(number, false), Meaning::Text, "quoted {number}");
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "1_000",
            "1:30",
            "2024-01-01",
            "0xg",
            "0o8",
            "1e",
            ".",
            "-",
            "e5",
            "1.2.3",
            "v1",
            "12ab",
            "٣",
        ] {
            assert_eq!(meaning(text, true), Meaning::Text, "{text}");
        }
        for null in ["", "~", "null"] {
            assert_eq!(meaning(null, true), Meaning::Null, "{null:?}");
            assert_eq!(meaning(null, false), Meaning::Text, "quoted {null:?}");
        }
        assert_eq!(meaning("true", true), Meaning::Bool(true));
        assert_eq!(meaning("False", true), Meaning::Bool(false));
    }
}
