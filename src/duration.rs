//! Durations as people write them: `90s`, `20m`, `1h30m`.

use std::time::Duration;

/// A duration in a few characters: `0.4s`, `12s`, `2m10s`, `1h05m`.
pub fn text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 10 && duration.subsec_millis() >= 50 {
        return format!("{:.1}s", duration.as_secs_f64());
    }
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, _) => format!("{rest}s"),
        (0, _, 0) => format!("{minutes}m"),
        (0, ..) => format!("{minutes}m{rest:02}s"),
        (_, 0, _) => format!("{hours}h"),
        _ => format!("{hours}h{minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_short_and_readable() {
        for (millis, expected) in [
            (0, "0s"),
            (49, "0s"),
            (420, "0.4s"),
            (12_300, "12s"),
            (60_000, "1m"),
            (130_000, "2m10s"),
            (3_600_000, "1h"),
            (3_900_000, "1h05m"),
        ] {
            assert_eq!(text(Duration::from_millis(millis)), expected);
        }
    }
}
