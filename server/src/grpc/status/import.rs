//! Files that can not be imported.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use treadwell_api::v1::{self, Reason};

use super::details::Details;

/// A file of which lines are refused: the first problem in words, and as many as fit as rules.
pub fn import(results: &[v1::LineResult]) -> Status {
    let problems = results
        .iter()
        .flat_map(|result| result.problems.iter().map(|it| (result.line, it)));
    let count = results.len();
    let first = problems
        .clone()
        .next()
        .map_or_else(String::new, |(line, it)| {
            let field = if it.field.is_empty() {
                String::new()
            } else {
                format!("{}: ", it.field)
            };
            format!("line {line}: {field}{}", it.text)
        });
    let message = match count {
        1 => format!("{first} Nothing was imported."),
        _ => format!(
            "{first} {count} lines can not be imported, and nothing was; a dry run reports all."
        ),
    };
    let details = Details::new(Code::FailedPrecondition, Reason::ImportRefused, message)
        .meta("refused", count.to_string());
    let details = problems.fold(details, |details, (line, it)| {
        let reason = Reason::from_str_name(&format!("REASON_{}", it.reason));
        details.rule(
            reason.unwrap_or(Reason::ImportRefused),
            format!("line/{line}"),
            it.text.clone(),
        )
    });
    details.status()
}

/// What a status says, as a problem of a line.
pub fn line(status: &Status) -> v1::LineProblem {
    let info = status.get_details_error_info();
    v1::LineProblem {
        reason: info.map(|info| info.reason).unwrap_or_default(),
        field: String::new(),
        text: status.message().to_owned(),
    }
}
