//! Finds the forms of secrets in the bytes of a view, all of them in one pass.
//!
//! A log comes in lines, and what one line begins the next may go on with: so a piece of a secret counts, too, where a text
//! begins or ends with it. So does a message that shows a part of a long text: it ends where it was cut.

use aho_corasick::{AhoCorasick, MatchKind};

use super::forms::Form;

/// The shortest piece of a secret that counts: shorter ones turn up by chance, and reveal little.
const PIECE: usize = 12;
/// A piece that occurs more often than this in one secret is too dull to be told from other text.
const MOST_PLACES: usize = 8;
/// What stands where a text was cut.
const CUT: &[u8] = "…".as_bytes();

/// Some forms, and how to find them.
#[derive(Debug)]
pub(super) struct Matcher {
    forms: Vec<Form>,
    /// Finds what each form begins with.
    heads: AhoCorasick,
    /// Where in which form each piece stands, in the order of the pieces. The piece itself is read there: a run learns a
    /// secret with each new address of a log, and each has hundreds of pieces.
    pieces: Vec<(u32, u32)>,
    /// What pieces begin with, as bits: a quick test that rules out most other text.
    begins: Vec<u64>,
}

/// A form that was found, from one byte of the view to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) base64: bool,
}

impl Matcher {
    /// Finds these forms. `None` if there are too many or too long ones to build it.
    pub(super) fn new(forms: Vec<Form>) -> Option<Self> {
        let heads = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(
                forms
                    .iter()
                    .map(|form| &form.bytes[..form.bytes.len().min(PIECE)]),
            )
            .ok()?;
        let mut begins = vec![0; 1 << 10];
        let mut pieces = Vec::new();
        for (form, index) in forms.iter().zip(0_u32..).filter(|(form, _)| !form.whole) {
            for (piece, at) in form.bytes.windows(PIECE).zip(0_u32..) {
                let (word, bit) = bit(piece);
                begins[word] |= bit;
                pieces.push((index, at));
            }
        }
        pieces.sort_by_key(|place| (piece(&forms, *place), *place));
        let mut places = 0;
        let mut before = None;
        pieces.retain(|place| {
            let this = piece(&forms, *place);
            places = if before == Some(this) { places + 1 } else { 1 };
            before = Some(this);
            places <= MOST_PLACES
        });
        pieces.shrink_to_fit();
        Some(Self {
            forms,
            heads,
            pieces,
            begins,
        })
    }

    /// The forms that it finds.
    pub(super) fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// All that is in these bytes.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        if self.heads.is_match(bytes) {
            hits.extend(self.whole(bytes));
        }
        let mut from = 0;
        // No searcher is made for each of millions of lines.
        let cuts = memchr::memchr_iter(CUT[0], bytes).filter(|at| bytes[*at..].starts_with(CUT));
        for cut in cuts.chain([bytes.len()]) {
            hits.extend(self.at_the_ends(bytes, from, cut));
            from = cut + CUT.len();
        }
        hits
    }

    /// The pieces that a part of these bytes begins or ends with.
    fn at_the_ends(&self, bytes: &[u8], from: usize, to: usize) -> impl Iterator<Item = Hit> {
        let part = &bytes[from..to];
        let first = self.places(part.first_chunk()).map(move |(form, at)| {
            let more = form.bytes[at..].iter().zip(part);
            Hit {
                start: from,
                end: from + more.take_while(|(a, b)| a == b).count(),
                base64: form.base64,
            }
        });
        let last = self.places(part.last_chunk()).map(move |(form, at)| {
            let before = form.bytes[..at + PIECE].iter().rev();
            let before = before.zip(part.iter().rev());
            Hit {
                start: to - before.take_while(|(a, b)| a == b).count(),
                end: to,
                base64: form.base64,
            }
        });
        first.chain(last)
    }

    /// The whole forms in these bytes.
    fn whole(&self, bytes: &[u8]) -> impl Iterator<Item = Hit> {
        self.heads.find_overlapping_iter(bytes).filter_map(|head| {
            let form = &self.forms[head.pattern().as_usize()];
            let found = bytes[head.start()..].starts_with(&form.bytes);
            found.then(|| Hit {
                start: head.start(),
                end: head.start() + form.bytes.len(),
                base64: form.base64,
            })
        })
    }

    /// Where a piece stands in which form.
    fn places(&self, wanted: Option<&[u8; PIECE]>) -> impl Iterator<Item = (&Form, usize)> {
        let wanted = wanted.filter(|wanted| {
            let (word, bit) = bit(*wanted);
            self.begins[word] & bit != 0
        });
        let places = wanted.map_or(&[][..], |wanted| {
            let of = |place: &(u32, u32)| piece(&self.forms, *place);
            let start = self.pieces.partition_point(|place| of(place) < &wanted[..]);
            let same = &self.pieces[start..];
            &same[..same.partition_point(|place| of(place) == &wanted[..])]
        });
        places
            .iter()
            .map(|(form, at)| (&self.forms[*form as usize], *at as usize))
    }
}

/// The piece at a place: so many bytes of a form, from one on.
fn piece(forms: &[Form], (form, at): (u32, u32)) -> &[u8] {
    &forms[form as usize].bytes[at as usize..][..PIECE]
}

/// The bit that stands for what a piece begins with.
fn bit(piece: &[u8]) -> (usize, u64) {
    let head = u32::from_le_bytes([piece[0], piece[1], piece[2], piece[3]]);
    let hash = head.wrapping_mul(0x9e37_79b1) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
}
