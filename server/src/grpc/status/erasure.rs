//! Refusals about erasing a client.

use treadwell_api::v1::Reason;
use treadwell_clinic::refusal::ErasureRefusal;

use super::details::Details;

/// A refusal with its data; `rule` is the status of a rule that says no.
pub(super) fn told(refused: &ErasureRefusal, rule: impl Fn(Reason) -> Details) -> Details {
    match refused {
        ErasureRefusal::Kept { until } => {
            let until = until.map(|until| until.to_string());
            rule(Reason::RetentionNotEnded).meta("kept_until", until.unwrap_or_default())
        }
        ErasureRefusal::Unsettled(open) => {
            let details = Details::new(
                tonic::Code::FailedPrecondition,
                Reason::ClientNotSettled,
                refused.to_string(),
            );
            open.iter().fold(details, |details, open| {
                let what = open.what();
                let subject = format!("{}/{}", what.kind().name(), what.name());
                details.rule(Reason::ClientNotSettled, subject, open.advice())
            })
        }
        ErasureRefusal::Erased => rule(Reason::ClientErased),
    }
}
