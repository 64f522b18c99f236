//! Which bytes of an output were delivered, and which bytes of a new connection are new. Pure: the bytes in, the new ones
//! out.
//!
//! A stream that is opened again may go on where the old one broke off, or replay everything, whatever its status says
//! (heroku.md §3). Events say where their bytes belong. Text does not: it is asked for from a little before the place that
//! was reached, and what comes first shows which of the two it is. Heartbeats in text are NUL bytes and do not count.

/// How many bytes before the place reached a text is asked for again.
const OVERLAP: usize = 1024;

/// What was delivered of an output.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// The offset behind the last byte delivered.
    offset: u64,
    /// How many bytes were delivered, NULs not counted.
    shown: u64,
    /// The first bytes and the last ones, NULs left out: at most `OVERLAP` each.
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Delivered {
    /// The offset behind the last byte delivered: `Last-Event-ID`.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes bytes that end at an offset, and gives those of them that are new.
    pub fn take_until(&mut self, end: u64, bytes: &[u8]) -> Vec<u8> {
        let new = end.saturating_sub(self.offset);
        let new = usize::try_from(new).unwrap_or(usize::MAX).min(bytes.len());
        // If the event begins beyond the place reached, what lies between is gone on the server too.
        self.offset = self.offset.max(end);
        self.deliver(&bytes[bytes.len() - new..])
    }

    /// Takes new bytes of a text.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let bytes = self.deliver(bytes);
        self.offset += bytes.len() as u64;
        bytes
    }

    fn deliver(&mut self, bytes: &[u8]) -> Vec<u8> {
        let bytes = without_nuls(bytes);
        self.shown += bytes.len() as u64;
        let room = OVERLAP - self.head.len();
        self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
        let fresh = &bytes[bytes.len().saturating_sub(OVERLAP)..];
        let old = (self.tail.len() + fresh.len()).saturating_sub(OVERLAP);
        self.tail.drain(..old);
        self.tail.extend_from_slice(fresh);
        bytes
    }

    /// Where to ask for a text from: the beginning, unless a resumed text could be told from a replayed one.
    pub fn range_start(&self) -> u64 {
        let overlap = OVERLAP as u64;
        let told_apart = self.shown > overlap && self.head != self.tail;
        // With NULs in the output itself its offsets in text are not known.
        if told_apart && self.shown == self.offset {
            self.offset - overlap
        } else {
            0
        }
    }
}

fn without_nuls(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|&byte| byte != 0).collect()
}

/// The text of one connection is neither resumed nor replayed: its offsets have shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetsShifted;

/// The bytes of one connection that sends text.
#[derive(Clone, Debug)]
pub enum TextReplay {
    /// This many bytes follow that were delivered already.
    Skip(u64),
    /// It was asked for from before the place reached; this came so far.
    Compare(Vec<u8>),
}

impl TextReplay {
    /// A connection that was asked for bytes from `start` on.
    pub fn new(delivered: &Delivered, start: u64) -> Self {
        if start == 0 {
            Self::Skip(delivered.shown)
        } else {
            Self::Compare(Vec::new())
        }
    }

    /// Takes a chunk and gives what is new.
    pub fn push(
        &mut self,
        delivered: &mut Delivered,
        chunk: &[u8],
    ) -> Result<Vec<u8>, OffsetsShifted> {
        let chunk = without_nuls(chunk);
        match self {
            Self::Skip(0) => Ok(delivered.take(&chunk)),
            Self::Skip(left) => {
                let known = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(chunk.len());
                *left -= known as u64;
                Ok(delivered.take(&chunk[known..]))
            }
            Self::Compare(seen) => {
                seen.extend_from_slice(&chunk);
                if seen.len() < OVERLAP {
                    return Ok(Vec::new());
                }
                let (first, rest) = seen.split_at(OVERLAP);
                let left = if first == delivered.tail {
                    0
                } else if first == delivered.head {
                    delivered.shown - OVERLAP as u64
                } else {
                    return Err(OffsetsShifted);
                };
                let rest = rest.to_vec();
                *self = Self::Skip(left);
                self.push(delivered, &rest)
            }
        }
    }
}

#[cfg(test)]
mod tests;
