//! Bit sets of cells: a [`Mask`] over one day and its margins for the
//! arithmetic of a search, and an [`Occupancy`] over all time, which keeps what
//! a resource is taken for.
//!
//! Both know nothing of what a bit stands for. An `Occupancy` is sparse and
//! persistent: cloning it is cheap, and a change copies 256 bytes.

use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use imbl::OrdMap;

use crate::time::{Cell, Interval};

#[cfg(test)]
mod tests;

/// Words of a mask.
const WORDS: usize = 8;

/// Bits of a word.
const BITS: u32 = u64::BITS;

/// The bits of a window of 512 cells (42 hours and 40 minutes): room for the
/// longest local day of 25 hours, what must be known before it (travel) and
/// after it (turnover). The window's first cell, the *base*, is kept by whoever
/// makes the masks; masks of different bases must not be combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask([u64; WORDS]);

impl Mask {
    /// The number of cells in a window.
    #[expect(clippy::cast_possible_truncation, reason = "8")]
    pub const CELLS: u32 = WORDS as u32 * BITS;

    /// No cell.
    pub const NONE: Self = Self([0; WORDS]);

    /// Every cell.
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    /// The cells of `interval` that lie in the window from `base` on.
    pub fn of(base: Cell, interval: Interval) -> Self {
        Self::range(interval.start().since(base), interval.end().since(base))
    }

    /// The bits from `from` up to `until`, both clipped at the window's end.
    pub fn range(from: u32, until: u32) -> Self {
        let mut mask = Self::NONE;
        for (word, bits) in mask.0.iter_mut().zip(0u32..) {
            let first = bits * BITS;
            let low = from.clamp(first, first + BITS) - first;
            let high = until.clamp(first, first + BITS) - first;
            *word = ones(low, high);
        }
        mask
    }

    /// The bits that lie a multiple of `step` cells after the beginning of an hour,
    /// hours being counted from bit `origin`, to either side. A step of 0 counts as 1.
    pub fn hourly(origin: u32, step: usize) -> Self {
        const HOUR: u32 = 12;
        let mut mask = Self::NONE;
        // The first hour may begin before the window: count from an hour earlier.
        let mut hour = origin % HOUR;
        while hour < Self::CELLS + HOUR {
            for bit in (hour..hour + HOUR).step_by(step.max(1)) {
                let bit = bit.wrapping_sub(HOUR);
                if bit < Self::CELLS {
                    mask.0[(bit / BITS) as usize] |= 1 << (bit % BITS);
                }
            }
            hour += HOUR;
        }
        mask
    }

    /// Whether bit `bit` is set; bits beyond the window are not.
    pub const fn has(&self, bit: u32) -> bool {
        bit < Self::CELLS && self.0[(bit / BITS) as usize] >> (bit % BITS) & 1 == 1
    }

    /// Whether no bit is set.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    /// The bits `i` for which all of `i..i + len` are set: where something of
    /// `len` cells may start. Cells beyond the window count as not set.
    #[must_use]
    pub fn starts(self, len: u32) -> Self {
        if self == Self::ALL || self == Self::NONE {
            // Frequent, and the answer is at hand.
            return self & Self::range(0, (Self::CELLS + 1).saturating_sub(len));
        }
        let mut runs = self;
        let mut have = 1;
        while have < len {
            // Runs of `have` at i and at i + step make a run of have + step at i.
            let step = have.min(len - have);
            runs = runs & runs.earlier(step);
            have += step;
        }
        runs
    }

    /// The set bits, each together with the `reach` bits before and after it.
    #[must_use]
    pub fn dilate(self, reach: u32) -> Self {
        let mut wide = self;
        let mut have = 0;
        while have < reach {
            let step = (have + 1).min(reach - have);
            wide = wide | wide.earlier(step) | wide.later(step);
            have += step;
        }
        wide
    }

    /// How many bits are set.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The first set bit at or after `from`.
    pub fn first(&self, from: u32) -> Option<u32> {
        let mut index = from / BITS;
        let mut word = *self.0.get(index as usize)? & ones(from % BITS, BITS);
        while word == 0 {
            index += 1;
            word = *self.0.get(index as usize)?;
        }
        Some(index * BITS + word.trailing_zeros())
    }

    /// How many bits from `from` on are set, one after the other.
    pub fn run_from(&self, from: u32) -> u32 {
        (!*self)
            .first(from)
            .unwrap_or(Self::CELLS)
            .saturating_sub(from)
    }

    /// How many bits just before `until` are set, one after the other.
    pub fn run_before(&self, until: u32) -> u32 {
        let until = until.min(Self::CELLS);
        let unset = !*self & Self::range(0, until);
        let last = (0..WORDS).rev().find(|&word| unset.0[word] != 0);
        last.map_or(until, |word| {
            let above = u32::try_from(word).expect("below 8") * BITS + BITS;
            until - (above - unset.0[word].leading_zeros())
        })
    }

    /// The set bits in ascending order.
    pub fn bits(&self) -> impl Iterator<Item = u32> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            let bit = self.first(next)?;
            next = bit + 1;
            Some(bit)
        })
    }

    /// All bits moved to positions smaller by `by`.
    #[must_use]
    fn earlier(self, by: u32) -> Self {
        if 0 < by && by < BITS {
            // The usual case, written so that it becomes a few wide instructions.
            let mut moved = self;
            for (i, word) in moved.0.iter_mut().enumerate() {
                let high = if i + 1 < WORDS { self.0[i + 1] } else { 0 };
                *word = *word >> by | high << (BITS - by);
            }
            return moved;
        }
        let (words, bits) = ((by / BITS) as usize, by % BITS);
        let mut moved = Self::NONE;
        for i in 0..WORDS.saturating_sub(words) {
            let low = self.0[i + words];
            let high = if i + words + 1 < WORDS {
                self.0[i + words + 1]
            } else {
                0
            };
            moved.0[i] = funnel(low, high, bits);
        }
        moved
    }

    /// All bits moved to positions greater by `by`.
    #[must_use]
    fn later(self, by: u32) -> Self {
        let (words, bits) = ((by / BITS) as usize, by % BITS);
        let mut moved = Self::NONE;
        for i in words..WORDS {
            let low = if i > words { self.0[i - words - 1] } else { 0 };
            let high = self.0[i - words];
            moved.0[i] = if bits == 0 {
                high
            } else {
                funnel(low, high, BITS - bits)
            };
        }
        moved
    }
}

impl BitAnd for Mask {
    type Output = Self;

    fn bitand(mut self, other: Self) -> Self {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word &= more;
        }
        self
    }
}

impl BitOr for Mask {
    type Output = Self;

    fn bitor(mut self, other: Self) -> Self {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
        self
    }
}

impl Not for Mask {
    type Output = Self;

    fn not(mut self) -> Self {
        for word in &mut self.0 {
            *word = !*word;
        }
        self
    }
}

/// The bits `low..high` of a word; `high` may be 64.
const fn ones(low: u32, high: u32) -> u64 {
    if low >= high {
        0
    } else {
        (u64::MAX >> (BITS - (high - low))) << low
    }
}

/// The 64 bits that begin at bit `shift` (below 64) of `high:low`.
const fn funnel(low: u64, high: u64, shift: u32) -> u64 {
    if shift == 0 {
        low
    } else {
        low >> shift | high << (BITS - shift)
    }
}

/// Words of a chunk of an [`Occupancy`].
const CHUNK_WORDS: u32 = 32;

/// Cells of a chunk: 2,048, a little over 7 days.
const CHUNK_CELLS: u32 = CHUNK_WORDS * BITS;

type Chunk = [u64; CHUNK_WORDS as usize];

/// A set of cells over all time. Equal sets compare equal, however they were
/// reached: a chunk without a bit is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occupancy(OrdMap<u32, Arc<Chunk>>);

impl Occupancy {
    /// Whether no cell is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the cells of `interval`.
    pub fn set(&mut self, interval: Interval) {
        for (number, low, high) in chunks(interval) {
            let chunk = self
                .0
                .entry(number)
                .or_insert_with(|| Arc::new([0; CHUNK_WORDS as usize]));
            for (word, bits) in words(low, high) {
                Arc::make_mut(chunk)[word] |= bits;
            }
        }
    }

    /// Removes the cells of `interval`, whoever added them.
    pub fn clear(&mut self, interval: Interval) {
        for (number, low, high) in chunks(interval) {
            let Some(chunk) = self.0.get_mut(&number) else {
                continue;
            };
            for (word, bits) in words(low, high) {
                Arc::make_mut(chunk)[word] &= !bits;
            }
            if chunk.iter().all(|&word| word == 0) {
                self.0.remove(&number);
            }
        }
    }

    /// Whether the set has no cell of `interval`.
    pub fn is_free(&self, interval: Interval) -> bool {
        chunks(interval).all(|(number, low, high)| {
            self.0
                .get(&number)
                .is_none_or(|chunk| words(low, high).all(|(word, bits)| chunk[word] & bits == 0))
        })
    }

    /// Whether every cell of `interval` is in the set.
    pub fn covers(&self, interval: Interval) -> bool {
        chunks(interval).all(|(number, low, high)| {
            self.0.get(&number).is_some_and(|chunk| {
                words(low, high).all(|(word, bits)| chunk[word] & bits == bits)
            })
        })
    }

    /// The set's bits in the window of a [`Mask`] that begins at `base`.
    pub fn window(&self, base: Cell) -> Mask {
        let (mut number, mut word) = place(base);
        let shift = base.number() % BITS;
        let mut chunk = self.0.get(&number);
        let mut mask = Mask::NONE;
        let mut low = chunk.map_or(0, |chunk| chunk[word]);
        for out in &mut mask.0 {
            word += 1;
            if word == CHUNK_WORDS as usize {
                (number, word) = (number + 1, 0);
                chunk = self.0.get(&number);
            }
            let high = chunk.map_or(0, |chunk| chunk[word]);
            *out = funnel(low, high, shift);
            low = high;
        }
        mask
    }

    /// The first cell of the set that is not before `from`.
    pub fn next_taken(&self, from: Cell) -> Option<Cell> {
        let (first, word) = place(from);
        for (&number, chunk) in self.0.range(first..) {
            let (word, low) = if number == first {
                (word, from.number() % BITS)
            } else {
                (0, 0)
            };
            let mut bits = chunk[word] & ones(low, BITS);
            for index in word..chunk.len() {
                if index > word {
                    bits = chunk[index];
                }
                if bits != 0 {
                    let index = u32::try_from(index).expect("below 32");
                    return Cell::new(number * CHUNK_CELLS + index * BITS + bits.trailing_zeros());
                }
            }
        }
        None
    }
}

/// The number of the chunk in which a cell lies, and the word in the chunk.
const fn place(cell: Cell) -> (u32, usize) {
    (
        cell.number() / CHUNK_CELLS,
        (cell.number() % CHUNK_CELLS / BITS) as usize,
    )
}

/// The chunks an interval touches: number, and bits `low..high` in each.
fn chunks(interval: Interval) -> impl Iterator<Item = (u32, u32, u32)> {
    let (start, end) = (interval.start().number(), interval.end().number());
    (start / CHUNK_CELLS..=(end - 1) / CHUNK_CELLS).map(move |number| {
        let first = number * CHUNK_CELLS;
        let low = start.max(first) - first;
        let high = end.min(first + CHUNK_CELLS) - first;
        (number, low, high)
    })
}

/// The words which bits `low..high` of a chunk touch, and those bits in each.
fn words(low: u32, high: u32) -> impl Iterator<Item = (usize, u64)> {
    (low / BITS..=(high - 1) / BITS).map(move |word| {
        let first = word * BITS;
        let bits = ones(low.max(first) - first, high.min(first + BITS) - first);
        (word as usize, bits)
    })
}
