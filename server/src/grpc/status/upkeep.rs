//! Refusals about stock and hygiene.

use treadwell_api::v1::Reason;
use treadwell_clinic::refusal::Upkeep;

/// The API's reason for a refusal, and its data by name.
pub(super) fn told(refusal: &Upkeep) -> (Reason, Vec<(&'static str, String)>) {
    match refusal {
        Upkeep::StockShort {
            site, item, level, ..
        } => (
            Reason::StockShort,
            vec![
                ("site", site.to_string()),
                ("item", item.to_string()),
                ("level", level.to_string()),
            ],
        ),
        Upkeep::StockFull { site, item, most } => (
            Reason::StockFull,
            vec![
                ("site", site.to_string()),
                ("item", item.to_string()),
                ("most", most.to_string()),
            ],
        ),
        Upkeep::NotConsumed { site, item } => (
            Reason::NotConsumed,
            vec![("site", site.to_string()), ("item", item.to_string())],
        ),
        Upkeep::OtherUnit { site, item, unit } => (
            Reason::OtherUnit,
            vec![
                ("site", site.to_string()),
                ("item", item.to_string()),
                ("unit", unit.clone()),
            ],
        ),
        Upkeep::NothingOverhead { room } => {
            (Reason::NothingOverhead, vec![("room", room.to_string())])
        }
        Upkeep::InspectionFailed { room, outage } => (
            Reason::InspectionFailed,
            vec![("room", room.to_string()), ("outage", outage.to_string())],
        ),
        Upkeep::HygieneTooEarly { appointment } => (
            Reason::HygieneTooEarly,
            vec![("appointment", appointment.to_string())],
        ),
    }
}
