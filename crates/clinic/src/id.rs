//! Names for things. Two kinds of id exist, and one registry each lists every type:
//!
//! - *slugs* name what a manager names (a site, a room, a service): short text, chosen by a person;
//! - *serials* name what the clinic makes as it goes (a client, an appointment): a number made from
//!   the revision of the commit that created the thing, so that no counter has to be stored and no
//!   number is ever given twice.
//!
//! An id of one kind can not be passed for another: each is a type of its own, and the text of a
//! serial carries its kind (`apt-4w800`).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use thiserror::Error;

/// A short name of 1 to 24 characters of `a-z`, `0-9` and `-`, beginning with a letter or a digit.
///
/// Stored inline, so that it is `Copy`; ordered as its text is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slug([u8; Slug::MAX_LEN]);

impl Slug {
    /// The longest slug, in bytes.
    pub const MAX_LEN: usize = 24;

    /// Before every slug, and itself none.
    const FIRST: Self = Self([0; Self::MAX_LEN]);

    /// Reads a slug from text.
    pub const fn parse(text: &str) -> Result<Self, ParseIdError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(ParseIdError::Empty);
        }
        if bytes.len() > Self::MAX_LEN {
            return Err(ParseIdError::TooLong {
                length: bytes.len(),
            });
        }
        let mut inline = [0; Self::MAX_LEN];
        let mut i = 0;
        while i < bytes.len() {
            let allowed = match bytes[i] {
                b'a'..=b'z' | b'0'..=b'9' => true,
                b'-' => i > 0,
                _ => false,
            };
            if !allowed {
                return Err(ParseIdError::Character { at: i });
            }
            inline[i] = bytes[i];
            i += 1;
        }
        Ok(Self(inline))
    }

    /// The slug's text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|&b| b == 0).unwrap_or(Self::MAX_LEN);
        std::str::from_utf8(&self.0[..length]).expect("a slug is ASCII by construction")
    }
}

impl Slug {
    /// The bytes as three numbers that order as the bytes do. Comparing them costs a few
    /// instructions, and a search compares hundreds of slugs.
    fn words(&self) -> [u64; 3] {
        let word = |at: usize| {
            let bytes = self.0[at..at + 8].try_into().expect("8 of 24 bytes");
            u64::from_be_bytes(bytes)
        };
        [word(0), word(8), word(16)]
    }
}

impl Ord for Slug {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.words().cmp(&other.words())
    }
}

impl PartialOrd for Slug {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseIdError {
    /// There is no text.
    #[error("an id can not be empty")]
    Empty,
    /// More than 24 characters.
    #[error("an id has at most 24 characters, this one has {length}")]
    TooLong {
        /// The length of the text, in bytes.
        length: usize,
    },
    /// A character that no id holds.
    #[error(
        "an id holds only a-z, 0-9 and '-' and begins with a letter or a digit (see character {at})"
    )]
    Character {
        /// The position of the first wrong character, in bytes from 0.
        at: usize,
    },
    /// The id of another kind of thing, or no kind at all.
    #[error("the id does not begin with '{expected}-'")]
    Prefix {
        /// The prefix that ids of this kind have.
        expected: &'static str,
    },
    /// The number does not fit, or is not written in its one canonical form.
    #[error("the id's number is not a canonical base-32 number of 64 bits")]
    Number,
}

/// A part of a record's id, as what it is: a key on disk sorts a text as a text, and a number as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A slug.
    Text(&'a str),
    /// A number, with the prefix of its text when it is a serial's.
    Number(u64, Option<&'static str>),
    /// A local date.
    Date(Date),
}

impl From<&u32> for Part<'static> {
    fn from(number: &u32) -> Self {
        Self::Number((*number).into(), None)
    }
}

impl From<&Date> for Part<'static> {
    fn from(date: &Date) -> Self {
        Self::Date(*date)
    }
}

/// The text of the id that the part is.
impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number, Some(prefix)) => fmt_serial(prefix, number, f),
            Self::Number(number, None) => number.fmt(f),
            Self::Date(date) => date.fmt(f),
        }
    }
}

macro_rules! slug_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Slug);

        impl $name {
            /// Reads the id from its text, which is a [`Slug`].
            pub const fn parse(text: &str) -> Result<Self, ParseIdError> {
                match Slug::parse(text) {
                    Ok(slug) => Ok(Self(slug)),
                    Err(error) => Err(error),
                }
            }

            /// The id's text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl<'a> From<&'a $name> for Part<'a> {
            fn from(id: &'a $name) -> Self {
                Self::Text(id.as_str())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

slug_ids! {
    /// A site: one address of the clinic.
    SiteId;
    /// A room at one site.
    RoomId;
    /// A therapist.
    TherapistId;
    /// A service that clients book.
    ServiceId;
    /// An extension of a service, such as fifteen minutes of calf release.
    ExtensionId;
    /// A set of screening rules.
    RuleSetId;
    /// A condition that a declaration answers for, such as osteoporosis.
    ConditionId;
    /// A kind of credential, such as the ashiatsu certificate.
    CredentialId;
    /// An item of a turnover checklist.
    ItemId;
    /// A technique, such as thumb walking.
    TechniqueId;
    /// An area of the body.
    AreaId;
    /// A reflex zone of the foot.
    ZoneId;
    /// Something that sites keep in stock, such as sockettes.
    StockItemId;
}

impl RoomId {
    /// Before every id, and itself none: where a range of ids begins.
    pub(crate) const FIRST: Self = Self(Slug::FIRST);
}

impl StockItemId {
    /// Before every id, and itself none: where a range of ids begins.
    pub(crate) const FIRST: Self = Self(Slug::FIRST);
}

impl TherapistId {
    /// Before every id, and itself none: where a range of ids begins.
    pub(crate) const FIRST: Self = Self(Slug::FIRST);
}

impl ClientId {
    /// Whoever was erased: it stands in what is left of their records, and no client ever has it, because serial
    /// numbers begin with those of the first revision.
    pub const ERASED: Self = Self(0);

    /// Whether it is [`ClientId::ERASED`].
    pub const fn is_erased(self) -> bool {
        self.0 == Self::ERASED.0
    }
}

macro_rules! serial_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// What the text of every id of this kind begins with, before the `-`.
            pub const PREFIX: &'static str = $prefix;

            /// The id with this number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The id's number.
            pub const fn number(self) -> u64 {
                self.0
            }
        }

        impl From<&$name> for Part<'static> {
            fn from(id: &$name) -> Self {
                Self::Number(id.0, Some($name::PREFIX))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                serial_from_text(Self::PREFIX, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt_serial(Self::PREFIX, self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt_serial(Self::PREFIX, self.0, f)
            }
        }
    )*};
}

serial_ids! {
    /// A client.
    ClientId = "cli";
    /// An appointment.
    AppointmentId = "apt";
    /// A hold on a slot.
    HoldId = "hold";
    /// A declaration that a client made.
    DeclarationId = "dec";
    /// An outage of a room or of its bars.
    OutageId = "out";
    /// A shift of a therapist.
    ShiftId = "shf";
    /// A payment, or a refund.
    PaymentId = "pay";
    /// A therapist's weekly template.
    TemplateId = "wkt";
    /// A therapist's time off.
    AbsenceId = "off";
    /// A key: what a person, an integration or a display identifies itself with.
    KeyId = "key";
    /// An entry of the waitlist.
    WaitlistId = "wait";
    /// A series of appointments.
    SeriesId = "ser";
    /// A movement of stock.
    MovementId = "mov";
    /// An inspection of a room's overhead support.
    InspectionId = "ins";
    /// An entry of the training log.
    TrainingId = "trn";
}

/// Crockford's base 32, lower case: no `i`, `l`, `o`, `u`, so an id survives being read aloud.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The most base-32 digits a number of 64 bits needs.
const MAX_DIGITS: usize = 13;

fn fmt_serial(prefix: &str, number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'0'; MAX_DIGITS];
    let mut first = MAX_DIGITS - 1;
    let mut rest = number;
    for at in (0..MAX_DIGITS).rev() {
        text[at] = DIGITS[usize::try_from(rest % 32).expect("less than 32")];
        first = at;
        rest /= 32;
        if rest == 0 {
            break;
        }
    }
    let digits = std::str::from_utf8(&text[first..]).expect("the digits are ASCII");
    f.pad(&format!("{prefix}-{digits}"))
}

fn serial_from_text(prefix: &'static str, text: &str) -> Result<u64, ParseIdError> {
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'))
        .ok_or(ParseIdError::Prefix { expected: prefix })?;
    // One number has one text: a leading zero, a capital or a fourteenth digit is not it.
    let canonical = match digits.len() {
        0 => false,
        1 => true,
        2..=MAX_DIGITS => !digits.starts_with('0'),
        _ => false,
    };
    if !canonical {
        return Err(ParseIdError::Number);
    }
    let mut number: u64 = 0;
    for byte in digits.bytes() {
        let digit = DIGITS
            .iter()
            .position(|&d| d == byte)
            .ok_or(ParseIdError::Number)?;
        let digit = u64::try_from(digit).expect("less than 32");
        number = number
            .checked_mul(32)
            .and_then(|n| n.checked_add(digit))
            .ok_or(ParseIdError::Number)?;
    }
    Ok(number)
}

/// Fresh serial numbers for the things one commit creates.
///
/// The n-th thing of the commit at revision *r* is number `r * 1024 + n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    next: u64,
    end: u64,
}

impl Ids {
    /// The most things one commit may create.
    pub const PER_COMMIT: u64 = 1024;

    /// The numbers that belong to the commit at `revision`.
    pub const fn new(revision: u64) -> Self {
        let next = revision * Self::PER_COMMIT;
        Self {
            next,
            end: next + Self::PER_COMMIT,
        }
    }

    /// The revision of the commit that created the thing of this number.
    pub const fn revision_of(number: u64) -> u64 {
        number / Self::PER_COMMIT
    }

    /// Takes the next number, or `None` when the commit has used all of its numbers.
    pub fn take(&mut self) -> Option<u64> {
        if self.next == self.end {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }
}

#[cfg(test)]
mod tests;
