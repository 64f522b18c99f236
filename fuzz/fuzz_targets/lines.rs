//! Any chunking of a stream gives the same lines, and none is without bounds.
#![no_main]

use launchway::http::lines::Lines;
use libfuzzer_sys::fuzz_target;

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut lines = Lines::default();
    let mut all: Vec<String> = chunks.into_iter().flat_map(|chunk| lines.push(chunk)).collect();
    all.extend(lines.finish());
    all
}

fuzz_target!(|data: &[u8]| {
    let Some((&size, stream)) = data.split_first() else {
        return;
    };
    let whole = read([stream]);
    assert_eq!(whole, read(stream.chunks(usize::from(size).max(1))));
    assert!(whole.iter().all(|line| !line.contains(['\n', '\r'])));
});
