//! Any chunking of a body gives the same events.
#![no_main]

use launchway::http::sse::{SseDecoder, SseEvent};
use libfuzzer_sys::fuzz_target;

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<SseEvent> {
    let mut decoder = SseDecoder::default();
    let mut events = Vec::new();
    for chunk in chunks {
        match decoder.push(chunk) {
            Ok(more) => events.extend(more),
            Err(_) => break,
        }
    }
    events
}

fuzz_target!(|data: &[u8]| {
    let Some((&size, body)) = data.split_first() else {
        return;
    };
    let whole = read([body]);
    assert_eq!(whole, read(body.chunks(usize::from(size).max(1))));
    assert!(whole.iter().map(|event| event.bytes.len()).sum::<usize>() <= body.len());
});
