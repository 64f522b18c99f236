//! Server-sent events into bytes, as the output host sends them: an event's `id` is the offset behind its bytes, and it
//! has a `data` line for each piece between newlines. A CR is not escaped, so only LF ends a line; an event may end in
//! the middle of a character (heroku.md §3).

/// An event with more bytes than this is not taken: memory stays flat whatever a server sends.
const LARGEST_EVENT: usize = 4 << 20;

/// One event that carries output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// The offset behind its bytes, if it says so.
    pub end: Option<u64>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// An event is larger than can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Cuts a body into events. What follows the last whole event is dropped with the decoder: it comes again with the next
/// connection.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    end: Option<u64>,
    data: Vec<u8>,
    has_data: bool,
}

impl SseDecoder {
    /// Takes a chunk and gives the events that it completes.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, TooLarge> {
        let mut events = Vec::new();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let (text, whole) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            if self.line.len() + text.len() + self.data.len() > LARGEST_EVENT {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(text);
            if whole {
                let line = std::mem::take(&mut self.line);
                events.extend(self.end_of_line(&line));
            }
        }
        Ok(events)
    }

    fn end_of_line(&mut self, line: &[u8]) -> Option<SseEvent> {
        // A lone CR is the empty line of a server that ends its lines with CRLF.
        if line.is_empty() || line == b"\r" {
            let end = self.end.take();
            let bytes = std::mem::take(&mut self.data);
            let event = SseEvent { end, bytes };
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        // One space behind the colon is no part of the value.
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"id" => {
                let text = std::str::from_utf8(value).ok();
                self.end = text.and_then(|text| text.trim().parse().ok());
            }
            // Comments are heartbeats; other fields say nothing about the output.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events(chunks: &[&[u8]]) -> Vec<(Option<u64>, Vec<u8>)> {
        let mut decoder = SseDecoder::default();
        chunks
            .iter()
            .flat_map(|chunk| decoder.push(chunk).unwrap())
            .map(|event| (event.end, event.bytes))
            .collect()
    }

    /// An event as the output host writes it.
    fn written(bytes: &[u8], end: usize) -> Vec<u8> {
        let mut event = format!("id: {end}\n").into_bytes();
        for piece in bytes.split(|byte| *byte == b'\n') {
            event.extend_from_slice(b"data: ");
            event.extend_from_slice(piece);
            event.push(b'\n');
        }
        event.push(b'\n');
        event
    }

    #[test]
    fn every_form_of_an_event_is_read() {
        let one = |end, bytes: &str| vec![(end, bytes.as_bytes().to_vec())];
        for (text, expected) in [
            ("id: 4\ndata: one\ndata: \n\n", one(Some(4), "one\n")),
            ("id:4\ndata:one\ndata:\n\n", one(Some(4), "one\n")),
            ("data: two\nid: 3\n\n", one(Some(3), "two")),
            ("id: 3\ndata: a\rb\n\n", one(Some(3), "a\rb")),
            ("id: 2\ndata:  x\n\n", one(Some(2), " x")),
            ("data: no id\n\n", one(None, "no id")),
            ("id: soon\ndata: x\n\n", one(None, "x")),
            ("data\n\n", one(None, "")),
            (
                "event: log\nretry: 5\nid: 1\ndata: x\n\n",
                one(Some(1), "x"),
            ),
            (
                ":keepalive\n:keepalive\nid: 1\ndata: x\n\n",
                one(Some(1), "x"),
            ),
            ("id: 1\r\ndata: x\r\n\r\n", one(Some(1), "x\r")),
            ("id: 9\n\n", vec![]),
            ("\n\n\n", vec![]),
            ("id: 4\ndata: not whole\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(events(&[text.as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn an_event_without_end_is_given_up() {
        let mut decoder = SseDecoder::default();
        let chunk = vec![b'x'; 1 << 20];
        decoder.push(b"data: ").unwrap();
        let given_up = (0..8).find_map(|_| decoder.push(&chunk).err());
        assert_eq!(given_up, Some(TooLarge));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_chunking_gives_the_bytes_back(
            pieces in prop::collection::vec(prop::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\r'), Just(b' '), Just(b':'), Just(0), any::<u8>()], 1..12), 0..6),
            cuts in prop::collection::vec(0_usize..200, 0..8),
            beats in any::<bool>(),
        ) {
            let mut body = Vec::new();
            let mut end = 0;
            for piece in &pieces {
                end += piece.len();
                if beats {
                    body.extend_from_slice(b":keepalive\n");
                }
                body.extend(written(piece, end));
            }
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
            let read = events(&chunks);
            let bytes: Vec<Vec<u8>> = read.iter().map(|(_, bytes)| bytes.clone()).collect();
            prop_assert_eq!(&bytes, &pieces);
            prop_assert_eq!(read.last().and_then(|(end, _)| *end), pieces.last().map(|_| end as u64));
        }
    }
}
