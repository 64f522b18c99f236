//! An image that was opened and checked, and what is pushed of it.

use std::{
    collections::HashSet,
    io::{self, BufWriter, Read, Seek as _, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError},
};

use flate2::{Compression, GzBuilder, read::MultiGzDecoder};
use sha2::{Digest as _, Sha256};

use super::{
    BlobLocation, Digest, Error, layout,
    place::hash,
    store::Store,
    wire::{
        DOCKER_CONFIG, DOCKER_GZIP, DOCKER_MANIFEST, DockerDescriptor, DockerManifest, Packing,
    },
};

/// How many layers an image may have: Docker's own limit is 127.
const MOST_LAYERS: usize = 500;
/// How much a layer may be when it is not compressed. A thousandth of that may be stored.
const LARGEST_LAYER: u64 = 64 << 30;
/// How much is compressed at a time.
const CHUNK: usize = 128 << 10;

/// An image in a file or a directory, checked whole. Clones share what was made of it.
#[derive(Clone, Debug)]
pub struct Image(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Blob,
    layers: Vec<Layer>,
}

/// A blob to push.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Where its bytes are.
    pub place: BlobLocation,
}

/// A layer as it is stored.
#[derive(Debug)]
pub(super) struct Layer {
    packing: Packing,
    stored: Blob,
    /// What it became, once it was compressed.
    packed: Mutex<Option<Blob>>,
}

/// What is pushed of an image.
#[derive(Clone, Debug)]
pub struct PushParts {
    /// Docker's manifest, version 2, schema 2.
    pub manifest: Vec<u8>,
    /// Its digest.
    pub manifest_digest: Digest,
    /// The configuration and the layers that it names, each once.
    pub blobs: Vec<Blob>,
}

impl Image {
    /// What the platform knows it by: the digest of its configuration. It is the same however the layers are compressed.
    pub fn id(&self) -> &Digest {
        &self.0.config.digest
    }

    /// What is pushed of it. Layers that are not compressed are, once, into files without names that are gone with the image.
    /// Blocks until it is done, in constant memory.
    ///
    /// A registry of Docker's manifests need not take plain layers: the schema knows gzip only, and that is what docker and
    /// skopeo send, who compress on the way and learn the digest at the end. Here it is known before: so a layer that is
    /// there is not sent again, and an upload that broke off goes on. The same layer becomes the same bytes each time.
    pub fn parts(&self, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<PushParts, Error> {
        let layers = self.0.layers.iter().map(|layer| layer.pack(cancelled));
        let layers: Vec<Blob> = layers.collect::<Result<_, _>>()?;
        let sent = DockerManifest {
            schema_version: 2,
            media_type: DOCKER_MANIFEST,
            config: part(DOCKER_CONFIG, &self.0.config),
            layers: layers.iter().map(|blob| part(DOCKER_GZIP, blob)).collect(),
        };
        let manifest = serde_json::to_vec(&sent)
            .map_err(|e| Error::refused(self.0.config.place.path(), e.to_string()))?;
        let mut seen = HashSet::new();
        let mut blobs: Vec<Blob> = layers;
        blobs.push(self.0.config.clone());
        blobs.retain(|blob| seen.insert(blob.digest.clone()));
        Ok(PushParts {
            manifest_digest: Digest::of(&manifest),
            manifest,
            blobs,
        })
    }

    /// An image of which the configuration is known.
    pub(super) fn begin(
        store: &impl Store,
        id: Digest,
        place: BlobLocation,
        config: &[u8],
    ) -> Result<UncheckedImage, Error> {
        let read = layout::config(store, config)?;
        if !read.platform.is_unsaid() && !read.platform.runs() {
            let name = super::names::shown(&read.platform.name());
            let error = store.refused(format!(
                "it is for {name}, and the platform runs linux/amd64"
            ));
            return Err(error.advise("build it with `docker build --platform linux/amd64`"));
        }
        let mut diff_ids = Vec::new();
        for diff_id in &read.rootfs.diff_ids {
            let digest = diff_id.parse().map_err(|why| {
                store.refused(format!(
                    "its configuration names a layer that is none: {why}"
                ))
            })?;
            diff_ids.push(digest);
        }
        Ok(UncheckedImage {
            config: Blob { digest: id, place },
            diff_ids,
        })
    }
}

/// An image whose layers are still to be looked at.
pub(super) struct UncheckedImage {
    config: Blob,
    diff_ids: Vec<Digest>,
}

impl UncheckedImage {
    /// Layers, each with the digest that it has when it is not compressed.
    pub(super) fn pair<T>(
        &self,
        store: &impl Store,
        layers: Vec<T>,
    ) -> Result<Vec<(T, Digest)>, Error> {
        let (named, known) = (layers.len(), self.diff_ids.len());
        if named != known {
            let why = format!("it has {named} layers, and its configuration knows of {known}");
            return Err(store.refused(why));
        }
        if named > MOST_LAYERS {
            return Err(store.refused(format!("it has {named} layers: Docker takes 127 at most")));
        }
        if named == 0 {
            return Err(store.refused("it has no layers"));
        }
        Ok(layers
            .into_iter()
            .zip(self.diff_ids.iter().cloned())
            .collect())
    }

    /// The image with its layers.
    pub(super) fn with(self, layers: Vec<Layer>) -> Image {
        Image(Arc::new(Inner {
            config: self.config,
            layers,
        }))
    }
}

impl Layer {
    /// A layer that was checked.
    pub(super) fn new(packing: Packing, digest: Digest, place: BlobLocation) -> Self {
        Self {
            packing,
            stored: Blob { digest, place },
            packed: Mutex::default(),
        }
    }

    /// The layer as it is pushed.
    fn pack(&self, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Blob, Error> {
        if self.packing == Packing::Gzip {
            return Ok(self.stored.clone());
        }
        let mut packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(packed) = &*packed {
            return Ok(packed.clone());
        }
        let made = compress(&self.stored, cancelled)?;
        *packed = Some(made.clone());
        Ok(made)
    }
}

fn part<'a>(media_type: &'static str, blob: &'a Blob) -> DockerDescriptor<'a> {
    DockerDescriptor {
        media_type,
        size: blob.place.size,
        digest: blob.digest.as_str(),
    }
}

/// Compresses what must have this digest.
fn compress(plain: &Blob, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Blob, Error> {
    let place = &plain.place;
    let failed = |error: io::Error| {
        let why = format!("a layer of it can't be compressed to a temporary file: {error}");
        Error::refused(place.path(), why)
    };
    let mut reader = place.reader(0).map_err(|e| place.unreadable(e))?;
    let file = tempfile::tempfile().map_err(failed)?;
    let out = Hashed {
        inner: BufWriter::new(file),
        hash: Sha256::new(),
        bytes: 0,
    };
    // No name and no time: what comes out depends on what goes in alone.
    let mut gzip = GzBuilder::new().write(out, Compression::default());
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        let read = reader.read(&mut chunk).map_err(|e| place.unreadable(e))?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        gzip.write_all(&chunk[..read]).map_err(failed)?;
    }
    if Digest::of_hash(hash) != plain.digest {
        let why = format!(
            "its layer {} has changed since it was looked at",
            plain.digest
        );
        return Err(Error::refused(place.path(), why));
    }
    let out = gzip.finish().map_err(failed)?;
    let mut file = out.inner.into_inner().map_err(|e| failed(e.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(Blob {
        digest: Digest::of_hash(out.hash),
        place: BlobLocation::made_of(place, file, out.bytes),
    })
}

/// The digest of what is compressed at a place, unpacked.
pub(super) fn gunzipped(
    place: &BlobLocation,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Digest, Error> {
    let reader = place.reader(0).map_err(|e| place.unreadable(e))?;
    let bounded = Bounded {
        inner: MultiGzDecoder::new(io::BufReader::new(reader)),
        left: LARGEST_LAYER,
    };
    let broken =
        |e: io::Error| Error::refused(place.path(), format!("a layer of it is not whole: {e}"));
    hash(bounded, cancelled, broken).map(Digest::of_hash)
}

/// What may be read so far and no further: what has no end is not read to its end.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.checked_sub(read as u64);
        self.left =
            left.ok_or_else(|| io::Error::other("it unpacks to more than any layer has"))?;
        Ok(read)
    }
}

/// Counts and hashes what is written.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_not_read_to_its_end() {
        for (left, fits) in [(0, false), (99, false), (100, true), (101, true)] {
            let mut bounded = Bounded {
                inner: io::repeat(0).take(100),
                left,
            };
            let read = io::copy(&mut bounded, &mut io::sink());
            assert_eq!(read.is_ok(), fits, "{left}");
        }
        let mut endless = Bounded {
            inner: io::repeat(0),
            left: 1 << 20,
        };
        assert!(io::copy(&mut endless, &mut io::sink()).is_err());
    }
}
