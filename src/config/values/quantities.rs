//! Numbers, durations and sizes.

use std::time::Duration;

use super::{
    super::{
        StatusRange, Statuses, Wave,
        findings::Findings,
        mask,
        node::{Kind, Meaning, Node},
        read::{Read, wrong_type},
    },
    scalar::{line, schema, shown},
};

/// The longest duration: nothing that a CI job waits for takes longer, and every clock can add it.
const LONGEST: Duration = Duration::from_hours(168);

/// A whole number within bounds.
fn number(
    node: &Node,
    what: &str,
    range: std::ops::RangeInclusive<u32>,
    out: &mut Findings<'_>,
) -> Option<u32> {
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    match &node.kind {
        Kind::Scalar(scalar) if scalar.meaning() == Meaning::Number => {
            let value = scalar
                .text
                .parse()
                .ok()
                .filter(|value| range.contains(value));
            if value.is_none() {
                let shown = shown(scalar, what);
                out.add(&node.span, format!("{what} can't be {shown}"))
                    .help(format!("expected {expected}"));
            }
            value
        }
        Kind::Scalar(scalar) if scalar.text.parse::<u32>().is_ok() => {
            wrong_type(node, what, &expected, out).help("write it without quotes and variables");
            None
        }
        _ => {
            wrong_type(node, what, &expected, out);
            None
        }
    }
}

/// The version of the format, 1.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct FormatVersion;

schema!(FormatVersion, { "const": 1 });

impl Read for FormatVersion {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(scalar) if scalar.meaning() == Meaning::Number => {
                if scalar.text == "1" {
                    return Some(Self);
                }
                out.add(&node.span, "this version of the format is unknown")
                    .help("this launchway reads `version: 1`");
            }
            _ => wrong_type(node, what, "the number 1", out).help("write `version: 1`"),
        }
        None
    }
}

/// A size in bytes, written as `500MB` or `1GiB`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Size(pub(in crate::config) u64);

schema!(Size, { "type": "string", "examples": ["500MB", "1GiB"] });

impl Read for Size {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let size = bytes(&scalar.text).filter(|size| *size > 0);
        if size.is_none() {
            let shown = shown(scalar, what);
            out.add(&node.span, format!("{what}: {shown} is not a size"))
                .help("expected a size such as `500MB` or `1GiB`");
        }
        size.map(Self)
    }
}

/// A number with a unit as bytes.
fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] = [
        ("kB", 1000),
        ("MB", 1000 * 1000),
        ("GB", 1000 * 1000 * 1000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A duration that is neither nothing nor endless.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Period(pub(in crate::config) Duration);

schema!(Period, { "type": "string", "examples": ["90s", "20m", "1h30m"] });

impl Read for Period {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        const HELP: &str = "expected a duration such as `90s`, `20m` or `1h30m`";
        if let Kind::Scalar(scalar) = &node.kind
            && !scalar.text.is_empty()
            && scalar.text.chars().all(|c| c.is_ascii_digit())
        {
            let help = if scalar.from_env {
                HELP.to_owned()
            } else {
                format!("did you mean `{}s`?", mask::quote(&scalar.text))
            };
            out.add(&node.span, format!("{what} needs a unit"))
                .help(help);
            return None;
        }
        let scalar = line(node, what, out)?;
        let period = scalar
            .text
            .parse::<jiff::SignedDuration>()
            .map(Duration::try_from);
        let Ok(period) = period else {
            let shown = shown(scalar, what);
            out.add(&node.span, format!("{what}: {shown} is not a duration"))
                .help(HELP);
            return None;
        };
        match period {
            Ok(period) if period > LONGEST => {
                out.add(&node.span, format!("{what} is too long"))
                    .help("at most seven days, `168h`");
                None
            }
            Ok(period) if period >= Duration::from_millis(1) => Some(Self(period)),
            _ => {
                out.add(&node.span, format!("{what} must be longer than zero"))
                    .help(HELP);
                None
            }
        }
    }
}

/// The statuses that are wanted: one, a class of them such as `2xx`, or a list of both.
#[derive(Clone, Debug)]
pub(in crate::config) struct Status(pub(in crate::config) Statuses);

schema!(Status, {
    "anyOf": [
        { "type": "integer", "minimum": 100, "maximum": 599 },
        { "type": "string", "pattern": "^[1-5]xx$", "examples": ["2xx"] },
        {
            "type": "array",
            "minItems": 1,
            "items": { "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5]xx$", "examples": ["2xx"] },
            ] },
        },
    ],
    "examples": [200, "2xx", [200, 204]],
});

impl Read for Status {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            return Some(Self(Statuses(vec![statuses(node, what, out)?])));
        };
        if items.is_empty() {
            out.add(&node.span, format!("{what} is empty"))
                .help("expected at least one status, such as `200` or `2xx`");
            return None;
        }
        let what = format!("an item of {what}");
        let read: Vec<_> = items
            .iter()
            .map(|item| statuses(item, &what, out))
            .collect();
        read.into_iter()
            .collect::<Option<_>>()
            .map(|read| Self(Statuses(read)))
    }
}

/// One status, or a class of them.
fn statuses(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<StatusRange> {
    if let Kind::Scalar(scalar) = &node.kind
        && let [class @ b'1'..=b'5', b'x', b'x'] = scalar.text.as_bytes()
    {
        return Some(StatusRange::Class(class - b'0'));
    }
    if let Kind::Scalar(scalar) = &node.kind
        && scalar.meaning() == Meaning::Text
    {
        let expected = "a status such as `200`, or a class of them such as `2xx`";
        wrong_type(node, what, expected, out);
        return None;
    }
    number(node, what, 100..=599, out)
        .and_then(|status| status.try_into().ok())
        .map(StatusRange::One)
}

/// How many times something may go wrong.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Limit(pub(in crate::config) u32);

schema!(Limit, { "type": "integer", "minimum": 0, "maximum": 1000 });

impl Read for Limit {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        number(node, what, 0..=1000, out).map(Self)
    }
}

/// How far a wave goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct WaveSize(pub(in crate::config) Wave);

schema!(WaveSize, {
    "anyOf": [
        { "type": "integer", "minimum": 1, "maximum": 100_000 },
        { "type": "string", "pattern": "^(100|[1-9][0-9]?)%$", "examples": ["10%"] },
    ],
});

impl Read for WaveSize {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let percent = match &node.kind {
            Kind::Scalar(scalar) => scalar.text.strip_suffix('%'),
            _ => None,
        };
        let Some(percent) = percent else {
            return number(node, what, 1..=100_000, out).map(|apps| Self(Wave::Apps(apps)));
        };
        let percent = percent
            .parse()
            .ok()
            .filter(|percent| (1..=100).contains(percent));
        if percent.is_none() {
            out.add(&node.span, format!("{what} is no percentage"))
                .help("expected a whole one from `1%` to `100%`");
        }
        percent.map(|percent| Self(Wave::Percent(percent)))
    }
}

/// How many times.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Count(pub(in crate::config) u32);

schema!(Count, { "type": "integer", "minimum": 1, "maximum": 1000 });

impl Read for Count {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        number(node, what, 1..=1000, out).map(Self)
    }
}
