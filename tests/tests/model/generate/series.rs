//! Series: new ones, and what is done to those that are there.

use treadwell_clinic::command::{BookSeries, CancelSeries, MoveSeries, OnImpossible, SeriesScope};

use super::*;
use crate::series::AHEAD;

impl Generator {
    /// Something about a series: a new one, or one that is there.
    pub(crate) fn series(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let skip = self.one_in(2);
        let on_impossible = if skip {
            OnImpossible::Skip
        } else {
            OnImpossible::FailAll
        };
        if self.one_in(2) {
            let hold = self.one_in(4).then(|| self.hold(oracle));
            let first = match hold {
                Some(hold) => BookSource::Hold {
                    hold,
                    client: self.one_in(2).then(|| self.client(oracle)),
                },
                None => BookSource::Wish(self.wish(oracle, now)),
            };
            return Command::BookSeries(Box::new(BookSeries {
                first,
                every_days: 1 + u16::from(self.one_in(3)),
                times: if self.one_in(40) {
                    1
                } else {
                    2 + u16::from(self.one_in(2)) + u16::from(self.one_in(3))
                },
                on_impossible,
                note: String::new(),
            }));
        }
        let mut step = self.step(oracle, &AHEAD);
        let live = oracle.appointments.iter();
        let live = live.filter(|(_, it)| it.series.is_some() && AHEAD.contains(&it.phase));
        if let Some(member) = self
            .pick(live.map(|(id, _)| *id))
            .filter(|_| !self.one_in(12))
        {
            step.appointment = member;
        }
        let scope = if self.one_in(2) {
            SeriesScope::Following
        } else {
            SeriesScope::All
        };
        if self.one_in(5) {
            return Command::CancelSeries(CancelSeries {
                cancel: Cancel {
                    step,
                    reason: if self.one_in(30) {
                        CancelReason::Undone
                    } else {
                        CancelReason::ClientRequest
                    },
                    note: String::new(),
                },
                scope,
            });
        }
        let start = self.new_start(oracle, step.appointment, now);
        let site = self.site();
        Command::MoveSeries(Box::new(MoveSeries {
            step,
            scope,
            to: NewPlace {
                start: (!self.one_in(6)).then_some(start),
                site: self.one_in(12).then_some(site),
                room: self.one_in(6).then(|| self.room_at(oracle, site)),
                therapist: self.one_in(6).then(|| self.therapist_at(oracle, site)),
                extensions: self.one_in(8).then(|| self.extensions()),
            },
            on_impossible,
        }))
    }

    /// A little earlier or later than an appointment is, or into the place that the next of its series leaves.
    fn new_start(&mut self, oracle: &Oracle, of: AppointmentId, now: Timestamp) -> Cell {
        let Some(booked) = oracle.appointments.get(&of).filter(|_| !self.one_in(4)) else {
            return self.start(oracle, now);
        };
        let days = Minute::from(self.random.below(3)) - 1;
        let minutes = 15 * (Minute::from(self.random.below(9)) - 4);
        let shifted = if self.one_in(3) { 0 } else { minutes };
        cell(oracle.days_later(booked.place.start, days) + shifted)
    }
}
