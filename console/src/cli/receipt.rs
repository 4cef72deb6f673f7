//! `receipt`: issues, shows, copies, voids and lists receipts.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    pay::LineJson,
    present::{iso_date, value_name},
    report::{Report, Table},
    session::{PAGE, Session},
};
use crate::{
    receipt::{dollars, method, text},
    tui::time,
    when,
};

#[derive(Debug, Args)]
pub(crate) struct ReceiptArgs {
    #[command(subcommand)]
    command: Receipt,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Receipt {
    /// Issues the receipt of a completed and fully paid appointment, and prints it
    Issue {
        /// The appointment: its id, or its room
        appointment: String,
        #[command(flatten)]
        change: Change,
    },
    /// Prints a receipt as it was printed last
    Show {
        /// Its number
        number: i32,
    },
    /// Issues a receipt again and prints it; the copy says DUPLICATE
    Reissue {
        /// Its number
        number: i32,
        #[command(flatten)]
        change: Change,
    },
    /// Makes a receipt void; it keeps its number
    Void {
        /// Its number
        number: i32,
        /// Why; it stands on the receipt; no health data
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        change: Change,
    },
    /// Lists receipts
    List {
        /// Only at this site [default: the one in the configuration, or all that the key reaches]
        #[arg(long, value_name = "SITE")]
        site: Option<String>,
        /// Only of this client
        #[arg(long, value_name = "CLIENT")]
        client: Option<String>,
        /// Only those issued on this day
        #[arg(long, value_name = "DAY")]
        date: Option<String>,
    },
}

/// A receipt as `--json` prints it.
#[derive(Serialize)]
struct ReceiptJson<'a> {
    number: i32,
    appointment_id: &'a str,
    client_id: &'a str,
    client_name: &'a str,
    site_id: &'a str,
    therapist_id: &'a str,
    issued_on: Option<String>,
    treated_on: Option<String>,
    minutes: i32,
    modality: String,
    association: &'a str,
    registration_number: &'a str,
    lines: Vec<LineJson<'a>>,
    net_cents: i64,
    tax_cents: i64,
    total_cents: i64,
    payments: Vec<PaidJson>,
    duplicates: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    void_reason: Option<&'a str>,
    text: String,
}

#[derive(Serialize)]
struct PaidJson {
    on: Option<String>,
    direction: String,
    method: &'static str,
    cents: i64,
}

pub(crate) async fn run(session: &Session, args: &ReceiptArgs) -> Result<Report, Failure> {
    let client = &session.client;
    let (receipt, change) = match &args.command {
        Receipt::Issue {
            appointment,
            change,
        } => {
            let request = v1::IssueReceiptRequest {
                write: Some(change.options()),
                appointment_id: find::appointment(session, appointment, InRoom::Running).await?,
            };
            (client.issue_receipt(request).await?.receipt, Some(change))
        }
        Receipt::Show { number } => {
            let request = v1::GetReceiptRequest { number: *number };
            (client.get_receipt(request).await?.receipt, None)
        }
        Receipt::Reissue { number, change } => {
            let request = v1::ReissueReceiptRequest {
                write: Some(change.options()),
                number: *number,
            };
            (client.reissue_receipt(request).await?.receipt, Some(change))
        }
        Receipt::Void {
            number,
            reason,
            change,
        } => {
            let request = v1::VoidReceiptRequest {
                write: Some(change.options()),
                number: *number,
                void_reason: reason.clone(),
            };
            (client.void_receipt(request).await?.receipt, Some(change))
        }
        Receipt::List { site, client, date } => {
            return list(session, site.as_deref(), client.as_deref(), date.as_deref()).await;
        }
    };
    let receipt = receipt.unwrap_or_default();
    let mut report = Report::default();
    if change.is_some_and(|change| change.dry_run) {
        report.line("Dry run, nothing was changed and no number taken:");
    }
    report.verbatim(text(&receipt));
    report.object(&object(&receipt));
    Ok(report)
}

async fn list(
    session: &Session,
    site: Option<&str>,
    client: Option<&str>,
    date: Option<&str>,
) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_ids = session.sites(site).await?;
    let client_id = match client {
        Some(text) => find::client(session, text).await?,
        None => String::new(),
    };
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let issued_on = date.map(|text| when::day(text, &now)).transpose()?;
    let mut request = v1::ListReceiptsRequest {
        site_ids,
        client_id,
        issued_on: issued_on.map(time::local_date),
        page_size: PAGE,
        page_token: String::new(),
    };
    let mut all = Vec::new();
    loop {
        let page = session.client.list_receipts(request.clone()).await?;
        all.extend(page.receipts);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let mut report = Report::default();
    if all.is_empty() {
        report.line("There are no receipts.");
    }
    let mut table = Table::new(["number", "issued", "site", "client", "total", "state"]);
    for receipt in &all {
        let state = match (&receipt.voided, receipt.duplicates) {
            (Some(void), _) => format!("VOID: {}", void.reason),
            (None, 0) => String::new(),
            (None, copies) => format!("DUPLICATE {copies}"),
        };
        table.row([
            receipt.number.to_string(),
            receipt
                .issued_on
                .as_ref()
                .map_or_else(String::new, iso_date),
            names.site(&receipt.site_id),
            receipt.client_name.clone(),
            dollars(receipt.total_cents),
            state,
        ]);
        report.object(&object(receipt));
    }
    report.table(table);
    Ok(report)
}

fn object(receipt: &v1::Receipt) -> ReceiptJson<'_> {
    let payments = receipt.payments.iter().map(|payment| PaidJson {
        on: payment.on.as_ref().map(iso_date),
        direction: value_name(payment.direction().as_str_name(), "PAYMENT_DIRECTION_"),
        method: method(payment.method()),
        cents: payment.cents,
    });
    ReceiptJson {
        number: receipt.number,
        appointment_id: &receipt.appointment_id,
        client_id: &receipt.client_id,
        client_name: &receipt.client_name,
        site_id: &receipt.site_id,
        therapist_id: &receipt.therapist_id,
        issued_on: receipt.issued_on.as_ref().map(iso_date),
        treated_on: receipt.treated_on.as_ref().map(iso_date),
        minutes: receipt.minutes,
        modality: value_name(receipt.modality().as_str_name(), "MODALITY_"),
        association: &receipt.association,
        registration_number: &receipt.registration_number,
        lines: LineJson::all(&receipt.lines),
        net_cents: receipt.net_cents,
        tax_cents: receipt.tax_cents,
        total_cents: receipt.total_cents,
        payments: payments.collect(),
        duplicates: receipt.duplicates,
        void_reason: receipt.voided.as_ref().map(|void| void.reason.as_str()),
        text: text(receipt),
    }
}
