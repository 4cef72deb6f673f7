//! Putting a status together within its limit.

use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::pb;
use treadwell_api::v1;

use crate::convert::{Violation, fault};

/// The most bytes of message and encoded details in the trailers together.
pub const LIMIT: usize = 4096;

/// What trailers need besides: the names of three (46 bytes), what HTTP/2 counts for each (32), and the code (2).
const HEADROOM: usize = 46 + 3 * 32 + 2;

/// The longest message, in bytes.
const MESSAGE: usize = 400;

/// The longest text within a detail, in bytes.
const TEXT: usize = 160;

/// `ErrorInfo.domain` of every error.
const DOMAIN: &str = "treadwell.v1";

/// A status in the making.
pub(super) struct Details {
    code: Code,
    message: String,
    info: pb::ErrorInfo,
    fields: Vec<pb::bad_request::FieldViolation>,
    rules: Vec<pb::precondition_failure::Violation>,
    booking: Option<v1::BookingRefusal>,
}

impl Details {
    /// A status with this reason.
    pub(super) fn new(code: Code, reason: v1::Reason, message: impl Into<String>) -> Self {
        Self {
            code,
            message: clip(message.into(), MESSAGE),
            info: pb::ErrorInfo {
                reason: fault::reason_name(reason).to_owned(),
                domain: DOMAIN.to_owned(),
                ..pb::ErrorInfo::default()
            },
            fields: Vec::new(),
            rules: Vec::new(),
            booking: None,
        }
    }

    /// Adds to the reason's metadata; what is empty is left out.
    pub(super) fn meta(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = clip(value.into(), TEXT);
        if !value.is_empty() {
            self.info.metadata.insert(name.to_owned(), value);
        }
        self
    }

    /// Names the fields that are wrong.
    pub(super) fn fields(mut self, violations: Vec<Violation>) -> Self {
        self.fields.extend(violations.into_iter().map(|violation| {
            pb::bad_request::FieldViolation {
                field: clip(violation.field, TEXT),
                description: clip(violation.expected, TEXT),
                ..pb::bad_request::FieldViolation::default()
            }
        }));
        self
    }

    /// Names a rule that says no.
    pub(super) fn rule(mut self, reason: v1::Reason, subject: String, text: String) -> Self {
        self.rules.push(pb::precondition_failure::Violation {
            r#type: fault::reason_name(reason).to_owned(),
            subject: clip(subject, TEXT),
            description: clip(text, TEXT),
        });
        self
    }

    /// Says what could be booked instead.
    pub(super) fn booking(mut self, booking: v1::BookingRefusal) -> Self {
        self.booking = Some(booking);
        self
    }

    /// The status, with as much of the details as the limit allows. Fields and rules that do not fit
    /// are counted in the last one that does.
    pub(super) fn status(mut self) -> Status {
        let mut encoded = self.encode();
        let (mut fields_left, mut rules_left) = (0, 0);
        while self.size(&encoded) > LIMIT {
            if self.fields.len() > 1 {
                // A quarter at a time: at most some ten rounds for the longest list.
                let keep = self.fields.len() - self.fields.len().div_ceil(4);
                fields_left += self.fields.len() - keep;
                self.fields.truncate(keep.max(1));
            } else if self.rules.len() > 1 {
                let keep = self.rules.len() - self.rules.len().div_ceil(4);
                rules_left += self.rules.len() - keep;
                self.rules.truncate(keep.max(1));
            } else if self.booking.take().is_none() {
                // Reason and one entry always fit; this is here so that the loop ends by itself.
                break;
            }
            encoded = self.encode_with_rest(fields_left, rules_left);
        }
        Status::with_details(self.code, self.message, encoded.into())
    }

    fn size(&self, encoded: &[u8]) -> usize {
        // The message is percent-encoded, the details are in base 64.
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".,:;-_/()".contains(byte);
        let message: usize = self
            .message
            .bytes()
            .map(|byte| if plain(&byte) { 1 } else { 3 })
            .sum();
        message + encoded.len().div_ceil(3) * 4 + HEADROOM
    }

    fn encode_with_rest(&mut self, fields_left: usize, rules_left: usize) -> Vec<u8> {
        if fields_left > 0
            && let Some(last) = self.fields.last_mut()
        {
            last.reason = format!("AND_{fields_left}_MORE");
        }
        if rules_left > 0
            && let Some(last) = self.rules.last_mut()
        {
            let text = last
                .description
                .split(" (and ")
                .next()
                .unwrap_or_default()
                .to_owned();
            last.description = format!("{text} (and {rules_left} more)");
        }
        self.encode()
    }

    fn encode(&self) -> Vec<u8> {
        let mut details = vec![any("google.rpc.ErrorInfo", &self.info)];
        if !self.fields.is_empty() {
            let bad = pb::BadRequest {
                field_violations: self.fields.clone(),
            };
            details.push(any("google.rpc.BadRequest", &bad));
        }
        if !self.rules.is_empty() {
            let failure = pb::PreconditionFailure {
                violations: self.rules.clone(),
            };
            details.push(any("google.rpc.PreconditionFailure", &failure));
        }
        if let Some(booking) = &self.booking {
            details.push(any("treadwell.v1.BookingRefusal", booking));
        }
        pb::Status {
            code: self.code.into(),
            message: self.message.clone(),
            details,
        }
        .encode_to_vec()
    }
}

fn any(name: &str, message: &impl prost::Message) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{name}"),
        value: message.encode_to_vec(),
    }
}

/// The text, cut at a character so that it has at most so many bytes.
fn clip(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let end = (0..=bytes - 3)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0);
        text.truncate(end);
        text.push('\u{2026}');
    }
    text
}
