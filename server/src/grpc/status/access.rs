//! Refusals of those who are not let in.

use tonic::{Code, Status};
use treadwell_api::v1::Reason;

use super::details::Details;
use crate::access::{Denied, TooMany};

/// Too many attempts to sign in have failed.
pub fn too_many_attempts(TooMany(wait): TooMany) -> Status {
    let seconds = wait.as_secs().max(1);
    Details::new(
        Code::ResourceExhausted,
        Reason::TooManyAttempts,
        format!(
            "too many attempts to sign in have failed; try again in {seconds} s. A good key is let in at once, and an owner can lift the lock of a passphrase"
        ),
    )
    .meta("retry_seconds", seconds.to_string())
    .status()
}

/// A passphrase opens nothing.
pub fn denied(denied: Denied) -> Status {
    match denied {
        Denied::Wrong => Details::new(
            Code::Unauthenticated,
            Reason::SignInFailed,
            "the name and the passphrase do not belong together; type them again, or use the key. An owner can set another passphrase",
        )
        .status(),
        Denied::TooMany(too_many) => too_many_attempts(too_many),
        Denied::Busy => super::overloaded("too many are signing in at once; try again in a moment"),
        Denied::NoRandomness => super::internal("the system has no randomness for a secret"),
    }
}
