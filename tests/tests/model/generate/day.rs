//! What happens at the desk and in the rooms: declarations, reviews, checklists, feet.

use super::*;

impl Generator {
    pub(crate) fn answers(
        &mut self,
        now: Timestamp,
    ) -> Vec<(treadwell_clinic::id::ConditionId, Answer)> {
        let complete = !self.one_in(10);
        // One client in four has something, mostly something that passes.
        let yes = match self.random.below(12) {
            0 | 1 => Some(self.random.below(3)),
            2 => Some(self.random.below(6)),
            _ => None,
        };
        let mut answers = Vec::new();
        for (n, (name, _)) in (0..).zip(world::CONDITIONS) {
            if !complete && self.one_in(3) {
                continue;
            }
            let answer = if yes == Some(n) {
                Answer::Yes(self.when(now))
            } else {
                Answer::No
            };
            answers.push((world::condition(name), answer));
        }
        answers
    }

    pub(crate) fn when(&mut self, now: Timestamp) -> When {
        let days = i64::from(self.random.below(100)) - 10;
        let at = now - (days * 24).hours();
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        match self.random.below(6) {
            0 => When::Unknown,
            1 => When::Month {
                year: day.year(),
                month: day.month(),
            },
            2 => When::Instant(at),
            _ => When::Date(day),
        }
    }

    pub(crate) fn cancel(&mut self, oracle: &Oracle) -> Command {
        let reasons = [
            CancelReason::ClientRequest,
            CancelReason::Weather,
            CancelReason::Undone,
        ];
        let at = if self.one_in(30) {
            2
        } else {
            self.random.below(2) as usize
        };
        Command::Cancel(Cancel {
            step: self.step(oracle, &[Phase::Booked, Phase::Confirmed, Phase::Arrived]),
            reason: reasons[at],
            note: String::new(),
        })
    }

    pub(crate) fn turnover(&mut self, oracle: &Oracle) -> Command {
        let open = self.pick(oracle.turnovers.keys().copied());
        let room = open
            .filter(|_| !self.one_in(8))
            .unwrap_or_else(|| self.room_at(oracle, world::site("halifax")));
        if self.one_in(2) {
            return Command::CompleteTurnover { room };
        }
        let names = ["stools", "mats", "pumps", "linen", "window", "lava-lamp"];
        let most = if self.one_in(8) { 6 } else { 5 };
        let count = self.random.below(3);
        let items = (0..count)
            .map(|_| world::item(names[self.random.below(most) as usize]))
            .collect();
        Command::CompleteItems { room, items }
    }

    pub(crate) fn declare(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let asked_at = match self.random.below(10) {
            0 => Some(now - (24 * 400).hours()),
            1 => Some(now + 1.hours()),
            _ => None,
        };
        Command::RecordDeclaration(RecordDeclaration {
            client: self.client(oracle),
            answers: self.answers(now),
            earlier: if self.one_in(3) {
                EarlierAnswers::Keep
            } else {
                EarlierAnswers::Drop
            },
            asked_at,
        })
    }

    pub(crate) fn review(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let decision = match self.random.below(5) {
            0 | 2 => ReviewDecision::Decline,
            1 => ReviewDecision::Modify,
            _ => ReviewDecision::Proceed,
        };
        let step = if self.one_in(2) {
            self.step_near(oracle, now, &[Phase::Arrived])
        } else {
            self.step(oracle, &[Phase::Booked, Phase::Confirmed, Phase::Arrived])
        };
        Command::ReviewScreening(ReviewScreening {
            step,
            decision,
            note: if self.one_in(8) {
                String::new()
            } else {
                "lighter".to_owned()
            },
        })
    }

    pub(crate) fn attest(&mut self, oracle: &Oracle) -> Command {
        let site = self.site();
        Command::AttestFootCare(AttestFootCare {
            therapist: self.therapist_at(oracle, site),
            site,
            care: Care::default(),
            polish_free: !self.one_in(8),
        })
    }
}
