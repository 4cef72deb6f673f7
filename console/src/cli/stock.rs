//! `stock`: what the sites keep, what came and went, and what runs low.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    names::Names,
    present::{rfc3339_of, value_name},
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::tui::time;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct StockArgs {
    /// Only at this site [default: the one in the configuration, else all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only what is below par
    #[arg(long)]
    low: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists what is kept, as without an action
    List {
        /// Only at this site
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// Only what is below par
        #[arg(long)]
        low: bool,
    },
    /// Notes what came in
    Receive(MoveArgs),
    /// Notes what was used outside of sessions, which consume by themselves
    Use(MoveArgs),
    /// Notes what was thrown away; say why with --reason
    Waste(MoveArgs),
    /// Sends some to another site
    Transfer {
        #[command(flatten)]
        of: MoveArgs,
        /// Where to
        #[arg(long, value_name = "SITE")]
        to: String,
    },
    /// Corrects levels to what was counted, each as ITEM=COUNT
    Take {
        /// What was counted, for example lotion=1200 sockettes=88
        #[arg(required = true, value_name = "ITEM=COUNT")]
        counts: Vec<String>,
        /// The site [default: the one in the configuration]
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// A remark
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        change: Change,
    },
    /// Lists movements, the latest first
    Movements {
        /// Only of this item
        item: Option<String>,
        /// Only at this site
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Says what needs somebody soon: stock, inspections, credentials, turnovers
    Alerts {
        /// Only at this site
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
    },
    /// Sets below which level an item raises an alert
    Par {
        /// The item
        item: String,
        /// How many
        par: i32,
        /// The site [default: the one in the configuration]
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Args)]
struct MoveArgs {
    /// The item
    item: String,
    /// How much, in its unit
    quantity: i32,
    /// The site [default: the one in the configuration]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    change: Change,
}

/// An item as `--json` prints it.
#[derive(Serialize)]
struct ItemJson<'a> {
    site_id: &'a str,
    item_id: &'a str,
    name: &'a str,
    unit: &'a str,
    /// `consumable` or `washable`.
    kind: String,
    level: i32,
    par: i32,
    low: bool,
}

/// A movement as `--json` prints it.
#[derive(Serialize)]
struct MovementJson<'a> {
    id: &'a str,
    site_id: &'a str,
    item_id: &'a str,
    /// `receive`, `use`, `waste`, `transfer`, `transfer_in`, `count`, `session` or `taken_back`.
    kind: String,
    change: i32,
    level: i32,
    #[serde(skip_serializing_if = "is_zero")]
    short: i32,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    other_site_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    appointment_id: &'a str,
    made_by: &'a str,
    made_at: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

/// An alert as `--json` prints it.
#[derive(Serialize)]
struct AlertJson<'a> {
    /// `turnover_late`, `inspection_due`, `credential_expiring`, `registration_expiring` or `stock_low`.
    kind: String,
    site_id: &'a str,
    subject_id: &'a str,
    text: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    due: &'a str,
    overdue: bool,
    /// Of what expires: appointments after its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    appointments_beyond: Option<i32>,
}

pub(crate) async fn run(session: &Session, args: &StockArgs) -> Result<Report, Failure> {
    use v1::MovementKind::{Receive, Transfer, Use, Waste};

    match &args.action {
        None => list(session, args.site.as_deref(), args.low).await,
        Some(Action::List { site, low }) => list(session, site.as_deref(), *low).await,
        Some(Action::Receive(of)) => moved(session, of, Receive, None).await,
        Some(Action::Use(of)) => moved(session, of, Use, None).await,
        Some(Action::Waste(of)) => moved(session, of, Waste, None).await,
        Some(Action::Transfer { of, to }) => moved(session, of, Transfer, Some(to)).await,
        Some(Action::Take {
            counts,
            site,
            reason,
            change,
        }) => take(session, counts, site.as_deref(), reason, change).await,
        Some(Action::Movements { item, site, limit }) => {
            movements(session, item.as_deref(), site.as_deref(), *limit).await
        }
        Some(Action::Alerts { site }) => alerts(session, site.as_deref()).await,
        Some(Action::Par {
            item,
            par,
            site,
            change,
        }) => set_par(session, item, *par, site.as_deref(), change).await,
    }
}

async fn list(session: &Session, site: Option<&str>, low: bool) -> Result<Report, Failure> {
    let request = v1::ListItemsRequest {
        site_ids: session.sites(site).await?,
        low,
        retired: false,
    };
    let items = session.client.list_items(request).await?.items;
    let mut report = Report::default();
    if items.is_empty() {
        report.line(if low {
            "Nothing is below par."
        } else {
            "Nothing is kept in stock."
        });
    }
    all_items(&mut report, &items, session.names().await?);
    Ok(report)
}

fn all_items(report: &mut Report, items: &[v1::StockItem], names: &Names) {
    let mut table = Table::new(["site", "item", "level", "par", "unit", "", "id"]);
    for item in items {
        table.row([
            names.site(&item.site_id),
            item.name.clone(),
            item.level.to_string(),
            item.par.to_string(),
            item.unit.clone(),
            if item.low { "LOW" } else { "" }.to_owned(),
            item.item_id.clone(),
        ]);
        report.object(&ItemJson {
            site_id: &item.site_id,
            item_id: &item.item_id,
            name: &item.name,
            unit: &item.unit,
            kind: value_name(item.kind().as_str_name(), "STOCK_KIND_"),
            level: item.level,
            par: item.par,
            low: item.low,
        });
    }
    report.table(table);
}

async fn moved(
    session: &Session,
    of: &MoveArgs,
    kind: v1::MovementKind,
    to: Option<&String>,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let to_site_id = to.map(|to| names.find_site(to)).transpose()?;
    let request = v1::RecordMovementRequest {
        write: Some(of.change.options()),
        site_id: session.site(of.site.as_deref()).await?,
        item_id: of.item.clone(),
        kind: kind.into(),
        quantity: of.quantity,
        to_site_id: to_site_id.unwrap_or_default(),
        reason: of.reason.clone(),
    };
    let answer = session.client.record_movement(request).await?;
    let mut report = Report::default();
    report.line(of.change.said("Recorded."));
    all_movements(&mut report, &answer.movements, names);
    Ok(report)
}

async fn take(
    session: &Session,
    counts: &[String],
    site: Option<&str>,
    reason: &str,
    change: &Change,
) -> Result<Report, Failure> {
    let counts: Option<Vec<_>> = counts
        .iter()
        .map(|count| {
            let (item, level) = count.split_once('=')?;
            Some(v1::StockCount {
                item_id: item.trim().to_owned(),
                level: level.trim().parse().ok()?,
            })
        })
        .collect();
    let counts = counts
        .ok_or_else(|| Failure::usage("each count is ITEM=COUNT, for example lotion=1200"))?;
    let request = v1::StockTakeRequest {
        write: Some(change.options()),
        site_id: session.site(site).await?,
        counts,
        reason: reason.to_owned(),
    };
    let answer = session.client.stock_take(request).await?;
    let mut report = Report::default();
    report.line(change.said("Counted."));
    all_movements(&mut report, &answer.movements, session.names().await?);
    Ok(report)
}

async fn movements(
    session: &Session,
    item: Option<&str>,
    site: Option<&str>,
    limit: usize,
) -> Result<Report, Failure> {
    let mut request = v1::ListMovementsRequest {
        site_ids: session.sites(site).await?,
        item_id: item.unwrap_or_default().to_owned(),
        page_size: PAGE,
        ..v1::ListMovementsRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page = session.client.list_movements(request.clone()).await?;
        found.extend(page.movements);
        if found.len() >= limit || page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    found.truncate(limit);
    let mut report = Report::default();
    if found.is_empty() {
        report.line("Nothing has moved.");
    }
    all_movements(&mut report, &found, session.names().await?);
    Ok(report)
}

fn all_movements(report: &mut Report, movements: &[v1::StockMovement], names: &Names) {
    let mut table = Table::new([
        "when", "site", "item", "what", "change", "level", "reason", "id",
    ]);
    for movement in movements {
        let zone = names.zone_of(&movement.site_id);
        let at = movement.made_at.as_ref();
        table.row([
            at.map(|at| time::near(time::instant(at), names.now, &zone))
                .unwrap_or_default(),
            names.site(&movement.site_id),
            movement.item_id.clone(),
            what(movement, names),
            format!("{:+}", movement.change),
            movement.level.to_string(),
            movement.reason.clone(),
            movement.id.clone(),
        ]);
        report.object(&MovementJson {
            id: &movement.id,
            site_id: &movement.site_id,
            item_id: &movement.item_id,
            kind: value_name(movement.kind().as_str_name(), "MOVEMENT_KIND_"),
            change: movement.change,
            level: movement.level,
            short: movement.short,
            reason: &movement.reason,
            other_site_id: &movement.other_site_id,
            appointment_id: &movement.appointment_id,
            made_by: &movement.made_by,
            made_at: rfc3339_of(at, &zone),
        });
    }
    report.table(table);
}

/// What happened, in a few words.
fn what(movement: &v1::StockMovement, names: &Names) -> String {
    use v1::MovementKind;

    let other = || names.site(&movement.other_site_id);
    match movement.kind() {
        MovementKind::Unspecified => String::new(),
        MovementKind::Receive => "received".to_owned(),
        MovementKind::Use => "used".to_owned(),
        MovementKind::Waste => "wasted".to_owned(),
        MovementKind::Transfer => format!("sent to {}", other()),
        MovementKind::TransferIn => format!("came from {}", other()),
        MovementKind::Count => "counted".to_owned(),
        MovementKind::Session if movement.short > 0 => {
            format!("session, {} short", movement.short)
        }
        MovementKind::Session => "session".to_owned(),
        MovementKind::TakenBack => "taken back".to_owned(),
    }
}

async fn alerts(session: &Session, site: Option<&str>) -> Result<Report, Failure> {
    let request = v1::ListAlertsRequest {
        site_ids: session.sites(site).await?,
    };
    let alerts = session.client.list_alerts(request).await?.alerts;
    let names = session.names().await?;
    let mut report = Report::default();
    if alerts.is_empty() {
        report.line("Nothing needs anybody soon.");
    }
    let mut table = Table::new(["", "site", "what", "what to do"]);
    for alert in &alerts {
        table.row([
            if alert.overdue { "!" } else { "" }.to_owned(),
            names.site(&alert.site_id),
            alert.text.clone(),
            alert.action.clone(),
        ]);
        report.object(&AlertJson {
            kind: value_name(alert.kind().as_str_name(), "ALERT_KIND_"),
            site_id: &alert.site_id,
            subject_id: &alert.subject_id,
            text: &alert.text,
            action: &alert.action,
            due: &alert.due,
            overdue: alert.overdue,
            appointments_beyond: Some(alert.appointments_beyond).filter(|count| *count > 0),
        });
    }
    report.table(table);
    Ok(report)
}

async fn set_par(
    session: &Session,
    item: &str,
    par: i32,
    site: Option<&str>,
    change: &Change,
) -> Result<Report, Failure> {
    let site_id = session.site(site).await?;
    let request = v1::ListItemsRequest {
        site_ids: vec![site_id],
        ..v1::ListItemsRequest::default()
    };
    let items = session.client.list_items(request).await?.items;
    let known = items.into_iter().find(|known| known.item_id == item);
    let known = known.ok_or_else(|| Failure::usage(format!("the site keeps no {item}")))?;
    let request = v1::PutItemRequest {
        write: Some(v1::WriteOptions {
            etag: known.etag.clone(),
            ..change.options()
        }),
        // What the clinic itself knows of it is no part of the change: sent again it is the same one.
        item: Some(v1::StockItem {
            par,
            level: 0,
            low: false,
            etag: String::new(),
            ..known
        }),
    };
    let answer = session.client.put_item(request).await?;
    let mut report = Report::default();
    report.line(change.said("Par is set."));
    all_items(&mut report, answer.item.as_slice(), session.names().await?);
    Ok(report)
}
