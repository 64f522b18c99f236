//! A build's output: not a stream, but the whole text at each poll. Lines are only ever added; the last one is not
//! complete while the build goes on.

use std::time::Duration;

use async_trait::async_trait;

use super::{Akkeris, wire};
use crate::{
    http::{Error, SecretUrl},
    platform::{
        output::{Output, Piece},
        types::BuildStatus,
    },
};

/// How long one look is tried.
const RETRY_BUDGET: Duration = Duration::ZERO;

/// A place in the snapshots.
pub(super) struct Snapshots<'a> {
    akkeris: &'a Akkeris,
    path: String,
    seen: Seen,
}

impl<'a> Snapshots<'a> {
    /// The output at this address, from its start.
    pub(super) fn new(akkeris: &'a Akkeris, at: &SecretUrl) -> Self {
        // Requests to the API begin behind the path of its own address.
        let base = akkeris.services.api.base().path().trim_end_matches('/');
        let path = at.expose().path();
        Self {
            akkeris,
            path: path.strip_prefix(base).unwrap_or(path).to_owned(),
            seen: Seen::default(),
        }
    }
}

#[async_trait(?Send)]
impl Output for Snapshots<'_> {
    /// It is a path of the API, which stays.
    fn moved(&mut self, _: SecretUrl) {}

    async fn next(&mut self) -> Result<Piece, Error> {
        let snapshot: wire::ResultJson =
            self.akkeris.read(self.path.as_str(), RETRY_BUDGET).await?;
        let ended = matches!(
            BuildStatus::read(&snapshot.build.status),
            BuildStatus::Succeeded | BuildStatus::Failed
        );
        let new = self.seen.take(&snapshot.lines, ended);
        Ok(match (new.is_empty(), ended) {
            (false, _) => Piece::Bytes(new.into_bytes()),
            (true, true) => Piece::Complete,
            (true, false) => Piece::NotYet,
        })
    }
}

/// What was delivered: so many whole lines, and the beginning of the next.
#[derive(Debug, Default)]
struct Seen {
    lines: usize,
    begun: String,
}

impl Seen {
    /// What is new in a snapshot.
    fn take(&mut self, lines: &[String], ended: bool) -> String {
        let mut new = String::new();
        let Some((last, whole)) = lines.split_last() else {
            return new;
        };
        for line in whole.iter().skip(self.lines) {
            let begun = std::mem::take(&mut self.begun);
            new.push_str(line.strip_prefix(begun.as_str()).unwrap_or(line));
            new.push('\n');
        }
        self.lines = self.lines.max(whole.len());
        // While the build goes on, the last line may grow, and even vanish: the platform leaves some lines out once it
        // sees the whole of them.
        if ended
            && self.lines == whole.len()
            && let Some(rest) = last.strip_prefix(self.begun.as_str())
        {
            new.push_str(rest);
            self.begun.clone_from(last);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn snapshot(text: &str) -> Vec<String> {
        if text.is_empty() {
            return Vec::new();
        }
        text.split('\n').map(str::to_owned).collect()
    }

    #[test]
    fn a_line_is_delivered_once_it_is_whole() {
        let mut seen = Seen::default();
        assert_eq!(seen.take(&snapshot(""), false), "");
        assert_eq!(seen.take(&snapshot("Step 1\nSte"), false), "Step 1\n");
        assert_eq!(seen.take(&snapshot("Step 1\nStep 2\n"), false), "Step 2\n");
        assert_eq!(seen.take(&snapshot("Step 1\nStep 2\n"), false), "");
        assert_eq!(seen.take(&snapshot("Step 1\nStep 2\nend"), true), "end");
        assert_eq!(seen.take(&snapshot("Step 1\nStep 2\nend"), true), "");
        // The verdict came before the last flush.
        assert_eq!(
            seen.take(&snapshot("Step 1\nStep 2\nending\nbye\n"), true),
            "ing\nbye\n"
        );
    }

    #[test]
    fn a_partial_line_that_is_left_out_later_is_never_shown() {
        let mut seen = Seen::default();
        assert_eq!(seen.take(&snapshot("a\n ---> 0123"), false), "a\n");
        assert_eq!(seen.take(&snapshot("a\nb\n"), false), "b\n");
    }

    #[test]
    fn a_snapshot_that_lost_lines_repeats_nothing() {
        let mut seen = Seen::default();
        assert_eq!(seen.take(&snapshot("a\nb\n"), false), "a\nb\n");
        assert_eq!(seen.take(&snapshot("a\n"), true), "");
        assert_eq!(seen.take(&snapshot("a\nb\nc\n"), true), "c\n");
    }

    proptest! {
        /// Wherever the looks fall, all of them together give the text.
        #[test]
        fn nothing_is_lost_repeated_or_torn(text in "[ab\n]{0,30}", mut cuts in proptest::collection::vec(0_usize..30, 0..6)) {
            cuts.sort_unstable();
            let mut seen = Seen::default();
            let mut shown = String::new();
            for cut in cuts {
                let new = seen.take(&snapshot(&text[..cut.min(text.len())]), false);
                prop_assert!(new.is_empty() || new.ends_with('\n'));
                shown.push_str(&new);
            }
            shown.push_str(&seen.take(&snapshot(&text), true));
            prop_assert_eq!(shown, text);
        }
    }
}
