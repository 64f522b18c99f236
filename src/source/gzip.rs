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

use crate::units;

use super::deflate::{BLOCK, Deflater};
use super::error::Error;
use super::options::Compression;

/// Beyond this, the reading of files is the limit, and memory would grow for nothing.
const MAX_WORKERS: usize = 8;

/// How many blocks more than there are workers may wait: what keeps all cores busy when one thread is not scheduled for a
/// moment. Each is 256 KiB of memory.
const SLACK: usize = 8;

/// The member's header: deflate, no name, no time, made on an unspecified system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// What was written.
#[derive(Clone, Debug)]
pub(super) struct GzipMember {
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
) -> Result<(T, GzipMember), Error> {
    let workers = workers.clamp(1, MAX_WORKERS);
    let spare = Mutex::new(Vec::new());
    let (jobs, queue) = sync_channel(workers + SLACK);
    let queue = Arc::new(Mutex::new(queue));
    let (order, ordered) = sync_channel(2 * workers + SLACK);
    let (digest, to_digest) = sync_channel(workers + SLACK);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                let (queue, spare) = (Arc::clone(&queue), &spare);
                scope.spawn(move || squeeze(Deflater::new(compression), &queue, spare))
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
                let written = GzipMember {
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

/// A worker: compresses blocks until there are no more.
fn squeeze(mut deflater: Deflater, queue: &Mutex<Receiver<Job>>, spare: &Mutex<Vec<Vec<u8>>>) {
    loop {
        let Ok(job) = lock(queue).recv() else {
            return;
        };
        // A block that failed is dropped, with its channel: so the writer learns of it.
        let before = job.dictionary.as_ref().map(|block| block.as_slice());
        let Some(bytes) = deflater.block(&job.block, before, job.last) else {
            continue;
        };
        let mut crc = Crc::new();
        crc.update(&job.block);
        // It fails if the writer gave up, and then nothing needs the block.
        let _ = job.done.send(Squeezed { bytes, crc });
        recycle(spare, job.block);
        if let Some(dictionary) = job.dictionary {
            recycle(spare, dictionary);
        }
    }
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
        doing: "write the archive".to_owned(),
        source,
    }
}

fn hex(digest: Sha256) -> String {
    units::hex(&digest.finalize())
}

#[cfg(test)]
mod tests;
