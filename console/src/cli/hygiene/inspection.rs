//! Inspections of what hangs over the tables: recording one, and listing them.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1;

use crate::{
    cli::{
        affected,
        args::Change,
        failure::Failure,
        names::Names,
        present::iso_date,
        report::{Report, Table},
        session::{PAGE, Session},
    },
    hygiene,
    tui::time,
    when,
};

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The room
    room: String,
    /// It passed, and is good for so many months
    #[arg(
        long,
        value_name = "MONTHS",
        required_unless_present = "failed",
        conflicts_with = "failed"
    )]
    passed: Option<i32>,
    /// It failed: the bars are out from now on; say what was found with --note
    #[arg(long)]
    failed: bool,
    /// Who inspected
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The day it was made [default: today]
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// What was found
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    change: Change,
}

/// An inspection as `--json` prints it.
#[derive(Serialize)]
pub(super) struct InspectionJson<'a> {
    id: &'a str,
    room_id: &'a str,
    date: Option<String>,
    inspector: &'a str,
    passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    outage_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    /// Future appointments that it made unsound.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    affected_appointment_ids: &'a [String],
}

pub(super) fn json<'a>(
    inspection: &'a v1::SupportInspection,
    affected_appointment_ids: &'a [String],
) -> InspectionJson<'a> {
    InspectionJson {
        id: &inspection.id,
        room_id: &inspection.room_id,
        date: inspection.date.as_ref().map(iso_date),
        inspector: &inspection.inspector,
        passed: inspection.passed,
        next_due: inspection.next_due.as_ref().map(iso_date),
        outage_id: &inspection.outage_id,
        note: &inspection.note,
        affected_appointment_ids,
    }
}

pub(super) async fn inspect(session: &Session, args: &InspectArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let room_id = names.find_room(&args.room)?;
    let now = names.now_at(Some(&names.site_of(&room_id)))?;
    let date = match &args.date {
        Some(text) => when::day(text, &now)?,
        None => now.date(),
    };
    let request = v1::RecordInspectionRequest {
        write: Some(args.change.options()),
        inspection: Some(v1::SupportInspection {
            room_id,
            date: Some(time::local_date(date)),
            inspector: args.by.clone(),
            passed: !args.failed,
            months: args.passed.unwrap_or(0),
            note: args.note.clone(),
            ..v1::SupportInspection::default()
        }),
    };
    let answer = session.client.record_inspection(request).await?;
    let inspection = answer.inspection.unwrap_or_default();
    let mut report = Report::default();
    report.line(args.change.said(&hygiene::inspection(&inspection)));
    let hit = &answer.affected_appointment_ids;
    let shown = affected::first(session, hit).await;
    affected::tell(&mut report, hit, &shown, names);
    report.object(&json(&inspection, hit));
    Ok(report)
}

pub(super) async fn list(
    session: &Session,
    room: Option<&str>,
    site: Option<&str>,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut request = v1::ListInspectionsRequest {
        site_ids: match room {
            Some(_) => Vec::new(),
            None => session.sites(site).await?,
        },
        room_id: room
            .map(|room| names.find_room(room))
            .transpose()?
            .unwrap_or_default(),
        page_size: PAGE,
        ..v1::ListInspectionsRequest::default()
    };
    let mut all = Vec::new();
    loop {
        let page = session.client.list_inspections(request.clone()).await?;
        all.extend(page.inspections);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let mut report = Report::default();
    if all.is_empty() {
        report.line("No inspection is recorded.");
    }
    report.table(table(&all, names));
    for inspection in &all {
        report.object(&json(inspection, &[]));
    }
    Ok(report)
}

fn table(inspections: &[v1::SupportInspection], names: &Names) -> Table {
    let mut table = Table::new([
        "room",
        "date",
        "inspector",
        "found",
        "next due",
        "note",
        "id",
    ]);
    for inspection in inspections {
        table.row([
            names.room(&inspection.room_id),
            inspection.date.as_ref().map(iso_date).unwrap_or_default(),
            inspection.inspector.clone(),
            if inspection.passed {
                "passed"
            } else {
                "FAILED"
            }
            .to_owned(),
            inspection
                .next_due
                .as_ref()
                .map(iso_date)
                .unwrap_or_default(),
            inspection.note.clone(),
            inspection.id.clone(),
        ]);
    }
    table
}
