//! Output as server-sent events.

use bytes::Bytes;

/// One event: its id is the offset behind its bytes, and it has a `data` line for each piece between newlines.
pub(in crate::sandbox) fn event(bytes: &[u8], end: usize) -> Bytes {
    let mut event = format!("id: {end}\n").into_bytes();
    for piece in bytes.split(|byte| *byte == b'\n') {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(piece);
        event.push(b'\n');
    }
    event.push(b'\n');
    Bytes::from(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_joined_again_are_the_bytes() {
        assert_eq!(
            event(b"one\ntwo\r\n", 9),
            &b"id: 9\ndata: one\ndata: two\r\ndata: \n\n"[..]
        );
    }
}
