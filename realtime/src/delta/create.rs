//! Making a delta: an index of the source's blocks, a window that rolls over the target.

use super::{checksum, digits, push_number};

/// Bytes of a block of the source and of the window that rolls over the target.
const WINDOW: usize = 16;

/// Blocks of equal hash that are compared with one window. Bounds the work; see [`create`].
pub(super) const CANDIDATES: usize = 32;

/// Factor of the polynomial hash: odd, and its bits reach the top ones, of which slots are made.
const BASE: u32 = 0x9E37_79B1;

/// What the byte that leaves the window was multiplied with: `BASE^15`.
const LEAVING: u32 = BASE.wrapping_pow(15);

/// Ends a chain of blocks.
const NONE: u32 = u32::MAX;

/// A delta that makes `target` from `source`. It can be longer than the target when the two have little in common;
/// the caller sends what is shorter. Targets and sources are below 4 GiB, the largest number of the format.
///
/// If the target is UTF-8, so is the delta, and it may stand in a JSON string: copies then begin and end between
/// characters.
///
/// Near linear in `source.len() + target.len()` for any bytes. Indexing hashes every block of the source once. At a
/// place of the target at most 32 ([`CANDIDATES`]) blocks are compared. One that is no match costs at most 16 byte
/// comparisons; one that is a match costs two more than its length. The longest match is either taken, and its bytes
/// are not looked at again (but for up to 3 of a cut character), or it is no longer than its copy segment would be,
/// which is below 32 bytes. So a byte of the target costs a bounded number of comparisons, whatever repeats.
#[must_use]
pub fn create(source: &[u8], target: &[u8]) -> Vec<u8> {
    let mut delta = Vec::with_capacity(64);
    push_number(&mut delta, target.len());
    delta.push(b'\n');
    let index = Index::new(source);
    let text = std::str::from_utf8(target).is_ok();
    let mut written = 0;
    let mut at = 0;
    let mut window = Window::at(target, at);
    while let Some(hash) = window {
        let place = Place { source, target, text, written, at };
        if let Some(copy) = place.best(index.candidates(hash)) {
            push_literal(&mut delta, &target[written..copy.start]);
            push_copy(&mut delta, copy);
            written = copy.end();
            at = written;
            window = Window::at(target, at);
        } else {
            window = hash.rolled(target, at);
            at += 1;
        }
    }
    push_literal(&mut delta, &target[written..]);
    push_number(&mut delta, checksum(target) as usize);
    delta.push(b';');
    delta
}

fn push_literal(delta: &mut Vec<u8>, bytes: &[u8]) {
    if !bytes.is_empty() {
        push_number(delta, bytes.len());
        delta.push(b':');
        delta.extend_from_slice(bytes);
    }
}

fn push_copy(delta: &mut Vec<u8>, copy: Copied) {
    push_number(delta, copy.count);
    delta.push(b'@');
    push_number(delta, copy.offset);
    delta.push(b',');
}

/// The hash of 16 bytes, a polynomial modulo 2^32.
#[derive(Clone, Copy)]
pub(super) struct Window(u32);

impl Window {
    /// The window that begins at `at`, if it fits.
    pub(super) fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let window = bytes.get(at..at + WINDOW)?;
        Some(Self(
            window.iter().fold(0, |hash: u32, &byte| hash.wrapping_mul(BASE).wrapping_add(byte.into())),
        ))
    }

    /// The window one byte behind this one, which begins at `at`.
    pub(super) fn rolled(self, bytes: &[u8], at: usize) -> Option<Self> {
        let entering = *bytes.get(at + WINDOW)?;
        let kept = self.0.wrapping_sub(LEAVING.wrapping_mul(bytes[at].into()));
        Some(Self(kept.wrapping_mul(BASE).wrapping_add(entering.into())))
    }

    #[cfg(test)]
    pub(super) fn hash(self) -> u32 {
        self.0
    }
}

/// The source's blocks by hash: 8 to 12 bytes for each block of 16.
pub(super) struct Index {
    /// First block of each slot.
    heads: Vec<u32>,
    /// Next block of the same slot, for each block.
    next: Vec<u32>,
    /// Slots are the top bits of hashes.
    shift: u32,
}

impl Index {
    pub(super) fn new(source: &[u8]) -> Self {
        let blocks = source.len() / WINDOW;
        let bits = blocks.next_power_of_two().trailing_zeros().clamp(1, 28);
        let mut index =
            Self { heads: vec![NONE; 1 << bits], next: vec![NONE; blocks], shift: u32::BITS - bits };
        // From the last block to the first, so that chains begin with the earliest: in a run of equal bytes that one
        // gives the longest match.
        for (block, number) in (0..blocks).zip(0..NONE).rev() {
            if let Some(window) = Window::at(source, block * WINDOW) {
                let slot = index.slot(window);
                index.next[block] = std::mem::replace(&mut index.heads[slot], number);
            }
        }
        index
    }

    /// Where blocks begin that may equal the window: at most [`CANDIDATES`], the earliest first.
    pub(super) fn candidates(&self, window: Window) -> impl Iterator<Item = usize> {
        let block = |number: u32| (number != NONE).then_some(number as usize);
        std::iter::successors(block(self.heads[self.slot(window)]), move |&last| block(self.next[last]))
            .map(|block| block * WINDOW)
            .take(CANDIDATES)
    }

    fn slot(&self, window: Window) -> usize {
        (window.0 >> self.shift) as usize
    }
}

/// A part of the target that the source has.
#[derive(Clone, Copy)]
struct Copied {
    /// Where it begins in the target.
    start: usize,
    /// Where it begins in the source.
    offset: usize,
    count: usize,
}

impl Copied {
    fn end(&self) -> usize {
        self.start + self.count
    }
}

/// A place of the target for which a match is sought.
struct Place<'a> {
    source: &'a [u8],
    target: &'a [u8],
    /// Whether copies begin and end between characters.
    text: bool,
    /// Bytes of the target that the delta already makes.
    written: usize,
    at: usize,
}

impl Place<'_> {
    /// The longest match that saves bytes.
    fn best(&self, candidates: impl Iterator<Item = usize>) -> Option<Copied> {
        candidates
            .filter_map(|offset| self.matched(offset))
            .filter(|copy| copy.count > self.cost(*copy))
            .reduce(|best, copy| if copy.count > best.count { copy } else { best })
    }

    /// The match around a block of the source, if the whole block matches.
    fn matched(&self, offset: usize) -> Option<Copied> {
        let ahead = equal(self.source[offset..].iter(), self.target[self.at..].iter());
        if ahead < WINDOW {
            return None;
        }
        let behind =
            equal(self.source[..offset].iter().rev(), self.target[self.written..self.at].iter().rev());
        let copy = Copied { start: self.at - behind, offset: offset - behind, count: behind + ahead };
        Some(if self.text { self.between_characters(copy) } else { copy })
    }

    /// A match of at least 16 bytes without the parts of characters at its ends, at most 3 bytes each.
    fn between_characters(&self, mut copy: Copied) -> Copied {
        let inside = |at: usize| self.target.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        while inside(copy.start) {
            copy.start += 1;
            copy.offset += 1;
            copy.count -= 1;
        }
        while inside(copy.end()) {
            copy.count -= 1;
        }
        copy
    }

    /// Bytes that the copy adds to the delta beside what would be literal anyway.
    fn cost(&self, copy: Copied) -> usize {
        let literal = copy.start - self.written;
        digits(copy.count) + digits(copy.offset) + 2 + if literal > 0 { digits(literal) + 1 } else { 0 }
    }
}

/// How many items are equal before the first that are not.
fn equal<'a>(left: impl Iterator<Item = &'a u8>, right: impl Iterator<Item = &'a u8>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}
