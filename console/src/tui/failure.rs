//! Why a call failed, in the words that a screen shows.

use treadwell_api::v1;

/// Why a key is refused; the server's own words are for whoever writes programs.
pub(crate) const KEY_INVALID: &str =
    "it is not known, has expired or was revoked; a manager makes a new one.";

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Failure {
    /// What sort of failure.
    pub(crate) kind: FailureKind,
    /// The name of the reason, as in `ErrorInfo`; empty when the server gave none.
    pub(crate) reason: String,
    /// One sentence.
    pub(crate) message: String,
    /// Every rule and field that spoke, a line each.
    pub(crate) lines: Vec<String>,
    /// Places that could be booked instead.
    pub(crate) alternatives: Vec<v1::Alternative>,
}

/// Sorts of failure, as far as the screens act differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FailureKind {
    /// The server can not be reached, or did not answer in time. A write may or may not have been done.
    Unreachable,
    /// The key is not known, expired or revoked.
    NotSignedIn,
    /// The key's role or sites do not allow it.
    NotAllowed,
    /// A rule says no, somebody was faster, or a field is wrong.
    #[default]
    Refused,
}

impl Failure {
    /// A write that can not be sent because there is no link.
    pub(crate) fn unreachable() -> Self {
        Self {
            kind: FailureKind::Unreachable,
            message: "The server can not be reached.".to_owned(),
            ..Self::default()
        }
    }

    /// The key's role may not do, or see, what was asked for.
    pub(crate) fn is_of_role(&self) -> bool {
        self.reason == "ROLE_NOT_ALLOWED"
    }

    /// The sentence and its lines as one list to show.
    pub(crate) fn all_lines(&self) -> Vec<String> {
        let mut all = vec![self.message.clone()];
        all.extend(
            self.lines
                .iter()
                .filter(|line| **line != self.message)
                .cloned(),
        );
        all
    }
}
