use proptest::prelude::*;

use super::*;

/// A server that keeps a text: what a connection sends that asks for it from `start` on.
fn body(log: &[u8], start: u64, resumes: bool) -> &[u8] {
    let start = usize::try_from(start).unwrap();
    if resumes { &log[start..] } else { log }
}

/// Reads a log over connections that break after so many bytes, each in chunks; `true` is a server that resumes.
fn read(log: &[u8], connections: &[(usize, bool)], chunk: usize, beats: bool) -> Vec<u8> {
    let mut delivered = Delivered::default();
    let mut all = Vec::new();
    for &(length, resumes) in connections.iter().chain(&[(usize::MAX, false)]) {
        let start = delivered.range_start();
        let mut replay = TextReplay::new(&delivered, start);
        let body = body(log, start, resumes);
        for part in body[..length.min(body.len())].chunks(chunk) {
            let mut part = part.to_vec();
            if beats {
                part.insert(part.len() / 2, 0);
            }
            all.extend(replay.push(&mut delivered, &part).unwrap());
        }
    }
    all
}

fn numbered(lines: usize) -> Vec<u8> {
    (0..lines)
        .flat_map(|n| format!("line {n} of the log\n").into_bytes())
        .collect()
}

#[test]
fn what_was_delivered_is_not_delivered_again() {
    let log = numbered(400);
    for resumes in [true, false] {
        for cut in [0, 1, 1023, 1024, 1025, 3000, log.len()] {
            let connections = [(cut, resumes), (OVERLAP - 1, resumes), (1500, resumes)];
            assert_eq!(read(&log, &connections, 700, true), log, "{cut} {resumes}");
        }
    }
}

#[test]
fn a_log_that_looks_the_same_everywhere_is_replayed() {
    let log = b".".repeat(5000);
    let mut delivered = Delivered::default();
    TextReplay::new(&delivered, 0)
        .push(&mut delivered, &log[..3000])
        .unwrap();
    assert_eq!(delivered.range_start(), 0);
    assert_eq!(read(&log, &[(3000, true), (4000, false)], 900, false), log);
}

#[test]
fn a_text_that_is_neither_resumed_nor_replayed_is_noticed() {
    let log = numbered(400);
    let mut delivered = Delivered::default();
    TextReplay::new(&delivered, 0)
        .push(&mut delivered, &log[..4000])
        .unwrap();
    let start = delivered.range_start();
    assert_eq!(start, 4000 - 1024);
    let mut replay = TextReplay::new(&delivered, start);
    assert_eq!(
        replay.push(&mut delivered, &log[100..2000]),
        Err(OffsetsShifted)
    );
}

#[test]
fn events_say_where_their_bytes_belong() {
    let mut delivered = Delivered::default();
    assert_eq!(delivered.take_until(5, b"hello"), b"hello");
    assert_eq!(delivered.take_until(5, b"hello"), b"");
    assert_eq!(delivered.take_until(8, b"hello wo"), b" wo");
    assert_eq!(delivered.take_until(4, b"hell"), b"");
    // A NUL in an event is output: it counts, though nobody can read it.
    assert_eq!(delivered.take_until(11, b"rl\0"), b"rl");
    assert_eq!(delivered.offset(), 11);
    // What lies between is gone.
    assert_eq!(delivered.take_until(30, b"later"), b"later");
    assert_eq!(delivered.offset(), 30);
}

#[test]
fn a_text_after_events_with_nuls_is_replayed() {
    let log = numbered(100);
    let mut delivered = Delivered::default();
    let event: Vec<u8> = [&log[..1500], b"\0"].concat();
    delivered.take_until(1501, &event);
    assert_eq!(delivered.range_start(), 0);
    let mut replay = TextReplay::new(&delivered, 0);
    assert_eq!(replay.push(&mut delivered, &log).unwrap(), &log[1500..]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_or_repeated_at_any_cut(
        // Few letters, so that stretches repeat and the comparison is put to the test.
        log in prop::collection::vec(prop::sample::select(vec![b'a', b'b', b'\n']), 0..6000),
        connections in prop::collection::vec((0_usize..6000, any::<bool>()), 0..6),
        chunk in 1_usize..2000,
        beats in any::<bool>(),
    ) {
        prop_assert_eq!(read(&log, &connections, chunk, beats), log);
    }
}
