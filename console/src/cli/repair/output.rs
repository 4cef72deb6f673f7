//! Repairs and calls in words, columns and JSON.

use serde::Serialize;
use treadwell_client::v1;

use crate::{
    cli::{
        names::Names,
        present::{AppointmentJson, client_of, rfc3339_of, span},
        report::{Report, Table},
    },
    tui::{time, words},
};

/// What becomes of an appointment as `--json` prints it.
#[derive(Serialize)]
struct RepairJson<'a> {
    appointment: AppointmentJson,
    /// What stands against it where it is; empty for one that changes for another.
    problems: Vec<&'a str>,
    /// `at_once`, `call` or `none`.
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<PlaceJson<'a>>,
}

#[derive(Serialize)]
struct PlaceJson<'a> {
    service_id: &'a str,
    site_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
    start: Option<String>,
    end: Option<String>,
}

/// What all of it costs, the last object.
#[derive(Serialize)]
struct CostJson {
    unplaced: i32,
    modality_changed: i32,
    site_changed: i32,
    therapist_changed: i32,
    minutes_moved: i32,
    others_changed: i32,
    best: bool,
    more: bool,
}

#[derive(Serialize)]
struct CallJson<'a> {
    hold_id: &'a str,
    expires_at: Option<String>,
    to: PlaceJson<'a>,
    appointment: AppointmentJson,
}

/// A plan: who moves where and why, and what it costs.
pub(super) fn plan(plan: &v1::PlanRepairResponse, names: &Names) -> Report {
    let mut report = Report::default();
    let mut table = Table::new(["client", "service", "now", "new", "how", "why"]);
    for repair in &plan.repairs {
        let appointment = repair.appointment.clone().unwrap_or_default();
        let problems: Vec<_> = repair.problems.iter().map(|it| it.text.as_str()).collect();
        table.row([
            client_of(&appointment).to_owned(),
            names.service(&appointment.service_id),
            present_place(&appointment, names),
            repair
                .r#move
                .as_ref()
                .map_or_else(String::new, |to| new_place(to, &appointment, names)),
            words::repair_how(repair).to_owned(),
            if problems.is_empty() {
                "makes room".to_owned()
            } else {
                problems.join("; ")
            },
        ]);
        report.object(&RepairJson {
            appointment: AppointmentJson::new(&appointment, names),
            problems,
            how: how(repair),
            to: repair.r#move.as_ref().map(|to| of_move(to, names)),
        });
    }
    if table.is_empty() && !plan.more {
        report.line("Nothing is hit.");
        return report;
    }
    report.table(table);
    let cost = plan.cost.unwrap_or_default();
    report.line(words::repair_cost(&cost));
    if !plan.best {
        report.line("There may be a better one.");
    }
    if plan.more {
        report.line(words::MORE_IS_HIT);
    }
    report.object(&CostJson {
        unplaced: cost.unplaced,
        modality_changed: cost.modality_changed,
        site_changed: cost.site_changed,
        therapist_changed: cost.therapist_changed,
        minutes_moved: cost.minutes_moved,
        others_changed: cost.others_changed,
        best: plan.best,
        more: plan.more,
    });
    report
}

fn how(repair: &v1::Repair) -> &'static str {
    match (&repair.r#move, repair.at_once) {
        (None, _) => "none",
        (Some(_), true) => "at_once",
        (Some(_), false) => "call",
    }
}

/// Whom to call, and what to say.
pub(super) fn calls(calls: &[v1::Call], names: &Names) -> Report {
    let mut report = Report::default();
    let mut table = Table::new(["client", "phone", "now", "new", "until", "call"]);
    for call in calls {
        let (Some(hold), Some(appointment)) = (&call.hold, &call.appointment) else {
            continue;
        };
        let (zone, to) = (names.zone_of(&hold.site_id), as_move(hold));
        table.row([
            client_of(appointment).to_owned(),
            appointment.client_phone.clone(),
            present_place(appointment, names),
            new_place(&to, appointment, names),
            time::clock_of(hold.expires_at.as_ref(), &zone),
            hold.id.clone(),
        ]);
        report.object(&CallJson {
            hold_id: &hold.id,
            expires_at: rfc3339_of(hold.expires_at.as_ref(), &zone),
            to: of_move(&to, names),
            appointment: AppointmentJson::new(appointment, names),
        });
    }
    if table.is_empty() {
        report.line("Nobody is to be called.");
    }
    report.table(table);
    report
}

fn of_move<'a>(to: &'a v1::RepairMove, names: &Names) -> PlaceJson<'a> {
    let zone = names.zone_of(&to.site_id);
    PlaceJson {
        service_id: &to.service_id,
        site_id: &to.site_id,
        room_id: &to.room_id,
        therapist_id: &to.therapist_id,
        start: rfc3339_of(to.start.as_ref(), &zone),
        end: rfc3339_of(to.end.as_ref(), &zone),
    }
}

fn as_move(hold: &v1::Hold) -> v1::RepairMove {
    v1::RepairMove {
        service_id: hold.service_id.clone(),
        site_id: hold.site_id.clone(),
        room_id: hold.room_id.clone(),
        therapist_id: hold.therapist_id.clone(),
        start: hold.start,
        end: hold.end,
        ..v1::RepairMove::default()
    }
}

fn present_place(appointment: &v1::Appointment, names: &Names) -> String {
    let zone = names.zone_of(&appointment.site_id);
    format!(
        "{}, {}, {}",
        span(appointment.start.as_ref(), appointment.end.as_ref(), &zone),
        names.room(&appointment.room_id),
        names.therapist(&appointment.therapist_id)
    )
}

/// The new place; service and site only where they are others.
fn new_place(to: &v1::RepairMove, from: &v1::Appointment, names: &Names) -> String {
    let zone = names.zone_of(&to.site_id);
    let mut parts = vec![
        span(to.start.as_ref(), to.end.as_ref(), &zone),
        names.room(&to.room_id),
        names.therapist(&to.therapist_id),
    ];
    if to.service_id != from.service_id {
        parts.push(names.service(&to.service_id));
    }
    if to.site_id != from.site_id {
        parts.push(names.site(&to.site_id));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::report::Form;

    #[test]
    fn a_plan_says_that_more_is_hit_also_when_nothing_of_it_is_left_to_mend() {
        let names = Names {
            catalog: v1::GetCatalogResponse::default(),
            therapists: Vec::new(),
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let told = |more| {
            let answer = v1::PlanRepairResponse {
                more,
                ..v1::PlanRepairResponse::default()
            };
            plan(&answer, &names).render(Form::Text)
        };
        assert_eq!(told(false), "Nothing is hit.\n");
        assert!(told(true).contains(words::MORE_IS_HIT), "{}", told(true));
    }
}
