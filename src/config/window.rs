//! Windows of time: `Mon-Fri 09:00-16:00 Europe/Berlin`. Whether one is open is a pure function of the time.
//!
//! The rules of the time zones are those in the binary: a container without zone files knows them, and every machine gives
//! the same answer.

use jiff::{
    Span, Timestamp, Zoned,
    civil::{Time, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};

use super::mask;

/// How far ahead the next opening is looked for: every window opens within a week, unless a change of the clocks swallows it.
const DAYS_AHEAD: i64 = 15;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// A window of time that comes again every week.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    text: String,
    /// The days on which it opens, Monday first.
    days: [bool; 7],
    from: Time,
    /// `None` is midnight at the end of the day.
    to: Option<Time>,
    zone: TimeZone,
}

impl Window {
    /// Reads a window; the error says what is wrong with it, and what was expected.
    pub fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        let mut words = text.split_whitespace();
        let mut word = words.next().unwrap_or_default();
        let mut days = [true; 7];
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            days = read_days(word).ok_or((
                format!("`{}` is no day of the week", mask::quote(word)),
                "expected days such as `Mon-Fri` or `Mon,Wed,Sat-Sun`",
            ))?;
            word = words.next().unwrap_or_default();
        }
        let (from, to) = read_hours(word).ok_or((
            format!("`{}` is no time of the day", mask::quote(word)),
            "expected two times such as `09:00-16:00`; the second may be on the next day, as in `22:00-04:00`",
        ))?;
        let (Some(zone), None) = (words.next(), words.next()) else {
            return Err((
                "it must end with one time zone".to_owned(),
                "such as `Mon-Fri 09:00-16:00 Europe/Berlin`, or `UTC`",
            ));
        };
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(|_| {
            (
                format!("the time zone `{}` is unknown", mask::quote(zone)),
                "expected a name of the IANA database, such as `Europe/Berlin`, `America/New_York` or `UTC`",
            )
        })?;
        Ok(Self {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            days,
            from,
            to,
            zone,
        })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is open. It is by the clock on the wall: an hour that the clocks skip is not in it, and one that comes
    /// twice is in it twice.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let here = at.to_zoned(self.zone.clone());
        let (today, now) = (here.weekday(), here.time());
        let opens_on =
            |day: Weekday| self.days[usize::from(day.to_monday_zero_offset().unsigned_abs())];
        match self.to {
            None => opens_on(today) && now >= self.from,
            Some(to) if to > self.from => opens_on(today) && now >= self.from && now < to,
            // Over midnight: it belongs to the day on which it opens.
            Some(to) => {
                opens_on(today) && now >= self.from || opens_on(today.previous()) && now < to
            }
        }
    }

    /// When it opens next.
    pub fn opens(&self, after: Timestamp) -> Option<Zoned> {
        let here = after.to_zoned(self.zone.clone());
        (0..=DAYS_AHEAD).find_map(|days| {
            let date = here.date().checked_add(Span::new().days(days)).ok()?;
            let start = date
                .to_datetime(self.from)
                .to_zoned(self.zone.clone())
                .ok()?;
            let at = start.timestamp();
            (at > after && self.is_open(at)).then_some(start)
        })
    }
}

fn read_days(text: &str) -> Option<[bool; 7]> {
    let day = |word: &str| {
        let word = word.to_ascii_lowercase();
        DAYS.iter().position(|(name, _)| *name == word)
    };
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        // `Sat-Mon` goes over the end of the week.
        let count = (last + 7 - first) % 7;
        (0..=count).for_each(|n| days[(first + n) % 7] = true);
    }
    Some(days)
}

fn read_hours(text: &str) -> Option<(Time, Option<Time>)> {
    let (from, to) = text.split_once('-')?;
    let from = read_time(from)?;
    if to == "24:00" {
        return Some((from, None));
    }
    let to = read_time(to)?;
    (from != to).then_some((from, Some(to)))
}

/// `HH:MM` on the clock of 24 hours.
fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse().ok())?
    };
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 {
        return None;
    }
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        Window::parse(text).unwrap()
    }

    #[test]
    fn a_window_is_open_by_the_clock_on_the_wall() {
        for (text, at, open) in [
            // 2026-11-27 is a Friday; Berlin is one hour ahead of UTC in winter, two in summer.
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-27T07:59:59Z",
                false,
            ),
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-27T08:00:00Z",
                true,
            ),
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-27T14:59:59Z",
                true,
            ),
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-27T15:00:00Z",
                false,
            ),
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-28T10:00:00Z",
                false,
            ),
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-07-01T07:00:00Z",
                true,
            ),
            ("mon,SAT-sun 9:00-24:00 UTC", "2026-11-28T23:59:59Z", true),
            ("mon,SAT-sun 9:00-24:00 UTC", "2026-11-27T23:59:59Z", false),
            ("00:00-24:00 UTC", "2026-11-27T00:00:00Z", true),
            // Over midnight it belongs to the day on which it opens.
            ("Fri 22:00-04:00 UTC", "2026-11-27T22:00:00Z", true),
            ("Fri 22:00-04:00 UTC", "2026-11-28T03:59:00Z", true),
            ("Fri 22:00-04:00 UTC", "2026-11-28T04:00:00Z", false),
            ("Fri 22:00-04:00 UTC", "2026-11-27T03:00:00Z", false),
            ("Sun 22:00-04:00 UTC", "2026-11-30T03:00:00Z", true),
            // The days of the zone, not those of UTC.
            (
                "Sat 00:00-12:00 Pacific/Auckland",
                "2026-11-27T12:00:00Z",
                true,
            ),
            ("Fri-Mon 08:00-09:00 UTC", "2026-11-29T08:30:00Z", true),
            ("Fri-Mon 08:00-09:00 UTC", "2026-12-01T08:30:00Z", false),
            // On 2026-03-29 the clocks of Berlin skip from 02:00 to 03:00, at 01:00 UTC.
            (
                "Sun 01:30-02:30 Europe/Berlin",
                "2026-03-29T00:59:00Z",
                true,
            ),
            (
                "Sun 01:30-02:30 Europe/Berlin",
                "2026-03-29T01:00:00Z",
                false,
            ),
            // On 2026-10-25 they show 02:00 to 03:00 twice, from 00:00 UTC on.
            (
                "Sun 02:15-02:45 Europe/Berlin",
                "2026-10-25T00:30:00Z",
                true,
            ),
            (
                "Sun 02:15-02:45 Europe/Berlin",
                "2026-10-25T01:30:00Z",
                true,
            ),
            (
                "Sun 02:15-02:45 Europe/Berlin",
                "2026-10-25T01:00:00Z",
                false,
            ),
        ] {
            assert_eq!(
                window(text).is_open(at.parse().unwrap()),
                open,
                "{text} at {at}"
            );
        }
    }

    #[test]
    fn the_next_opening_is_known() {
        for (text, after, opens) in [
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-27T15:00:00Z",
                "2026-11-30T08:00:00Z",
            ),
            (
                "Mon-Fri 09:00-16:00 Europe/Berlin",
                "2026-11-27T05:00:00Z",
                "2026-11-27T08:00:00Z",
            ),
            (
                "Fri 22:00-04:00 UTC",
                "2026-11-28T05:00:00Z",
                "2026-12-04T22:00:00Z",
            ),
            // Its one hour is skipped this Sunday.
            (
                "Sun 02:00-03:00 Europe/Berlin",
                "2026-03-28T12:00:00Z",
                "2026-04-05T00:00:00Z",
            ),
        ] {
            let found = window(text).opens(after.parse().unwrap()).unwrap();
            assert_eq!(found.timestamp().to_string(), opens, "{text}");
        }
    }

    #[test]
    fn what_is_no_window_is_told() {
        for (text, told) in [
            ("", "`` is no day"),
            ("Mon-Fri", "`` is no time"),
            ("Mo-Fr 09:00-16:00 UTC", "`Mo-Fr` is no day"),
            ("Mon- 09:00-16:00 UTC", "`Mon-` is no day"),
            ("Mon 9-16 UTC", "`9-16` is no time"),
            ("Mon 09:00-25:00 UTC", "`09:00-25:00` is no time"),
            ("Mon 09:00-09:00 UTC", "`09:00-09:00` is no time"),
            ("Mon 24:00-09:00 UTC", "`24:00-09:00` is no time"),
            ("Mon +9:00-10:00 UTC", "`+9:00-10:00` is no time"),
            ("Mon 09:00-16:00", "one time zone"),
            ("Mon 09:00-16:00 Europe/Berlin now", "one time zone"),
            (
                "Mon 09:00-16:00 Europe/Atlantis",
                "`Europe/Atlantis` is unknown",
            ),
            ("Mon 09:00-16:00 ../etc/passwd", "is unknown"),
        ] {
            let (found, _) = Window::parse(text).unwrap_err();
            assert!(found.contains(told), "{text}: {found}");
        }
    }
}
