//! An appointment's account: takes a payment or gives back what is too much, issues the receipt once nothing is due, and
//! shows it as it is printed.

use ratatui::layout::{Position, Rect};
use treadwell_api::v1;

use super::{
    Dialog,
    ask::{self, Ask},
    form::{self, Form, Kind, choice, text},
    middle,
};
use crate::{
    receipt::{self, METHODS, cents, dollars, method},
    tui::{
        call::Call,
        event::{Effect, Purpose},
        keys::{Command, Place},
        model::Model,
        pen::Pen,
        screens::{offset, rows, step},
        theme::Role,
        time,
    },
};

/// A receipt as it is printed.
#[derive(Debug)]
pub(crate) struct Paper {
    number: i32,
    void: bool,
    lines: Vec<String>,
    /// The first line shown.
    first: usize,
}

/// Reads the account of an appointment.
pub(crate) fn read(model: &mut Model, appointment_id: String) -> Vec<Effect> {
    let awaited = (Command::Account, appointment_id.clone());
    let call = v1::GetAccountRequest { appointment_id };
    super::read(model, Purpose::Account, awaited, call)
}

/// The account was read.
pub(crate) fn loaded(model: &mut Model, account: v1::Account) -> Vec<Effect> {
    if !super::awaited(model, Command::Account, &account.appointment_id) {
        return Vec::new();
    }
    open(model, account)
}

/// The receipt was read.
pub(crate) fn receipt_loaded(model: &mut Model, receipt: &v1::Receipt) -> Vec<Effect> {
    if !super::awaited(model, Command::Account, &receipt.appointment_id) {
        return Vec::new();
    }
    show(model, receipt)
}

/// The account was read, or has changed: on to what it needs next.
pub(crate) fn open(model: &mut Model, account: v1::Account) -> Vec<Effect> {
    if account.receipt_number > 0 {
        let number = account.receipt_number;
        model.pending = Some((Command::Account, account.appointment_id));
        return model.ask(Purpose::Account, v1::GetReceiptRequest { number });
    }
    let lines = words(model, &account);
    match account.due_cents {
        0 if account.completed => {
            let call = v1::IssueReceiptRequest {
                write: None,
                appointment_id: account.appointment_id,
            };
            let ask = Ask::send("Issue the receipt", lines, Purpose::Act, call);
            ask::open(model, ask)
        }
        0 => {
            super::message(model, "Account", lines);
            Vec::new()
        }
        due => {
            let title = if due < 0 {
                "Pay back"
            } else {
                "Take a payment"
            };
            let fields = vec![
                choice("how", METHODS.map(method)),
                text("amount", &dollars(due.abs())),
                text("note", ""),
            ];
            let kind = Kind::Pay(Box::new(account));
            form::open(model, Form::new(title, lines, fields, kind))
        }
    }
}

/// The account in a few lines.
fn words(model: &Model, account: &v1::Account) -> Vec<String> {
    let start = account.start.as_ref().map_or_else(String::new, |start| {
        time::day_and_clock(time::instant(start), &model.home_zone())
    });
    let mut lines = vec![format!("{}, {start}", account.client_name)];
    lines.extend(
        account
            .lines
            .iter()
            .map(|line| format!("{}: {}", line.text, dollars(line.cents))),
    );
    lines.push(format!(
        "With {} of {}: {}.  Paid: {}.  Due: {}.",
        dollars(account.tax_cents),
        account.tax_name,
        dollars(account.total_cents),
        dollars(account.paid_cents),
        dollars(account.due_cents)
    ));
    lines
}

/// The payment that the form says, as a call, or says what is wrong with it. A part of what is due may be paid: the account comes again.
pub(super) fn pay(form: &Form, account: &v1::Account) -> Result<Call, String> {
    let Some(cents) = cents(form.text(1)) else {
        return Err("The amount: dollars and cents, like 85.50.".to_owned());
    };
    let method = METHODS.get(form.chosen(0)).copied().unwrap_or_default();
    let note = form.text(2).to_owned();
    let back = account.due_cents < 0;
    if note.is_empty() && (back || method == v1::PaymentMethod::Other) {
        return Err("Say in the note why, or in what other way.".to_owned());
    }
    let appointment_id = account.appointment_id.clone();
    let parts = vec![v1::PaymentPart {
        method: method.into(),
        cents,
    }];
    let write = None;
    Ok(if back {
        Call::from(v1::RefundPaymentRequest {
            write,
            appointment_id,
            parts,
            note,
        })
    } else {
        Call::from(v1::TakePaymentRequest {
            write,
            appointment_id,
            parts,
            note,
        })
    })
}

/// Shows a receipt.
pub(crate) fn show(model: &mut Model, receipt: &v1::Receipt) -> Vec<Effect> {
    let paper = Paper {
        number: receipt.number,
        void: receipt.voided.is_some(),
        lines: receipt::lines(receipt),
        first: 0,
    };
    super::open(model, Dialog::Paper(paper))
}

/// Does a command of the receipt that is shown.
pub(super) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Dialog::Paper(paper)) = &mut model.dialog else {
        return Vec::new();
    };
    match command {
        Command::Enter => model.dialog = None,
        Command::Tick if !paper.void => {
            let call = v1::ReissueReceiptRequest {
                write: None,
                number: paper.number,
            };
            model.dialog = None;
            return model.write(Purpose::Act, call);
        }
        _ => {
            step(&mut paper.first, paper.lines.len(), command);
        }
    }
    Vec::new()
}

/// Draws the receipt, every line as it is printed.
pub(super) fn draw(model: &Model, paper: &Paper, pen: &mut Pen, screen: Rect) {
    const COLUMNS: usize = 62;
    let title = format!("Receipt {}", paper.number);
    let area = middle(screen, COLUMNS, paper.lines.len() + 2);
    let inner = pen.frame(area, &title);
    let fit = rows(inner.height).saturating_sub(2);
    let first = paper.first.min(paper.lines.len().saturating_sub(fit));
    for (line, text) in paper.lines.iter().skip(first).take(fit).enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, Role::Text);
    }
    let y = inner.bottom().saturating_sub(1);
    let again = if paper.void {
        String::new()
    } else {
        let tick = model.keymap.key_at(Place::Dialog, Command::Tick);
        format!("{tick}: a duplicate.  ")
    };
    let keys = super::keys_to_read(model, first + fit < paper.lines.len());
    let keys = format!("{again}{keys}");
    pen.text(inner, inner.x, y, &keys, Role::Dim);
    pen.cursor = Some(Position::new(inner.x, y));
}
