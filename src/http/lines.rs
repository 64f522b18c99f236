//! Bytes of an output stream into lines of text.

/// A line longer than this is broken in pieces, so that memory stays flat whatever a build prints.
const LONGEST_LINE: usize = 64 << 10;

/// Cuts a stream into lines. LF, CRLF and a lone CR end a line, as CI runners see it; a character that is split between
/// two chunks is put together again; what is not UTF-8 becomes U+FFFD.
#[derive(Default)]
pub struct Lines {
    pending: Vec<u8>,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
}

impl Lines {
    /// Takes a chunk and gives the lines that it completes.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in chunk {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' => lines.push(self.take()),
                b'\r' => {
                    lines.push(self.take());
                    self.after_cr = true;
                }
                _ => {
                    self.pending.push(byte);
                    if self.pending.len() >= LONGEST_LINE {
                        lines.extend(self.take_whole_characters());
                    }
                }
            }
        }
        lines
    }

    /// The rest at the end of a stream, if it did not end with a line end.
    pub fn finish(&mut self) -> Option<String> {
        (!self.pending.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> String {
        let line = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        line
    }

    /// Takes what is there but for the beginning of a character.
    fn take_whole_characters(&mut self) -> Option<String> {
        let whole = match std::str::from_utf8(&self.pending) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => self.pending.len(),
        };
        let rest = self.pending.split_off(whole);
        let line = (!self.pending.is_empty()).then(|| self.take());
        self.pending = rest;
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut decoder = Lines::default();
        let mut out: Vec<String> = chunks.iter().flat_map(|c| decoder.push(c)).collect();
        out.extend(decoder.finish());
        out
    }

    #[test]
    fn every_line_end_ends_a_line() {
        assert_eq!(lines(&[b"a\nb\r\nc\rd"]), ["a", "b", "c", "d"]);
        assert_eq!(lines(&[b"a\r", b"\nb\r", b"\r\n"]), ["a", "b", ""]);
        assert_eq!(lines(&[b"\n\n"]), ["", ""]);
        assert_eq!(lines(&[b""]), Vec::<String>::new());
    }

    #[test]
    fn a_split_character_is_put_together() {
        let text = "grüße 🚀\n".as_bytes();
        for cut in 0..text.len() {
            assert_eq!(lines(&[&text[..cut], &text[cut..]]), ["grüße 🚀"], "{cut}");
        }
        assert_eq!(lines(&[b"\xff\xfe\n"]), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn a_line_without_end_does_not_grow_for_ever() {
        let text = "é".repeat(LONGEST_LINE);
        let out = lines(&[text.as_bytes()]);
        assert!(out.len() > 1 && out.iter().all(|line| line.len() <= LONGEST_LINE));
        assert_eq!(out.concat(), text);
    }

    proptest! {
        #[test]
        fn the_cut_between_chunks_does_not_matter(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a'), any::<u8>()], 0..60), cut in 0_usize..60) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(lines(&[&bytes]), lines(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
