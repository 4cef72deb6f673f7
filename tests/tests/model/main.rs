//! The model test: random commands on the clinic and on an independent, naive oracle of its rules, compared after each one.
//!
//! `TREADWELL_SEED` and `TREADWELL_ROUNDS` choose another run; a round is one command.

#![allow(clippy::print_stdout, reason = "the counts are a result")]

mod absorb;
mod expect;
mod generate;
mod imports;
mod oracle;
mod repair;
mod roster;
mod run;
mod series;
mod undo;
mod upkeep;
mod waitlist;
mod world;

use treadwell_clinic::{CommandKind, Refusal};
use treadwell_tests::seed::{Random, rounds, seed};

use run::{Counts, Run};

/// Reasons that no command can meet: a commit numbers more things than any command creates.
const UNREACHABLE: [&str; 1] = ["TOO_MANY"];

/// Commands that occupy no client, therapist or room, and so are not in the run. Their rules and their flow have tests of
/// their own: `crates/clinic/src/decide/{key,notes,prices,payment,receipt,training}/tests.rs`,
/// `server/tests/api/session_records.rs`, `server/tests/api/receipt.rs`, `server/tests/api/training.rs`,
/// `server/tests/api/client_record.rs`, `tests/tests/receipts`, `tests/tests/contract/sign_in.rs`; of files `crates/clinic/src/decide/import/tests.rs` and `server/tests/api/exchange.rs`.
const OCCUPY_NOTHING: [CommandKind; 18] = [
    CommandKind::SetPassphrase,
    CommandKind::ImportClients,
    CommandKind::EraseClient,
    CommandKind::Renew,
    CommandKind::PutTraining,
    CommandKind::RemoveTraining,
    CommandKind::SaveNotes,
    CommandKind::SignNotes,
    CommandKind::AddAddendum,
    CommandKind::IssueAftercare,
    CommandKind::PutBusiness,
    CommandKind::PutPriceList,
    CommandKind::TakePayment,
    CommandKind::Refund,
    CommandKind::IssueReceipt,
    CommandKind::ReissueReceipt,
    CommandKind::VoidReceipt,
    CommandKind::Rewrite,
];

/// Reasons that only those commands meet.
const OF_THOSE: [&str; 16] = [
    "RETENTION_NOT_ENDED",
    "CLIENT_NOT_SETTLED",
    "CLIENT_ERASED",
    "RECORD_SIGNED",
    "RECORD_NOT_SIGNED",
    "NOTHING_NOTED",
    "NOT_THEIR_SESSION",
    "NO_ADVICE",
    "NOT_COMPLETED",
    "RECEIPT_STANDS",
    "RECEIPT_VOID",
    "MORE_THAN_DUE",
    "MORE_THAN_PAID",
    "NOT_PAID",
    "RECEIPT_INCOMPLETE",
    "UNDO_AFTER_RECEIPT",
];

#[test]
fn random_commands_agree_with_the_oracle() {
    let (seed, rounds) = (seed(20_261_020), rounds(320_000));
    println!("seed {seed}, at least {rounds} commands");
    let mut counts = Counts::default();
    let mut random = Random::new(seed);
    while counts.commands() < rounds {
        let mut run = Run::new(Random::new(random.next_u64()), &mut counts);
        while !run.is_over() && counts.commands() < rounds {
            run.step(&mut counts);
        }
        run.replay(&mut counts);
    }
    report(&counts);
    let share = counts.accepted() * 100 / counts.commands();
    assert!(share >= 30, "only {share} % of the commands were accepted");
    if rounds >= 100_000 {
        every_kind_and_reason(&counts);
        assert!(counts.repaired > 100, "only {} repairs", counts.repaired);
    }
}

fn report(counts: &Counts) {
    println!(
        "{} commands, {} accepted; {} proposals and {} alternatives booked; {} reloads and {} replays compared; {} repairs planned and applied",
        counts.commands(),
        counts.accepted(),
        counts.proposals,
        counts.alternatives,
        counts.reloads,
        counts.replays,
        counts.repaired
    );
    for kind in CommandKind::ALL {
        let (accepted, refused) = counts.of(*kind);
        println!("{kind:>20} {accepted:>7} accepted {refused:>7} refused");
    }
    for reason in Refusal::REASONS {
        println!(
            "{:>28} {:>7}",
            reason,
            counts.reasons.get(reason).copied().unwrap_or(0)
        );
    }
}

/// Every kind of command and every reason was met at least 100 times, and each kind was accepted.
fn every_kind_and_reason(counts: &Counts) {
    let mut rare = Vec::new();
    for kind in CommandKind::ALL {
        if OCCUPY_NOTHING.contains(kind) {
            continue;
        }
        let (accepted, refused) = counts.of(*kind);
        if accepted == 0 || accepted + refused < 100 {
            rare.push((kind.as_str(), accepted));
        }
    }
    for reason in Refusal::REASONS {
        let times = counts.reasons.get(reason).copied().unwrap_or(0);
        if times < 100 && !UNREACHABLE.contains(reason) && !OF_THOSE.contains(reason) {
            rare.push((reason, times));
        }
    }
    assert!(
        rare.is_empty(),
        "met less than 100 times, or never accepted: {rare:?}"
    );
}
