//! Why a command did not do what was asked, with what to do about it.

use std::{fmt::Write as _, io, path::Path};

use serde::Serialize;
use treadwell_client::{Class, Error, Refusal, SetupError, v1};

use super::{
    names::Names,
    report::{clean, json},
};
use crate::{
    config::ConfigError,
    tui::time,
    when::{MinutesError, WhenError},
};

/// A failure: a class that becomes the exit code, what happened, and what helps.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    message: String,
    /// What to do, in words; printed after the message.
    advice: Vec<String>,
    /// The server's refusal, if it was one.
    refusal: Option<Box<Refusal>>,
}

/// What `--json` prints of a failure.
#[derive(Serialize)]
struct ErrorJson<'a> {
    error: FailureJson<'a>,
}

/// The failure itself.
#[derive(Serialize)]
struct FailureJson<'a> {
    /// `other`, `usage`, `nothing_free`, `screening`, `conflict`, `unreachable` or `not_allowed`.
    class: &'static str,
    exit_code: u8,
    message: &'a str,
    /// The API's reason, for example `ROOM_TAKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clashing_ids: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<AlternativeJson<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    advice: &'a [String],
}

#[derive(Serialize)]
struct FieldJson<'a> {
    field: &'a str,
    problem: &'a str,
}

#[derive(Serialize)]
struct AlternativeJson<'a> {
    start: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    site_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    room_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    therapist_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    service_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    extension_ids: &'a [String],
}

impl Failure {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            advice: Vec::new(),
            refusal: None,
        }
    }

    /// Wrong arguments.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Class::Usage, message)
    }

    /// Any other failure.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(Class::Other, message)
    }

    /// A file that could not be written.
    pub(crate) fn unwritten(to: &Path, error: &io::Error) -> Self {
        if to.file_name().is_none() {
            return Self::usage(format!("{} is no name of a file", to.display()));
        }
        Self::other(format!("{} can not be written: {error}", to.display()))
    }

    #[must_use]
    pub(crate) fn advise(mut self, text: impl Into<String>) -> Self {
        self.advice.push(text.into());
        self
    }

    /// What could be booked instead, if it is a booking that was refused.
    pub(crate) fn alternatives(&self) -> &[v1::Alternative] {
        let booking = self.refusal.as_ref().and_then(|it| it.booking.as_ref());
        booking.map_or(&[], |booking| &booking.alternatives)
    }

    /// In words, with names where the catalog is known.
    pub(crate) fn text(&self, names: Option<&Names>) -> String {
        let mut lines = vec![format!("treadwell: {}", self.message)];
        if let Some(refusal) = &self.refusal {
            lines.extend(
                refusal
                    .fields
                    .iter()
                    .map(|field| format!("  {}: {}", field.field, field.description)),
            );
            lines.extend(
                refusal
                    .rules
                    .iter()
                    .map(|rule| rule.description.as_str())
                    .filter(|text| !self.message.contains(text))
                    .map(|text| format!("  {text}")),
            );
            if let Some(booking) = &refusal.booking {
                if !booking.clashing_ids.is_empty() {
                    lines.push(format!("In the way: {}", booking.clashing_ids.join(", ")));
                }
                if !booking.alternatives.is_empty() {
                    lines.push("Could be booked instead:".to_owned());
                    lines.extend(
                        booking
                            .alternatives
                            .iter()
                            .map(|other| alternative(other, names)),
                    );
                }
            }
        }
        lines.extend(self.advice.iter().cloned());
        let mut text = String::new();
        for line in lines.iter().flat_map(|line| line.split('\n')) {
            text.push_str(&clean(line));
            text.push('\n');
        }
        text
    }

    /// One line of JSON.
    pub(crate) fn json(&self) -> String {
        let refusal = self.refusal.as_deref();
        let booking = refusal.and_then(|refusal| refusal.booking.as_ref());
        let error = FailureJson {
            class: class_name(self.class),
            exit_code: self.class.exit_code(),
            message: &self.message,
            reason: refusal.and_then(|refusal| refusal.reason).map(reason_name),
            reasons: booking
                .into_iter()
                .flat_map(v1::BookingRefusal::reasons)
                .map(|reason| reason_name(reason).to_owned())
                .collect(),
            fields: refusal
                .into_iter()
                .flat_map(|refusal| &refusal.fields)
                .map(|field| FieldJson {
                    field: &field.field,
                    problem: &field.description,
                })
                .collect(),
            clashing_ids: booking
                .into_iter()
                .flat_map(|booking| &booking.clashing_ids)
                .map(String::as_str)
                .collect(),
            alternatives: booking
                .into_iter()
                .flat_map(|booking| &booking.alternatives)
                .map(|other| AlternativeJson {
                    start: &other.start,
                    site_id: &other.site_id,
                    room_id: &other.room_id,
                    therapist_id: &other.therapist_id,
                    service_id: &other.service_id,
                    extension_ids: &other.extension_ids,
                })
                .collect(),
            advice: &self.advice,
        };
        format!("{}\n", json(&ErrorJson { error }))
    }
}

/// A place, with its service.
fn alternative(other: &v1::Alternative, names: Option<&Names>) -> String {
    let name_of = |id: &str, name: fn(&Names, &str) -> String| {
        names.map_or_else(|| id.to_owned(), |names| name(names, id))
    };
    let start: Option<jiff::Timestamp> = other.start.parse().ok();
    let when = match (names, start) {
        (Some(names), Some(start)) => time::day_and_clock(start, &names.zone_of(&other.site_id)),
        _ => other.start.clone(),
    };
    let site = name_of(&other.site_id, Names::site);
    let mut line = format!(
        "  {when}, {site}, room {}",
        name_of(&other.room_id, Names::room)
    );
    if !other.therapist_id.is_empty() {
        let _ = write!(
            line,
            ", with {}",
            name_of(&other.therapist_id, Names::therapist)
        );
    }
    if !other.service_id.is_empty() {
        let _ = write!(line, ": {}", name_of(&other.service_id, Names::service));
    }
    line
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Other => "other",
        Class::Usage => "usage",
        Class::NothingFree => "nothing_free",
        Class::Screening => "screening",
        Class::Conflict => "conflict",
        Class::Unreachable => "unreachable",
        Class::NotAllowed => "not_allowed",
    }
}

fn reason_name(reason: v1::Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// What a person can do about a refusal, where the server's words leave that open.
fn advice(refusal: &Refusal) -> Option<String> {
    let about = |key: &str| {
        let named = refusal.metadata.get(key).cloned();
        named.unwrap_or_else(|| key.to_uppercase())
    };
    Some(match refusal.reason? {
        v1::Reason::KeyInvalid => {
            "Give a good key: --key-file FILE, TREADWELL_KEY, or `key` in the configuration (--print-config shows what is in force)."
                .to_owned()
        }
        v1::Reason::RoleNotAllowed => "Ask somebody whose role may do this; `treadwell status` says who you are.".to_owned(),
        v1::Reason::SiteNotAllowed => "This key does not reach that site; `treadwell status` says which it reaches.".to_owned(),
        v1::Reason::StaleEtag => "It has changed in between; look again and repeat.".to_owned(),
        v1::Reason::Overloaded => "The server is busy; try again in a moment.".to_owned(),
        v1::Reason::WritesStopped => "`treadwell status` says why the server takes no changes.".to_owned(),
        v1::Reason::RequestIdReused => "Use a new --request-id for another change.".to_owned(),
        v1::Reason::ScreeningExcludedUntil => {
            let eligible = refusal.metadata.get("eligible")?;
            format!("It is possible from {eligible} on.")
        }
        v1::Reason::ScreeningIncomplete => "Ask the open questions: `treadwell screen CLIENT` lists them.".to_owned(),
        v1::Reason::ScreeningNeedsReview => {
            "A therapist has to decide: `treadwell screen --review APPOINTMENT --decision proceed`.".to_owned()
        }
        v1::Reason::TurnoverOpen => format!("Do the checklist first: `treadwell turnover {}`.", about("room")),
        v1::Reason::NotReadyForBarefoot => {
            format!("The therapist attests today's foot care: `treadwell therapists attest {}`.", about("therapist"))
        }
        v1::Reason::HoldGone => "The hold has lapsed or was used; search again: `treadwell availability SERVICE`.".to_owned(),
        v1::Reason::TooManyHolds => "Give holds back: `treadwell hold --list`, `treadwell hold --release HOLD`.".to_owned(),
        _ => return None,
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let class = error.class();
        match error {
            Error::Refused(refusal) => Self {
                class,
                message: if refusal.message.is_empty() {
                    refusal.code.description().to_owned()
                } else {
                    refusal.message.clone()
                },
                advice: advice(&refusal).into_iter().collect(),
                refusal: Some(refusal),
            },
            Error::Unreachable {
                unsafe_link: true, ..
            } => Self::new(class, error.to_string()),
            Error::Unreachable { .. } => Self::new(class, error.to_string())
                .advise("Is the server running there? `treadwell serve` runs one; --server ADDR names another."),
        }
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<WhenError> for Failure {
    fn from(error: WhenError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<MinutesError> for Failure {
    fn from(error: MinutesError) -> Self {
        Self::usage(error.to_string())
    }
}
