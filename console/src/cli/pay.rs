//! `pay`, `refund` and `totals`: what is due, taken, given back, and what a day brought in.

use clap::Args;
use serde::Serialize;
use treadwell_client::v1::{self, PaymentDirection, PaymentMethod};

use super::{
    args::Change,
    failure::Failure,
    find::{self, InRoom},
    names::Names,
    present::{iso_date, rfc3339_of, value_name},
    report::{Report, Table},
    session::Session,
};
use crate::{
    receipt::{METHODS, cents, dollars, method, percent},
    tui::time,
    when,
};

#[derive(Debug, Args)]
pub(crate) struct PayArgs {
    /// The appointment: its id, or its room
    appointment: String,
    /// How, and how much: `cash=20`, `card=85.50`; without an amount all that is due. Without any the account is shown
    parts: Vec<String>,
    /// A note for the books, such as the number of a slip; needed for `other`; no health data
    #[arg(long, value_name = "TEXT", requires = "parts")]
    note: Option<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct RefundArgs {
    /// The appointment: its id, or its room
    appointment: String,
    /// How, and how much: `cash=20`, `card=85.50`; without an amount all that was paid
    #[arg(required = true)]
    parts: Vec<String>,
    /// Why; no health data
    #[arg(long, value_name = "TEXT")]
    note: String,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct TotalsArgs {
    /// The day [default: today]
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// Only at this site [default: the one in the configuration, or all that the key reaches]
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
}

/// An account as `--json` prints it.
#[derive(Serialize)]
struct AccountJson<'a> {
    appointment_id: &'a str,
    lines: Vec<LineJson<'a>>,
    net_cents: i64,
    tax_cents: i64,
    total_cents: i64,
    paid_cents: i64,
    /// Negative: the client gets something back.
    due_cents: i64,
    payments: Vec<PaymentJson<'a>>,
    receipt_numbers: &'a [i32],
}

#[derive(Serialize)]
pub(super) struct LineJson<'a> {
    text: &'a str,
    cents: i64,
    tax_cents: i64,
}

impl<'a> LineJson<'a> {
    pub(super) fn all(lines: &'a [v1::AccountLine]) -> Vec<Self> {
        let one = |line: &'a v1::AccountLine| Self {
            text: &line.text,
            cents: line.cents,
            tax_cents: line.tax_cents,
        };
        lines.iter().map(one).collect()
    }
}

#[derive(Serialize)]
struct PaymentJson<'a> {
    id: &'a str,
    /// `paid` or `refunded`.
    direction: String,
    method: &'static str,
    cents: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    recorded_at: Option<String>,
}

/// One line of a day's totals as `--json` prints it.
#[derive(Serialize)]
struct TillJson<'a> {
    date: String,
    site_id: &'a str,
    therapist_id: &'a str,
    method: &'static str,
    paid_cents: i64,
    refunded_cents: i64,
    count: i32,
}

pub(crate) async fn pay(session: &Session, args: &PayArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let appointment_id = find::appointment(session, &args.appointment, InRoom::Running).await?;
    let before = account(session, &appointment_id).await?;
    let mut report = Report::default();
    if args.parts.is_empty() {
        say(&mut report, &before, names);
        return Ok(report);
    }
    let request = v1::TakePaymentRequest {
        write: Some(args.change.options()),
        appointment_id,
        parts: parts(&args.parts, before.due_cents, &args.change)?,
        note: args.note.clone().unwrap_or_default(),
    };
    let after = session.client.take_payment(request).await?.account;
    report.line(args.change.said("Paid."));
    say(&mut report, &after.unwrap_or_default(), names);
    Ok(report)
}

pub(crate) async fn refund(session: &Session, args: &RefundArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let appointment_id = find::appointment(session, &args.appointment, InRoom::Running).await?;
    let before = account(session, &appointment_id).await?;
    let request = v1::RefundPaymentRequest {
        write: Some(args.change.options()),
        appointment_id,
        parts: parts(&args.parts, before.paid_cents, &args.change)?,
        note: args.note.clone(),
    };
    let after = session.client.refund_payment(request).await?.account;
    let mut report = Report::default();
    report.line(args.change.said("Paid back."));
    say(&mut report, &after.unwrap_or_default(), names);
    Ok(report)
}

async fn account(session: &Session, appointment_id: &str) -> Result<v1::Account, Failure> {
    let request = v1::GetAccountRequest {
        appointment_id: appointment_id.to_owned(),
    };
    let answer = session.client.get_account(request).await?;
    Ok(answer.account.unwrap_or_default())
}

/// Parts as they are typed; one without an amount is the rest of `all`.
fn parts(texts: &[String], all: i64, change: &Change) -> Result<Vec<v1::PaymentPart>, Failure> {
    let mut parts = Vec::with_capacity(texts.len());
    let mut rest = all;
    for text in texts {
        let (how, much) = match text.split_once('=') {
            Some((how, much)) => (how, Some(much)),
            None => (text.as_str(), None),
        };
        let Some(known) = METHODS.into_iter().find(|known| method(*known) == how) else {
            let words = METHODS.map(method).join(", ");
            return Err(Failure::usage(format!("{how:?} is none of {words}")));
        };
        let cents = match much {
            Some(much) => cents(much).ok_or_else(|| {
                Failure::usage(format!("{much:?} is no amount; try \"{how}=85.50\""))
            })?,
            None if change.request_id.is_some() => {
                return Err(Failure::usage(format!(
                    "with --request-id say how much, such as \"{how}=85.50\": sent again, the rest is another sum"
                )));
            }
            None => rest.max(0),
        };
        rest -= cents;
        parts.push(v1::PaymentPart {
            method: known.into(),
            cents,
        });
    }
    Ok(parts)
}

fn say(report: &mut Report, account: &v1::Account, names: &Names) {
    let mut table = Table::new(["for", "before tax", "tax", "in all"]);
    for line in &account.lines {
        table.row([
            line.text.clone(),
            dollars(line.cents),
            dollars(line.tax_cents),
            dollars(line.cents + line.tax_cents),
        ]);
    }
    report.table(table);
    for payment in &account.payments {
        let zone = names.zone_of(&payment.site_id);
        let when = payment.recorded_at.as_ref().map_or_else(String::new, |at| {
            format!(" {}", time::day_and_clock(time::instant(at), &zone))
        });
        let word = match payment.direction() {
            PaymentDirection::Refunded => "paid back",
            PaymentDirection::Paid | PaymentDirection::Unspecified => "paid",
        };
        report.line(
            format!(
                "{word}{when}: {} {} {}",
                dollars(payment.cents),
                method(payment.method()),
                payment.note
            )
            .trim_end(),
        );
    }
    report.line(format!(
        "Total {} with {} {}; paid {}; due {}.",
        dollars(account.total_cents),
        account.tax_name,
        percent(account.tax_basis_points),
        dollars(account.paid_cents),
        dollars(account.due_cents)
    ));
    if account.receipt_number > 0 {
        report.line(format!("Receipt {} is issued.", account.receipt_number));
    }
    report.object(&AccountJson {
        appointment_id: &account.appointment_id,
        lines: LineJson::all(&account.lines),
        net_cents: account.net_cents,
        tax_cents: account.tax_cents,
        total_cents: account.total_cents,
        paid_cents: account.paid_cents,
        due_cents: account.due_cents,
        payments: account
            .payments
            .iter()
            .map(|payment| PaymentJson {
                id: &payment.id,
                direction: value_name(payment.direction().as_str_name(), "PAYMENT_DIRECTION_"),
                method: method(payment.method()),
                cents: payment.cents,
                note: &payment.note,
                recorded_at: rfc3339_of(
                    payment.recorded_at.as_ref(),
                    &names.zone_of(&payment.site_id),
                ),
            })
            .collect(),
        receipt_numbers: &account.receipt_numbers,
    });
}

pub(crate) async fn totals(session: &Session, args: &TotalsArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_ids = session.sites(args.site.as_deref()).await?;
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let date = when::day(args.date.as_deref().unwrap_or("today"), &now)?;
    let local = time::local_date(date);
    let request = v1::GetDayTotalsRequest {
        date: Some(local),
        site_ids,
    };
    let answer = session.client.get_day_totals(request).await?;
    let mut report = Report::default();
    let mut table = Table::new(["site", "therapist", "method", "paid", "paid back", "left"]);
    for line in &answer.lines {
        table.row([
            names.site(&line.site_id),
            names.therapist(&line.therapist_id),
            method(line.method()).to_owned(),
            dollars(line.paid_cents),
            dollars(line.refunded_cents),
            dollars(line.paid_cents - line.refunded_cents),
        ]);
        report.object(&TillJson {
            date: iso_date(&local),
            site_id: &line.site_id,
            therapist_id: &line.therapist_id,
            method: method(line.method()),
            paid_cents: line.paid_cents,
            refunded_cents: line.refunded_cents,
            count: line.count,
        });
    }
    report.line(format!("Totals of {}", time::day(date)));
    report.table(table);
    for (what, sum) in sums(&answer.lines, names) {
        report.line(format!("{what}: {}", dollars(sum)));
    }
    report.line(format!("Receipts issued: {}", answer.receipt_count));
    Ok(report)
}

/// What is left by site, by therapist and by method, and of all.
fn sums(lines: &[v1::TillLine], names: &Names) -> Vec<(String, i64)> {
    type By<'a> = &'a dyn Fn(&v1::TillLine) -> String;
    let by: [By<'_>; 3] = [
        &|line| names.site(&line.site_id),
        &|line| names.therapist(&line.therapist_id),
        &|line| method(PaymentMethod::try_from(line.method).unwrap_or_default()).to_owned(),
    ];
    let mut all: Vec<(String, i64)> = Vec::new();
    for name in by {
        let from = all.len();
        for line in lines {
            let left = line.paid_cents - line.refunded_cents;
            let name = name(line);
            match all[from..].iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += left,
                None => all.push((name, left)),
            }
        }
    }
    let total = lines
        .iter()
        .map(|line| line.paid_cents - line.refunded_cents)
        .sum();
    all.push(("In all".to_owned(), total));
    all
}
