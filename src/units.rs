//! Sizes, durations and times as people read them.

use std::{
    fmt::Write as _,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};

/// A size in SI units with two or three digits: `412 kB`, `1.9 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let n = u128::from(n);
    let mut one: u128 = 1;
    let mut text = String::new();
    for unit in UNITS {
        one *= 1000;
        let tenths = (n * 10 + one / 2) / one;
        let whole = (n + one / 2) / one;
        text = match tenths {
            0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
            _ => format!("{whole} {unit}"),
        };
        if whole < 1000 {
            break;
        }
    }
    text
}

/// A duration: `0.1s` below ten seconds, then `12s`, `2m10s`, `1h05m`.
pub fn duration(d: Duration) -> String {
    let ms = d.as_millis();
    if ms < 9_950 {
        let tenths = (ms + 50) / 100;
        return match (tenths / 10, tenths % 10) {
            (s, 0) => format!("{s}s"),
            (s, t) => format!("{s}.{t}s"),
        };
    }
    whole(Duration::from_secs(
        u64::try_from((ms + 500) / 1000).unwrap_or(u64::MAX),
    ))
}

/// A duration in whole seconds: `0s`, `59s`, `30m`, `2m10s`, `1h05m`. For clocks that run and for limits.
pub fn whole(d: Duration) -> String {
    let seconds = d.as_secs();
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (h, m, s) {
        (0, 0, s) => format!("{s}s"),
        (0, m, 0) => format!("{m}m"),
        (0, m, s) => format!("{m}m{s:02}s"),
        (h, 0, _) => format!("{h}h"),
        (h, m, _) => format!("{h}h{m:02}m"),
    }
}

/// How long ago something was, in its largest unit: `45s`, `12m`, `3h`, `5d`.
pub fn age(d: Duration) -> String {
    let seconds = d.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A duration of a record, in seconds.
pub fn seconds(s: f64) -> String {
    duration(Duration::try_from_secs_f64(s).unwrap_or_default())
}

/// The time of day in UTC: `12:00:01`.
pub fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
}

/// The day in UTC: `2026-08-01`.
pub fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// The start of an id of the platform: enough to find it, short enough to read past.
pub fn short_id(id: &str) -> &str {
    let head = id.split('-').next().unwrap_or(id);
    if head.len() == 8 && head.bytes().all(|b| b.is_ascii_hexdigit()) {
        head
    } else {
        id
    }
}

/// A version with its hashes shortened: every run of 32 or more hex digits keeps its first 8.
pub fn short_version(version: &str) -> String {
    let other = |c: char| !c.is_ascii_hexdigit();
    let mut out = String::new();
    for piece in version.split_inclusive(other) {
        let hex = piece.trim_end_matches(other);
        let keep = if hex.len() >= 32 { 8 } else { hex.len() };
        out.push_str(&hex[..keep]);
        out.push_str(&piece[hex.len()..]);
    }
    out
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `1 try`, `2 tries`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        let between = match i {
            0 => "",
            _ if i + 1 == items.len() => " and ",
            _ => ", ",
        };
        // Writing to a string can't fail.
        let _ = write!(out, "{between}{}", item.as_ref());
    }
    out
}

/// Breaks a paragraph at spaces so that no line is longer than `width`, words that are longer aside.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// 128 unguessable bits: the standard library seeds each hasher from the system's random numbers.
pub fn random_id() -> String {
    let bits = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", bits(), bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (n, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_999, "10 kB"),
            (412_345, "412 kB"),
            (999_499, "999 kB"),
            (999_999, "1.0 MB"),
            (1_900_000, "1.9 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(n), expected);
        }
    }

    #[test]
    fn durations() {
        for (ms, expected) in [
            (0, "0s"),
            (49, "0s"),
            (100, "0.1s"),
            (3_000, "3s"),
            (9_940, "9.9s"),
            (9_950, "10s"),
            (59_700, "1m"),
            (130_000, "2m10s"),
            (1_800_000, "30m"),
            (3_900_000, "1h05m"),
        ] {
            assert_eq!(duration(Duration::from_millis(ms)), expected);
        }
        assert_eq!(seconds(f64::NAN), "0s");
        let ages = [0, 59, 60, 3599, 3600, 86_399, 86_400, 8_640_000];
        let ages = ages.map(|s| age(Duration::from_secs(s)));
        assert_eq!(ages, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "100d"]);
    }

    #[test]
    fn versions_and_ids() {
        let commit = "1a2b3c4d".repeat(5);
        assert_eq!(short_version(&commit), "1a2b3c4d");
        assert_eq!(
            short_version(&format!("{commit}-{commit}")),
            "1a2b3c4d-1a2b3c4d"
        );
        assert_eq!(short_version("v1.2.3 déjà"), "v1.2.3 déjà");
        assert_eq!(short_id("01234567-89ab-cdef-0123-456789abcdef"), "01234567");
        assert_eq!(short_id("not-a-uuid"), "not-a-uuid");
    }

    #[test]
    fn lists_and_paragraphs() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(count(1, "try", "tries"), "1 try");
        assert_eq!(hex(&[0, 1, 0xab, 0xff]), "0001abff");
        assert_eq!(wrap("a bb  ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn ids_differ() {
        let (a, b) = (random_id(), random_id());
        assert!(a.len() == 32 && a != b, "{a} {b}");
    }
}
