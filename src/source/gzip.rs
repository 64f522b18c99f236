//! A stream as one gzip member, compressed block by block on all cores.
//!
//! Each block is a raw deflate stream of its own that starts with the tail of the block before as its dictionary and ends
//! on a byte boundary; joined, they are one deflate stream. What comes out depends on nothing but what goes in: not on the
//! number of threads, nor on how the input arrives. Memory is bounded by the queues between the threads:
//!
//! ```text
//! producer -> jobs -> workers -> (in order) writer: gzip, its digest
//!          -> digest of the plain stream
//! ```

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flate2::Crc;
use sha2::{Digest, Sha256};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Status};

use super::error::Error;
use super::options::Compression;

/// Large enough that the dictionary's cost does not show, small enough that a few of them are no memory to speak of.
const BLOCK: usize = 256 * 1024;
/// Room for a compressed block, whatever is in it: deflate's worst case is less than an eighth more.
const ROOM: usize = BLOCK + BLOCK / 4 + 1024;
/// How much a piece of a stream can hold that is not compressed.
const MOST_STORED: usize = 0xffff;
/// How far back deflate can point.
const WINDOW: usize = 32 * 1024;
/// Beyond this, the reading of files is the limit, and memory would grow for nothing.
const MAX_WORKERS: usize = 8;

/// The member's header: deflate, no name, no time, made on an unspecified system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// What was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// Bytes of the member.
    pub(super) bytes: u64,
    /// SHA-256 of the member, in hex.
    pub(super) sha256: String,
    /// SHA-256 of the plain stream, in hex.
    pub(super) plain_sha256: String,
}

type Block = Arc<Vec<u8>>;

struct Job {
    block: Block,
    dictionary: Option<Block>,
    last: bool,
    done: SyncSender<Squeezed>,
}

struct Squeezed {
    bytes: Vec<u8>,
    crc: Crc,
}

/// Takes the plain stream.
pub(super) struct Blocks<'a> {
    block: Vec<u8>,
    filled: usize,
    previous: Option<Block>,
    spare: &'a Mutex<Vec<Vec<u8>>>,
    jobs: SyncSender<Job>,
    order: SyncSender<Receiver<Squeezed>>,
    digest: SyncSender<Block>,
}

impl Blocks<'_> {
    /// Room for the next bytes: at least one.
    pub(super) fn space(&mut self) -> Result<&mut [u8], Error> {
        if self.filled == self.block.len() {
            self.hand_on(false)?;
        }
        Ok(&mut self.block[self.filled..])
    }

    /// Says how much of the room was used.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.filled = self.block.len().min(self.filled + bytes);
    }

    /// Takes bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let space = self.space()?;
            let length = space.len().min(bytes.len());
            space[..length].copy_from_slice(&bytes[..length]);
            self.advance(length);
            bytes = &bytes[length..];
        }
        Ok(())
    }

    /// Takes zeros until the stream's length is a multiple of `unit`, which the block's length is too.
    pub(super) fn pad(&mut self, unit: usize) -> Result<(), Error> {
        let zeros = self.filled.next_multiple_of(unit) - self.filled;
        if zeros > 0 {
            let space = self.space()?;
            space[..zeros].fill(0);
            self.advance(zeros);
        }
        Ok(())
    }

    fn hand_on(&mut self, last: bool) -> Result<(), Error> {
        let fresh = if last { Vec::new() } else { self.fresh() };
        let mut block = std::mem::replace(&mut self.block, fresh);
        block.truncate(self.filled);
        self.filled = 0;
        let block = Arc::new(block);
        let (done, squeezed) = sync_channel(1);
        let job = Job {
            block: Arc::clone(&block),
            dictionary: self.previous.replace(Arc::clone(&block)),
            last,
            done,
        };
        // A closed channel means that a thread gave up; what it says when it is joined is the reason.
        let sent = self.order.send(squeezed).is_ok()
            && self.jobs.send(job).is_ok()
            && self.digest.send(block).is_ok();
        sent.then_some(()).ok_or(Error::Died)
    }

    fn fresh(&self) -> Vec<u8> {
        let mut block = lock(self.spare).pop().unwrap_or_default();
        block.resize(BLOCK, 0);
        block
    }
}

/// Compresses what `produce` writes, with at most `workers` compressing threads. More than `limit` bytes are an error.
pub(super) fn compress<T>(
    compression: Compression,
    workers: usize,
    limit: u64,
    out: &mut (impl Write + Send),
    produce: impl FnOnce(&mut Blocks<'_>) -> Result<T, Error>,
) -> Result<(T, Written), Error> {
    let workers = workers.clamp(1, MAX_WORKERS);
    let spare = Mutex::new(Vec::new());
    let (jobs, queue) = sync_channel(workers);
    let queue = Arc::new(Mutex::new(queue));
    let (order, ordered) = sync_channel(2 * workers);
    let (digest, to_digest) = sync_channel(workers);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                let (queue, spare) = (Arc::clone(&queue), &spare);
                scope.spawn(move || squeeze(config(compression), &queue, spare))
            })
            .collect();
        // Only the workers have it now: when the last one is gone, the producer sees a closed channel.
        drop(queue);
        let writer = scope.spawn(move || write(&ordered, out, limit));
        let digester = scope.spawn({
            let spare = &spare;
            move || plain_digest(&to_digest, spare)
        });
        let mut blocks = Blocks {
            block: vec![0; BLOCK],
            filled: 0,
            previous: None,
            spare: &spare,
            jobs,
            order,
            digest,
        };
        let produced = produce(&mut blocks).and_then(|produced| {
            blocks.hand_on(true)?;
            Ok(produced)
        });
        drop(blocks);
        let written = writer.join().map_err(|_| Error::Died);
        let plain_sha256 = digester.join().map_err(|_| Error::Died);
        for worker in workers {
            worker.join().map_err(|_| Error::Died)?;
        }
        match (produced, written?) {
            // The producer stopped for a reason of its own.
            (Err(error), _) if !matches!(error, Error::Died) => Err(error),
            (_, Err(error)) | (Err(error), Ok(_)) => Err(error),
            (Ok(produced), Ok((bytes, sha256))) => {
                let written = Written {
                    bytes,
                    sha256,
                    plain_sha256: plain_sha256?,
                };
                Ok((produced, written))
            }
        }
    })
}

/// How many threads may compress.
pub(super) fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

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

/// A worker: compresses blocks until there are no more.
fn squeeze(config: DeflateConfig, queue: &Mutex<Receiver<Job>>, spare: &Mutex<Vec<Vec<u8>>>) {
    loop {
        let Ok(job) = lock(queue).recv() else {
            return;
        };
        // A block that failed is dropped: the writer sees that nobody will deliver it.
        let Some(bytes) = squeeze_block(config, &job) else {
            continue;
        };
        let mut crc = Crc::new();
        crc.update(&job.block);
        // Nobody waits for it any more if the writer gave up.
        let _ = job.done.send(Squeezed { bytes, crc });
        recycle(spare, job.block);
        if let Some(dictionary) = job.dictionary {
            recycle(spare, dictionary);
        }
    }
}

fn squeeze_block(config: DeflateConfig, job: &Job) -> Option<Vec<u8>> {
    if config.level < 9 && is_noise(&job.block) {
        return Some(stored(&job.block, job.last));
    }
    // A compressor that was used before and reset gives other bytes (zlib-rs 0.6.8 hashes what was left behind the
    // dictionary), and a lack of room for the output might too: each block begins with nothing and has room for the worst.
    let mut deflate = Deflate::new_with_config(config);
    if let Some(dictionary) = &job.dictionary {
        let tail = dictionary.len().saturating_sub(WINDOW);
        deflate.set_dictionary(&dictionary[tail..]).ok()?;
    }
    let (flush, expected) = if job.last {
        (DeflateFlush::Finish, Status::StreamEnd)
    } else {
        (DeflateFlush::SyncFlush, Status::Ok)
    };
    let mut bytes = vec![0; ROOM];
    let status = deflate.compress(&job.block, &mut bytes, flush).ok()?;
    let length = usize::try_from(deflate.total_out()).ok()?;
    let whole = deflate.total_in() == job.block.len() as u64 && length < bytes.len();
    bytes.truncate(length);
    if length > job.block.len() && job.block.len() > MOST_STORED {
        bytes = stored(&job.block, job.last);
    }
    (whole && status == expected).then_some(bytes)
}

/// Whether the bytes look like images, archives and whatever else is compressed already: deflate works hardest on those, at
/// a third of its speed, to save a percent. All 256 values are about as frequent; in whole numbers, so that every machine
/// finds the same.
fn is_noise(block: &[u8]) -> bool {
    let mut counts = [0_u64; 256];
    for &byte in block {
        counts[usize::from(byte)] += 1;
    }
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    let length = block.len() as u64;
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

/// The writer: puts the blocks together in their order. Gives the length and the digest of the whole.
fn write(
    ordered: &Receiver<Receiver<Squeezed>>,
    out: &mut impl Write,
    limit: u64,
) -> Result<(u64, String), Error> {
    let mut out = Counted {
        out,
        bytes: 0,
        digest: Sha256::new(),
    };
    let mut crc = Crc::new();
    out.write(&HEADER)?;
    while let Ok(squeezed) = ordered.recv() {
        let Ok(squeezed) = squeezed.recv() else {
            return Err(Error::Died);
        };
        crc.combine(&squeezed.crc);
        out.write(&squeezed.bytes)?;
        if out.bytes > limit {
            return Err(Error::TooBig {
                limit,
                largest: Vec::new(),
            });
        }
    }
    out.write(&crc.sum().to_le_bytes())?;
    out.write(&crc.amount().to_le_bytes())?;
    out.out.flush().map_err(disk)?;
    Ok((out.bytes, hex(out.digest)))
}

struct Counted<'a, W> {
    out: &'a mut W,
    bytes: u64,
    digest: Sha256,
}

impl<W: Write> Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(disk)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

fn plain_digest(blocks: &Receiver<Block>, spare: &Mutex<Vec<Vec<u8>>>) -> String {
    let mut digest = Sha256::new();
    while let Ok(block) = blocks.recv() {
        digest.update(block.as_slice());
        recycle(spare, block);
    }
    hex(digest)
}

/// Keeps a block's memory for another one, if this was the last who had it.
fn recycle(spare: &Mutex<Vec<Vec<u8>>>, block: Block) {
    if let Some(block) = Arc::into_inner(block) {
        lock(spare).push(block);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn disk(source: io::Error) -> Error {
    Error::Disk {
        doing: "write the archive",
        source,
    }
}

fn hex(digest: Sha256) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in digest.finalize() {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::MultiGzDecoder;

    use super::{BLOCK, compress};
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
}
