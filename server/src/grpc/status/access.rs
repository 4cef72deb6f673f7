//! Refusals of those who are not let in.

use tonic::{Code, Status};
use treadwell_api::v1::Reason;

use super::details::Details;
use crate::access::TooMany;

/// Too many attempts to sign in have failed.
pub fn too_many_attempts(TooMany(wait): TooMany) -> Status {
    let seconds = wait.as_secs().max(1);
    Details::new(
        Code::ResourceExhausted,
        Reason::TooManyAttempts,
        format!("too many attempts to sign in have failed; try again in {seconds} s, with a good key at once"),
    )
    .meta("retry_seconds", seconds.to_string())
    .status()
}
