use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::compress;
use crate::source::deflate::BLOCK;
use crate::source::error::Error;
use crate::source::options::Compression;

/// Something between a text and noise.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let byte = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"the quick brown fox jumps over"[(*state >> 27) as usize % 30]
    };
    (0..length).map(|_| byte(&mut state)).collect()
}

fn gzip(plain: &[u8], compression: Compression, workers: usize, piece: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let ((), written) = compress(compression, workers, u64::MAX, &mut out, |blocks| {
        plain
            .chunks(piece)
            .try_for_each(|piece| blocks.write(piece))
    })
    .unwrap();
    assert_eq!(written.bytes, out.len() as u64);
    out
}

#[test]
fn what_comes_out_is_what_went_in_and_one_member() {
    for compression in [Compression::Fast, Compression::Balanced, Compression::Small] {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 77] {
            let plain = sample(length);
            let member = gzip(&plain, compression, 3, 10_000);
            let mut found = Vec::new();
            let mut single = flate2::read::GzDecoder::new(member.as_slice());
            single.read_to_end(&mut found).unwrap();
            assert!(found == plain, "{length} {compression:?}");
            let mut all = Vec::new();
            MultiGzDecoder::new(member.as_slice())
                .read_to_end(&mut all)
                .unwrap();
            assert_eq!(all.len(), length);
        }
    }
}

#[test]
fn noise_is_kept_as_it_is() {
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    })
    .take(3 * BLOCK)
    .collect();
    for compression in [Compression::Fast, Compression::Balanced, Compression::Small] {
        let member = gzip(&noise, compression, 2, BLOCK);
        assert!(member.len() < noise.len() + noise.len() / 1000);
        let mut found = Vec::new();
        flate2::read::GzDecoder::new(member.as_slice())
            .read_to_end(&mut found)
            .unwrap();
        assert!(found == noise);
    }
}

#[test]
fn neither_threads_nor_pieces_change_a_byte() {
    let plain = sample(5 * BLOCK + 12_345);
    let expected = gzip(&plain, Compression::Balanced, 1, usize::MAX);
    for (workers, piece) in [(1, 777), (2, 4096), (7, BLOCK), (64, BLOCK + 1)] {
        assert!(gzip(&plain, Compression::Balanced, workers, piece) == expected);
    }
}

#[test]
fn a_limit_and_a_full_disk_end_it() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let plain = sample(20 * BLOCK);
    let limited = compress(Compression::Fast, 2, 1000, &mut Vec::new(), |blocks| {
        blocks.write(&plain)
    });
    assert!(matches!(limited, Err(Error::TooBig { limit: 1000, .. })));
    let full = compress(Compression::Fast, 2, u64::MAX, &mut Full, |blocks| {
        blocks.write(&plain)
    });
    assert!(full.is_err_and(|error| error.is_local_io()));
}
