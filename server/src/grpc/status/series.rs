//! The refusal of a series.

use tonic::{Code, Status};
use treadwell_api::v1::{self, Reason};
use treadwell_clinic::Clinic;
use treadwell_clinic::refusal::{Impossible, WhyNot};

use super::details::Details;
use super::refusal::{CLASHES, horizon, metadata};
use crate::access::View;
use crate::convert;
use crate::convert::words::Words;

/// A series of which some can not be had: the reason of the first, and a rule for each.
pub(super) fn refused(impossible: &[Impossible], clinic: &Clinic, view: &View) -> Status {
    let words = Words(clinic);
    let reason = |one: &Impossible| convert::series::reason(&one.why);
    let first = impossible.first();
    let mut details = Details::new(
        Code::FailedPrecondition,
        first.map_or(Reason::NothingFree, reason),
        first.map_or_else(String::new, |first| words.impossible(first)),
    );
    if let Some(first) = first {
        let shown = convert::series::show_impossible(first, clinic, view);
        let clashing = shown.obstacles.into_iter().flat_map(|it| it.clashing_ids);
        for (name, value) in why(&first.why, clinic, view) {
            details = details.meta(name, value);
        }
        details = details
            .meta("number", first.number.to_string())
            .booking(v1::BookingRefusal {
                reasons: vec![reason(first).into()],
                clashing_ids: clashing.take(CLASHES).collect(),
                alternatives: shown.alternatives,
                free_room_ids: Vec::new(),
            });
    }
    for one in impossible {
        let subject = format!("number/{}", one.number);
        details = details.rule(reason(one), subject, words.impossible(one));
    }
    details.status()
}

/// What is told of the first of a series that can not be had: as much as of a single one.
fn why(why: &WhyNot, clinic: &Clinic, view: &View) -> Vec<(&'static str, String)> {
    match why {
        WhyNot::Past(earliest) => earliest
            .map(|earliest| ("earliest", earliest.to_string()))
            .into_iter()
            .collect(),
        WhyNot::TooFarAhead(latest) => latest
            .iter()
            .flat_map(|latest| horizon(*latest, clinic))
            .collect(),
        WhyNot::Slot(slot) => slot
            .faults
            .first()
            .map_or_else(Vec::new, |first| metadata(first, clinic, view)),
        WhyNot::Screening(_) => Vec::new(),
    }
}
