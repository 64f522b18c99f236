//! A blob as the body of a request: read as it goes, and hashed on the way. The last of it is not sent unless all of it is what
//! its digest says.

use std::{
    io::{self, Read as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;
use reqwest::Body;
use sha2::{Digest as _, Sha256};

use crate::image::{Blob, Digest, Reader};

/// How much is read at a time.
const CHUNK: usize = 256 << 10;

/// What went wrong while a body was read.
pub(super) type Wrong = Arc<Mutex<Option<String>>>;

/// The body of a blob from one of its bytes on.
pub(super) struct BlobBody {
    pub(super) body: Body,
    pub(super) sent: Arc<AtomicU64>,
    pub(super) wrong: Wrong,
}

struct State {
    reader: Reader,
    hash: Sha256,
    left: u64,
    digest: Digest,
    sent: Arc<AtomicU64>,
    wrong: Wrong,
    what: String,
}

impl BlobBody {
    /// Makes it; what comes before is read, too, for the digest. Blocks while that lasts.
    pub(super) fn of(
        blob: &Blob,
        from: u64,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, String> {
        let hash = blob
            .place
            .hash(from, cancelled)
            .map_err(|e| e.to_string())?;
        let path = blob.place.path().display();
        let what = format!("{} in {path}", blob.digest);
        let reader = blob
            .place
            .reader(from)
            .map_err(|e| format!("can't read {what}: {e}"))?;
        let (sent, wrong) = (Arc::new(AtomicU64::new(from)), Wrong::default());
        let state = State {
            reader,
            hash,
            left: blob.place.size.saturating_sub(from),
            digest: blob.digest.clone(),
            sent: Arc::clone(&sent),
            wrong: Arc::clone(&wrong),
            what,
        };
        let chunks = stream::try_unfold(state, |state| async {
            if state.left == 0 {
                return Ok::<_, io::Error>(None);
            }
            let next = tokio::task::spawn_blocking(move || state.next());
            next.await.map_err(io::Error::other)?.map(Some)
        });
        Ok(Self {
            body: Body::wrap_stream(chunks),
            sent,
            wrong,
        })
    }
}

impl State {
    fn next(mut self) -> io::Result<(Bytes, Self)> {
        let size = usize::try_from(self.left).map_or(CHUNK, |left| left.min(CHUNK));
        let mut chunk = vec![0; size];
        if let Err(e) = self.reader.read_exact(&mut chunk) {
            return self.failed(format!("can't read {}: {e}", self.what));
        }
        self.hash.update(&chunk);
        self.left -= size as u64;
        if self.left == 0 && Digest::of_hash(self.hash.clone()) != self.digest {
            return self.failed(format!(
                "{} is not what its digest says any more",
                self.what
            ));
        }
        self.sent.fetch_add(size as u64, Ordering::Relaxed);
        Ok((chunk.into(), self))
    }

    fn failed<T>(&self, why: String) -> io::Result<T> {
        let error = io::Error::other(why.clone());
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Err(error)
    }
}
