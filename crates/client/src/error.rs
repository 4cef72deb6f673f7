//! What can go wrong with a call, read out of the status and its `google.rpc` details.

use std::{collections::BTreeMap, error::Error as _, fmt, time::Duration};

use prost::Message as _;
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::{StatusExt as _, pb};
use treadwell_api::v1::{BookingRefusal, Reason};

use crate::tls;

#[cfg(test)]
mod tests;

/// The domain of the reasons that Treadwell declares.
const DOMAIN: &str = "treadwell.v1";
/// The type name of the detail that a refused booking carries.
const BOOKING_REFUSAL: &str = "treadwell.v1.BookingRefusal";

/// Why a call was not answered as asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The server did not answer: it is down, the network is, or the time ran out. Whether a change was acted on is not
    /// known; sending it again with the same request id is safe.
    #[error("{}", unreachable(server, problem, *unsafe_link))]
    Unreachable {
        /// The address tried.
        server: String,
        /// What went wrong, in words.
        problem: String,
        /// The deadline ran out.
        timed_out: bool,
        /// The server is there, but a link to it can not be encrypted as this client or the server wants it. The problem says what to do.
        unsafe_link: bool,
    },
    /// The server answered no.
    #[error("{0}")]
    Refused(Box<Refusal>),
}

/// The server's no, with everything that it said about it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The gRPC code.
    pub code: Code,
    /// The declared reason, if this server and this client both know it.
    pub reason: Option<Reason>,
    /// What happened, in words.
    pub message: String,
    /// Particulars of the reason, as the API's comments name them.
    pub metadata: BTreeMap<String, String>,
    /// All wrong fields of the request.
    pub fields: Vec<Violation>,
    /// The rules that say no.
    pub rules: Vec<RuleViolation>,
    /// For a refused booking, hold or move: all reasons, what clashes, and where else it could be.
    pub booking: Option<BookingRefusal>,
}

/// A wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its path, for example `appointment.start`.
    pub field: String,
    /// What was expected.
    pub description: String,
}

/// A rule that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleViolation {
    /// The rule's name.
    pub kind: String,
    /// What it is about, for example a room's id.
    pub subject: String,
    /// Why, in words.
    pub description: String,
}

/// What an error means to a script: the exit codes of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// None of the others.
    Other,
    /// The request is wrong, or names what does not exist.
    Usage,
    /// Nothing is free there and then.
    NothingFree,
    /// Screening says no.
    Screening,
    /// Something else is in the way, or has changed in between.
    Conflict,
    /// The server does not answer, or can not take changes.
    Unreachable,
    /// The key is not good, or may not do this.
    NotAllowed,
}

impl Class {
    /// The exit code: 1 other, 2 usage, 3 nothing free, 4 screening, 5 conflict, 6 unreachable, 7 not allowed.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Usage => 2,
            Self::NothingFree => 3,
            Self::Screening => 4,
            Self::Conflict => 5,
            Self::Unreachable => 6,
            Self::NotAllowed => 7,
        }
    }
}

impl Error {
    pub(crate) fn from_status(server: &str, status: &Status) -> Self {
        let refusal = Refusal::from_status(status);
        let timed_out = ran_out(status);
        // A status that was made here has a cause; one that came from the wire has none. A server's own refusals name a reason;
        // a proxy's, or those of a server that is going down, may not.
        let local = status.source().is_some();
        let unsafe_link = tls::problem(status);
        if local || timed_out || refusal.reason.is_none() && status.code() == Code::Unavailable {
            return Self::Unreachable {
                server: server.to_owned(),
                timed_out,
                unsafe_link: unsafe_link.is_some(),
                problem: unsafe_link.unwrap_or_else(|| problem(status)),
            };
        }
        Self::Refused(Box::new(refusal))
    }

    pub(crate) fn timed_out(server: &str, after: Duration) -> Self {
        Self::Unreachable {
            server: server.to_owned(),
            problem: format!("no answer within {} s", after.as_secs_f32()),
            timed_out: true,
            unsafe_link: false,
        }
    }

    /// The refusal, if the server answered.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unreachable { .. } => None,
        }
    }

    /// The declared reason, if there is one.
    pub fn reason(&self) -> Option<Reason> {
        self.refusal().and_then(|refusal| refusal.reason)
    }

    /// What it means to a script.
    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } => Class::Unreachable,
            Self::Refused(refusal) => refusal.class(),
        }
    }
}

impl Refusal {
    fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN);
        let fields = details
            .bad_request()
            .into_iter()
            .flat_map(|bad| &bad.field_violations);
        let rules = details
            .precondition_failure()
            .into_iter()
            .flat_map(|failure| &failure.violations);
        Self {
            code: status.code(),
            reason: info.and_then(|info| Reason::from_str_name(&format!("REASON_{}", info.reason))),
            message: status.message().to_owned(),
            metadata: info
                .into_iter()
                .flat_map(|info| info.metadata.clone())
                .collect(),
            fields: fields
                .map(|violation| Violation {
                    field: violation.field.clone(),
                    description: violation.description.clone(),
                })
                .collect(),
            rules: rules
                .map(|violation| RuleViolation {
                    kind: violation.r#type.clone(),
                    subject: violation.subject.clone(),
                    description: violation.description.clone(),
                })
                .collect(),
            booking: booking_refusal(status.details()),
        }
    }

    /// What it means to a script: the reason decides, or the code where the reason does not.
    pub fn class(&self) -> Class {
        let by_code = match self.code {
            Code::InvalidArgument | Code::NotFound => Class::Usage,
            Code::AlreadyExists | Code::Aborted => Class::Conflict,
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => {
                Class::Unreachable
            }
            Code::Unauthenticated | Code::PermissionDenied => Class::NotAllowed,
            _ => Class::Other,
        };
        self.reason.and_then(class_of).unwrap_or(by_code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(out, "{}", self.code.description())?;
        } else {
            write!(out, "{}", self.message)?;
        }
        for violation in &self.fields {
            write!(out, "\n  {}: {}", violation.field, violation.description)?;
        }
        Ok(())
    }
}

/// The class of the reasons whose code alone would say too little; the others follow their code.
fn class_of(reason: Reason) -> Option<Class> {
    Some(match reason {
        Reason::WrongSite => Class::Usage,
        Reason::NothingFree
        | Reason::NothingFits
        | Reason::SiteClosed
        | Reason::OffShift
        | Reason::RoomOut
        | Reason::BarsNotSound => Class::NothingFree,
        Reason::ScreeningExcludedUntil
        | Reason::ScreeningExcluded
        | Reason::ScreeningIncomplete
        | Reason::ScreeningNeedsReview
        | Reason::NotReconfirmed
        | Reason::NothingToReconfirm
        | Reason::ScreeningDeclined => Class::Screening,
        Reason::ImportRefused
        | Reason::RequestIdReused
        | Reason::RoomTaken
        | Reason::TherapistTaken
        | Reason::ClientTaken
        | Reason::HoldGone
        | Reason::HoldMismatch
        | Reason::WrongState
        | Reason::OfferOpen
        | Reason::NoOffer
        | Reason::ContactRecorded
        | Reason::NotWished
        | Reason::PassedBefore
        | Reason::TurnoverOpen
        | Reason::SessionRunning
        | Reason::UndoSuperseded
        | Reason::InUse
        | Reason::ShiftClash
        | Reason::ShiftTooNear
        | Reason::RetentionNotEnded
        | Reason::ClientNotSettled
        | Reason::ClientErased
        | Reason::CannotExtend => Class::Conflict,
        Reason::TooManyAttempts => Class::NotAllowed,
        Reason::TooManyHolds | Reason::TooManyWishes => Class::Other,
        _ => return None,
    })
}

fn unreachable(server: &str, problem: &str, unsafe_link: bool) -> String {
    if unsafe_link {
        format!("no safe link to {server}: {problem}")
    } else {
        format!("{server} does not answer: {problem}")
    }
}

/// `tonic-types` reads the standard details only; ours is picked out of the same list. One that can not be read is as good
/// as none: the reason stands without it.
fn booking_refusal(details: &[u8]) -> Option<BookingRefusal> {
    let status = pb::Status::decode(details).ok()?;
    let detail = status
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with(BOOKING_REFUSAL))?;
    BookingRefusal::decode(detail.value.as_slice()).ok()
}

/// The deadline ran out: the server says `DEADLINE_EXCEEDED`, tonic says CANCELLED with a cause.
fn ran_out(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    status.code() == Code::DeadlineExceeded
}

/// The innermost cause, which is the one that tells a person something ("Connection refused").
fn problem(status: &Status) -> String {
    let mut cause = status.source();
    let mut words = None;
    while let Some(error) = cause {
        words = Some(error.to_string());
        cause = error.source();
    }
    let words = words.unwrap_or_else(|| status.message().to_owned());
    match words.as_str() {
        "" => status.code().description().to_owned(),
        // With TLS 1.3 a client's certificate is judged after the handshake, and the alert that says so may come too late to be read.
        "connection closed" => {
            "it closed the connection, which a server over an encrypted link also does for want of a good certificate of this client"
                .to_owned()
        }
        _ => words,
    }
}
