//! Refusals about money.

use thiserror::Error;

use crate::model::ReceiptNumber;

/// Why something about money is refused. In order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyRefusal {
    /// Only a treatment that was given is receipted.
    #[error("a receipt is for a completed appointment")]
    NotCompleted,
    /// A receipt that is not void stands: what it says would not be true any more, or it would be issued
    /// twice.
    #[error("receipt {receipt} has been issued; make it void first, or issue a duplicate")]
    ReceiptStands {
        /// The receipt.
        receipt: ReceiptNumber,
    },
    /// The receipt is void already.
    #[error("receipt {receipt} is void")]
    ReceiptVoid {
        /// The receipt.
        receipt: ReceiptNumber,
    },
    /// More would be paid than is due.
    #[error("only {} is due", dollars(*.due_cents))]
    MoreThanDue {
        /// What is due, in cents; 0 or less when nothing is.
        due_cents: i64,
    },
    /// More would be paid back than was paid.
    #[error("only {} was paid", dollars(*.paid_cents))]
    MoreThanPaid {
        /// What was paid and not paid back yet, in cents.
        paid_cents: i64,
    },
    /// Something is still to be paid, or to be paid back.
    #[error("{} is still due", dollars(*.due_cents))]
    NotPaid {
        /// What is due, in cents; negative when the client gets something back.
        due_cents: i64,
    },
    /// A receipt could not say all that it has to.
    #[error("a receipt needs {}", .missing.join(", "))]
    ReceiptIncomplete {
        /// What is missing, for people.
        missing: Vec<&'static str>,
    },
    /// A receipt was issued on what the operation did.
    #[error("receipt {receipt} was issued for it")]
    UndoAfterReceipt {
        /// The receipt.
        receipt: ReceiptNumber,
    },
}

impl MoneyRefusal {
    /// The stable code.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotCompleted => "NOT_COMPLETED",
            Self::ReceiptStands { .. } => "RECEIPT_STANDS",
            Self::ReceiptVoid { .. } => "RECEIPT_VOID",
            Self::MoreThanDue { .. } => "MORE_THAN_DUE",
            Self::MoreThanPaid { .. } => "MORE_THAN_PAID",
            Self::NotPaid { .. } => "NOT_PAID",
            Self::ReceiptIncomplete { .. } => "RECEIPT_INCOMPLETE",
            Self::UndoAfterReceipt { .. } => "UNDO_AFTER_RECEIPT",
        }
    }
}

/// An amount for people: `12.05`.
fn dollars(cents: i64) -> String {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}
