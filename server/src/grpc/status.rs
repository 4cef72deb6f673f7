//! Refusals and failures as `google.rpc.Status`.
//!
//! Each status has a code, a message for people, and details for programs: an `ErrorInfo` with a
//! reason of `treadwell.v1.Reason`, a `BadRequest` with every field that is wrong, a
//! `PreconditionFailure` with every rule that says no, and for a refused place a
//! `treadwell.v1.BookingRefusal`. Nothing in it is health data, whoever asks: what screening found
//! has calls of its own. All of it together stays within [`LIMIT`], because clients reject larger
//! trailers.

mod access;
mod details;
mod erasure;
mod import;
mod refusal;
mod series;
mod upkeep;

use std::time::Duration;

use tonic::{Code, Status};
use treadwell_api::v1::Reason;

pub use access::{denied, too_many_attempts};
use details::Details;
pub use details::LIMIT;
pub use import::{import, line};
pub use refusal::refused;

use crate::access::Caller;
use crate::audit::NotWritten;
use crate::backup::NotTaken;
use crate::convert::Violations;
use crate::engine::EngineError;

/// Fields of the request are wrong.
pub fn fields(violations: Violations) -> Status {
    let first = violations.0.first();
    let message = match first {
        Some(violation) if violations.0.len() == 1 => {
            format!("{}: {}", violation.field, violation.expected)
        }
        Some(violation) => format!(
            "{}: {} (and {} more fields are wrong)",
            violation.field,
            violation.expected,
            violations.0.len() - 1
        ),
        None => "the request is wrong".to_owned(),
    };
    Details::new(Code::InvalidArgument, Reason::FieldsInvalid, message)
        .fields(violations.0)
        .status()
}

/// What the engine answers instead of committing. What clashes is named as far as the caller sees it.
pub fn engine(error: &EngineError, caller: &Caller) -> Status {
    match error {
        EngineError::Refused(it) => refused(&it.refusal, &it.clinic, &caller.view),
        EngineError::RequestIdReused => Details::new(
            Code::InvalidArgument,
            Reason::RequestIdReused,
            "this request id was used with another payload",
        )
        .status(),
        EngineError::KeyGone => no_key(),
        EngineError::Overloaded => Details::new(
            Code::ResourceExhausted,
            Reason::Overloaded,
            "too many commands are waiting; back off and retry",
        )
        .status(),
        EngineError::Stopped(why) => Details::new(
            Code::Unavailable,
            Reason::WritesStopped,
            format!("nothing can be changed now: {why}"),
        )
        .status(),
    }
}

/// No key, or one that opens nothing.
pub fn no_key() -> Status {
    Details::new(
        Code::Unauthenticated,
        Reason::KeyInvalid,
        "no key, or one that is not known, expired or revoked; send `authorization: Bearer tw_...`",
    )
    .status()
}

/// The key's role may not call the method.
pub fn role_not_allowed() -> Status {
    Details::new(
        Code::PermissionDenied,
        Reason::RoleNotAllowed,
        "the role of this key may not do that",
    )
    .status()
}

/// The key does not reach a site.
pub fn site_not_allowed(site: &str) -> Status {
    Details::new(
        Code::PermissionDenied,
        Reason::SiteNotAllowed,
        format!("this key does not reach site {site}"),
    )
    .meta("site", site)
    .status()
}

/// No method of that name.
pub fn no_such_method() -> Status {
    Status::unimplemented("there is no such method")
}

/// Nothing of that kind and id, or nothing that the caller may see.
pub fn not_found(kind: &'static str, id: impl Into<String>) -> Status {
    let id = id.into();
    Details::new(
        Code::NotFound,
        Reason::NotFound,
        format!("there is no {kind} {id}"),
    )
    .meta("kind", kind)
    .meta("id", id)
    .status()
}

/// The etag of a read resource is not its current one.
pub fn stale(kind: &'static str, id: impl Into<String>) -> Status {
    let id = id.into();
    Details::new(
        Code::Aborted,
        Reason::StaleEtag,
        format!("{kind} {id} has changed; read it again"),
    )
    .meta("kind", kind)
    .meta("id", id)
    .status()
}

/// A page token that belongs to another query, or to none.
pub fn page_token() -> Status {
    Details::new(
        Code::InvalidArgument,
        Reason::PageTokenInvalid,
        "the page token does not belong to this query",
    )
    .status()
}

/// A revision that a watch can not resume after.
pub fn revision_out_of_range(oldest: u64, newest: u64) -> Status {
    Details::new(
        Code::OutOfRange,
        Reason::RevisionOutOfRange,
        format!("a watch can resume after revisions {oldest} to {newest}; begin with a snapshot"),
    )
    .meta("oldest", oldest.to_string())
    .meta("newest", newest.to_string())
    .status()
}

/// The request's message has more bytes than the server reads.
pub fn message_too_large() -> Status {
    Details::new(
        Code::InvalidArgument,
        Reason::MessageTooLarge,
        "the message has more bytes than this server reads; send less at once",
    )
    .status()
}

/// What came is not the message that the method takes.
pub fn message_malformed() -> Status {
    Details::new(
        Code::InvalidArgument,
        Reason::MessageMalformed,
        "what came is not the message that this method takes",
    )
    .status()
}

/// The call took longer than the server or its caller lets it.
pub fn too_late() -> Status {
    Details::new(
        Code::DeadlineExceeded,
        Reason::DeadlineExceeded,
        "the call took too long and was given up; a change may have been made: the same request id finds out",
    )
    .status()
}

/// A client's complete record was not read to its end within the time that there is for one.
pub fn record_too_late(limit: Duration) -> Status {
    Details::new(
        Code::DeadlineExceeded,
        Reason::DeadlineExceeded,
        format!(
            "the record was not sent to its end within {} s, because the server has other records and reports to make or because \
             it was read too slowly; ask for it again, and read it as it comes",
            limit.as_secs()
        ),
    )
    .status()
}

/// A limit of the server's is reached.
pub fn overloaded(message: &str) -> Status {
    Details::new(Code::ResourceExhausted, Reason::Overloaded, message).status()
}

/// Why no backup was taken.
pub(crate) fn no_backup(why: &NotTaken) -> Status {
    let (code, reason) = match why {
        NotTaken::NoFolder => (Code::FailedPrecondition, Reason::NoBackupFolder),
        _ => (Code::Unavailable, Reason::BackupNotTaken),
    };
    Details::new(code, reason, why.to_string()).status()
}

/// As many calls are at work as may be.
pub(crate) fn too_busy() -> Status {
    overloaded("too many calls are at work; back off and retry")
}

/// What was read could not be noted in the audit trail.
pub(crate) fn not_audited(why: &NotWritten) -> Status {
    tracing::error!(%why, "nothing of anybody's health is shown");
    Details::new(
        Code::Unavailable,
        Reason::NotAudited,
        "this is not shown, because the audit trail could not be written; a change may have been made: the same request id finds out",
    )
    .status()
}

/// Something that can not be, so that the caller can not do better. The log has the details.
pub fn internal(message: &'static str) -> Status {
    tracing::error!(message, "internal error");
    Status::internal(message)
}

#[cfg(test)]
mod tests;
