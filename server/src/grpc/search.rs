//! Finding clients by what somebody remembers of them.

use treadwell_clinic::command::NewClient;
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

    /// Whether a client has it, in the name or the phone number.
    pub(super) fn is_in(&self, client: &Client) -> bool {
        match self {
            Self::All => true,
            Self::Name(part) => contains_folded(&client.name, part),
            Self::Phone(part) => digits(&client.phone).contains(part.as_str()),
        }
    }
}

/// Whether a client is perhaps the same person as a new one: the same phone number, or the same name
/// and birth date.
pub(super) fn similar(client: &Client, new: &NewClient) -> bool {
    let phone = digits(&new.phone);
    let same_phone = !phone.is_empty() && digits(&client.phone) == phone;
    same_phone || (client.born == new.born && client.name.to_lowercase() == new.name.to_lowercase())
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
