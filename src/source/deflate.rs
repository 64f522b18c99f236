//! One block of a stream, compressed so that it can stand behind the block before it.

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Status};

use super::options::Compression;

/// The largest block. Large enough that the dictionary's cost does not show, small enough that a few of them are no memory
/// to speak of.
pub(super) const BLOCK: usize = 256 * 1024;
/// Room for a compressed block, whatever is in it: deflate's worst case is less than an eighth more.
const ROOM: usize = BLOCK + BLOCK / 4 + 1024;
/// How much a piece of a stream can hold that is not compressed.
const MOST_STORED: usize = 0xffff;
/// How far back deflate can point.
const WINDOW: usize = 32 * 1024;

/// How the levels were chosen: `benches/README.md`. A raw stream with the largest window; a small buffer for symbols, since
/// codes that fit a few kilobytes of one file win more than fewer headers do.
fn config(compression: Compression) -> DeflateConfig {
    DeflateConfig {
        level: match compression {
            Compression::Fast => 1,
            Compression::Balanced => 5,
            Compression::Small => 9,
        },
        window_bits: -15,
        mem_level: 6,
        ..DeflateConfig::default()
    }
}

/// Compresses blocks, one after the other.
pub(super) struct Deflater {
    config: DeflateConfig,
    room: Vec<u8>,
}

impl Deflater {
    pub(super) fn new(compression: Compression) -> Self {
        Self {
            config: config(compression),
            room: vec![0; ROOM],
        }
    }

    /// Compresses a block that stands behind `before`, to whole bytes. `None` if the compressor fails.
    pub(super) fn block(
        &mut self,
        block: &[u8],
        before: Option<&[u8]>,
        last: bool,
    ) -> Option<Vec<u8>> {
        if self.config.level < 9 && is_noise(block) {
            return Some(stored(block, last));
        }
        // A compressor that was used before and reset gives other bytes (zlib-rs 0.6.8 hashes what was left behind the
        // dictionary), and a lack of room for the output might too: each block begins with nothing and has room for the
        // worst.
        let mut deflate = Deflate::new_with_config(self.config);
        if let Some(before) = before {
            let tail = before.len().saturating_sub(WINDOW);
            deflate.set_dictionary(&before[tail..]).ok()?;
        }
        let (flush, expected) = if last {
            (DeflateFlush::Finish, Status::StreamEnd)
        } else {
            (DeflateFlush::SyncFlush, Status::Ok)
        };
        let status = deflate.compress(block, &mut self.room, flush).ok()?;
        let length = usize::try_from(deflate.total_out()).ok()?;
        let whole = deflate.total_in() == block.len() as u64 && length < self.room.len();
        if !whole || status != expected {
            return None;
        }
        if length > block.len() && block.len() > MOST_STORED {
            return Some(stored(block, last));
        }
        Some(self.room[..length].to_vec())
    }
}

/// Whether the bytes look like images, archives and whatever else is compressed already: deflate works hardest on those, at
/// a third of its speed, to save a percent. In samples from all over the block, all values are about as frequent; counted in
/// whole numbers, so that every machine finds the same.
fn is_noise(block: &[u8]) -> bool {
    const SAMPLE: usize = 512;
    const EVERY: usize = 8 * SAMPLE;
    let mut counts = [0_u64; 256];
    let mut length = 0;
    for chunk in block.chunks(EVERY) {
        let sample = &chunk[..chunk.len().min(SAMPLE)];
        length += sample.len() as u64;
        for &byte in sample {
            counts[usize::from(byte)] += 1;
        }
    }
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    // Of noise without end the left side is as large as the right one would be with 50.
    squares * 256 * 50 < length * length * 51
}

/// The block as it is, in deflate's framing.
fn stored(block: &[u8], last: bool) -> Vec<u8> {
    let pieces = block.len().div_ceil(MOST_STORED);
    let mut bytes = Vec::with_capacity(block.len() + 5 * pieces);
    for (number, piece) in block.chunks(MOST_STORED).enumerate() {
        bytes.push(u8::from(last && number + 1 == pieces));
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&(!length).to_le_bytes());
        bytes.extend_from_slice(piece);
    }
    bytes
}
