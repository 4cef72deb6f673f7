//! Finding clients by what somebody remembers of them.

use std::fmt;
use std::str::FromStr;

use treadwell_clinic::id::ClientId;
use treadwell_clinic::model::Client;

/// A fragment of a name or of a phone number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fragment {
    /// Nothing: everybody.
    All,
    /// Letters, folded.
    Name(String),
    /// Digits of a phone number.
    Phone(String),
}

impl Fragment {
    /// The fragment that a text is: digits with what people write between them are a phone number,
    /// everything else a name. None when there is too little of it to look for.
    pub(super) fn new(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::All);
        }
        let digits = digits(text);
        let is_phone = text
            .chars()
            .all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        if is_phone {
            return (digits.len() >= 3).then_some(Self::Phone(digits));
        }
        let folded = text.to_lowercase();
        (folded.chars().count() >= 2).then_some(Self::Name(folded))
    }

    /// Where a client stands among those who have it, in the name or the phone number: whose name begins with it
    /// before those of whom a word does, and these before all others, each by name. Without a fragment they stand by
    /// id. None when the client does not have it.
    pub(super) fn place(&self, client: &Client) -> Option<Place> {
        let rank = match self {
            Self::All => {
                return Some(Place {
                    rank: 0,
                    name: String::new(),
                    id: client.id,
                });
            }
            Self::Name(part) if contains_folded(&client.name, part) => {
                rank_of(&client.name.to_lowercase(), part)
            }
            Self::Phone(part) if digits(&client.phone).contains(part.as_str()) => 0,
            Self::Name(_) | Self::Phone(_) => return None,
        };
        Some(Place {
            rank,
            name: client.name.to_lowercase(),
            id: client.id,
        })
    }
}

/// How well a folded name fits a part that is in it: 0 is best.
fn rank_of(name: &str, part: &str) -> u8 {
    let begins_a_word = |(at, _): (usize, &str)| {
        let before = name.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| !before.is_alphanumeric())
    };
    if name.starts_with(part) {
        0
    } else if name.match_indices(part).any(begins_a_word) {
        1
    } else {
        2
    }
}

/// A place in the order of clients that were found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    rank: u8,
    /// Folded.
    name: String,
    id: ClientId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.rank, self.id, self.name)
    }
}

/// A text that is no place.
#[derive(Debug)]
pub(super) struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().ok_or(NoPlace);
        Ok(Self {
            rank: part()?.parse().map_err(|_| NoPlace)?,
            id: part()?.parse().map_err(|_| NoPlace)?,
            name: part()?.to_owned(),
        })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a text contains a folded part. Plain ASCII, the common case, is compared in place.
fn contains_folded(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        return text
            .as_bytes()
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part.as_bytes()));
    }
    text.to_lowercase().contains(part)
}

#[cfg(test)]
mod tests;
