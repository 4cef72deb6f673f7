//! Finding by typing: what contains the words first, then what resembles them.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

/// A filter over rows: what contains the words; only when nothing does, what resembles them.
pub(crate) struct Sieve<'a> {
    wanted: &'a str,
    fuzzy: bool,
}

impl<'a> Sieve<'a> {
    /// A filter for the rows with these texts.
    pub(crate) fn new(wanted: &'a str, mut texts: impl Iterator<Item = String>) -> Self {
        let fuzzy = !wanted.trim().is_empty() && !texts.any(|text| contains(wanted, &text));
        Self { wanted, fuzzy }
    }

    /// Whether a row with this text is shown.
    pub(crate) fn passes(&self, text: &str) -> bool {
        if self.fuzzy {
            rank(self.wanted, text).is_some()
        } else {
            contains(self.wanted, text)
        }
    }
}

/// What of a list passes a filter, in its order.
pub(crate) fn sift<T>(wanted: &str, all: Vec<T>, text: impl Fn(&T) -> String) -> Vec<T> {
    let sieve = Sieve::new(wanted, all.iter().map(&text));
    let passes = |one: &T| sieve.passes(&text(one));
    all.into_iter().filter(passes).collect()
}

fn contains(wanted: &str, text: &str) -> bool {
    rank(wanted, text).is_some_and(|rank| rank <= WORDS)
}

/// The rank of a text that contains every word.
const WORDS: u32 = 4;

/// How well a text fits: smaller is better; none when it does not. Everything fits an empty wish.
pub(crate) fn rank(wanted: &str, text: &str) -> Option<u32> {
    let wanted = wanted.trim().to_lowercase();
    if wanted.is_empty() {
        return Some(0);
    }
    let low = text.to_lowercase();
    if low.starts_with(&wanted) {
        return Some(1);
    }
    let mut at = low.match_indices(&wanted).map(|(at, _)| at);
    if let Some(first) = at.next() {
        let begins = |at: usize| !low[..at].ends_with(char::is_alphanumeric);
        return Some(if begins(first) || at.any(begins) {
            2
        } else {
            3
        });
    }
    if wanted.split_whitespace().all(|word| low.contains(word)) {
        return Some(WORDS);
    }
    fuzzy(&wanted, text)
}

/// The entries that fit, best first; with equal fit in their own order. Each may be called by several texts: with equal
/// fit the earlier one counts more.
pub(crate) fn best<T, const TEXTS: usize>(
    wanted: &str,
    entries: Vec<T>,
    texts: impl Fn(&T) -> [&str; TEXTS],
) -> Vec<T> {
    let best_of = |entry: &T| {
        let ranks = texts(entry).map(|text| rank(wanted, text));
        let ranks = ranks.into_iter().enumerate();
        ranks.filter_map(|(at, rank)| Some((rank?, at))).min()
    };
    let mut ranked: Vec<((u32, usize), T)> = entries
        .into_iter()
        .filter_map(|entry| best_of(&entry).map(|rank| (rank, entry)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

/// Scattered letters need at least so many, or everything would fit.
const LEAST_FUZZY: usize = 3;

fn fuzzy(wanted: &str, text: &str) -> Option<u32> {
    if wanted.chars().count() < LEAST_FUZZY {
        return None;
    }
    let pattern = Pattern::parse(wanted, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let score = pattern.score(Utf32Str::new(text, &mut letters), &mut matcher)?;
    Some((u32::MAX - score).max(WORDS + 1))
}
