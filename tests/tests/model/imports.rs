//! Files of appointments, told again: each line is a booking of its own, and one that can not be had keeps all others out.

use treadwell_clinic::Command;
use treadwell_clinic::command::{AppointmentLine, ClientNamed, Import};
use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::model::{Change, Phase, Record, Wish};

use super::absorb::Absorb;
use super::expect::{Case, Expected, at};
use super::generate::Generator;
use super::oracle::{Booked, Minute, Oracle};

/// Lines whose starts lie so far apart, in minutes, have nothing to do with each other.
const APART: Minute = 6 * 60;

/// What a line books.
fn asked(line: &AppointmentLine) -> Wish {
    let ClientNamed::Id(client) = line.client else {
        unreachable!("the run names clients by id")
    };
    Wish {
        client: Some(client),
        ..line.wish.clone()
    }
}

impl Generator {
    /// A file of some lines, sometimes of none.
    pub(crate) fn file(&mut self, oracle: &Oracle, now: jiff::Timestamp) -> Command {
        let lines = if self.random.below(40) == 0 {
            0
        } else {
            1 + self.random.below(3)
        };
        let line = |n: u32, generator: &mut Self| {
            let wish = generator.wish(oracle, now);
            AppointmentLine {
                line: n + 2,
                external: String::new(),
                client: ClientNamed::Id(wish.client.expect("a wish names its client here")),
                wish: Wish {
                    client: None,
                    ..wish
                },
                confirmed: generator.random.below(2) == 0,
                note: String::new(),
            }
        };
        Command::ImportAppointments(Box::new(Import {
            lines: (0..lines).map(|n| line(n, self)).collect(),
            skip_existing: false,
        }))
    }
}

impl Case<'_> {
    pub(crate) fn import(&self, import: &Import<AppointmentLine>) -> Expected {
        if import.lines.is_empty() {
            return vec!["INVALID"].into();
        }
        let each = import
            .lines
            .iter()
            .map(|line| self.placed(&asked(line), true, None));
        if each.into_iter().any(|it| it != Expected::Accepted) {
            return vec!["IMPORT_REFUSED"].into();
        }
        let starts: Vec<_> = import
            .lines
            .iter()
            .map(|line| at(line.wish.start))
            .collect();
        let meet = starts.iter().enumerate().any(|(n, one)| {
            let mut later = starts[n + 1..].iter();
            later.any(|other| (one - other).abs() < APART)
        });
        if meet {
            Expected::Unforeseen
        } else {
            Expected::Accepted
        }
    }
}

impl Absorb<'_> {
    /// Each line after those before it, as the oracle then is.
    pub(crate) fn import(&mut self, import: &Import<AppointmentLine>) {
        let made = self.decision.changes.iter().filter_map(Change::after);
        let made: Vec<_> = made
            .map(|record| match record {
                Record::Appointment(it) => std::sync::Arc::clone(it),
                other => panic!("an import makes no {other:?}"),
            })
            .collect();
        assert_eq!(made.len(), import.lines.len(), "all lines");
        for (line, new) in import.lines.iter().zip(made) {
            let wish = asked(line);
            let place = self.chosen(&wish, &new.slot, true, None);
            let booked = Booked {
                reconfirmed: None,
                client: wish.client.expect("it is named"),
                place,
                phase: if line.confirmed {
                    Phase::Confirmed
                } else {
                    Phase::Booked
                },
                review: None,
                late: false,
                series: None,
            };
            let id: AppointmentId = new.id;
            self.oracle.appointments.insert(id, booked);
        }
    }
}
