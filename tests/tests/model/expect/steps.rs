//! Steps of an appointment, its session and its room's turnover.

use super::*;
use crate::oracle::stamp;

impl Case<'_> {
    /// What is wrong with a step of an appointment, which has to be in one of the phases.
    pub(crate) fn step(&self, step: Step, phases: &[Phase]) -> Reasons {
        let Some(booked) = self.oracle.appointments.get(&step.appointment) else {
            return vec!["NOT_FOUND"];
        };
        let mut reasons = self.finds(booked.place.site);
        if step.etag.is_some() {
            // The generator's etags are those of the catalog's first commit.
            reasons.push("STALE");
        }
        if !phases.contains(&booked.phase) {
            reasons.push("WRONG_PHASE");
        }
        reasons
    }

    pub(crate) fn cancel(&self, cancel: &Cancel) -> Reasons {
        let mut reasons = Self::invalid(cancel.reason != CancelReason::Undone);
        reasons.extend(self.step(
            cancel.step,
            &[Phase::Booked, Phase::Confirmed, Phase::Arrived],
        ));
        reasons
    }

    pub(crate) fn no_show(&self, step: Step) -> Reasons {
        let mut reasons = self.step(step, &[Phase::Booked, Phase::Confirmed]);
        let after = i64::from(self.oracle.policy.no_show_after_minutes);
        let early = |it: &Booked| self.now < stamp(it.place.start + after);
        if self
            .oracle
            .appointments
            .get(&step.appointment)
            .is_some_and(early)
        {
            reasons.push("NO_SHOW_TOO_EARLY");
        }
        reasons
    }

    pub(crate) fn check_in(&self, step: Step) -> Reasons {
        let mut reasons = self.step(step, &[Phase::Booked, Phase::Confirmed]);
        if let Some(booked) = self.oracle.appointments.get(&step.appointment) {
            reasons.extend(self.arriving(booked.place.start));
        }
        reasons
    }

    /// The client says that nothing has changed: on arriving, or afterwards.
    pub(crate) fn reconfirm(&self, step: Step) -> Reasons {
        let mut reasons = self.step(step, &[Phase::Booked, Phase::Confirmed, Phase::Arrived]);
        if let Some(booked) = self.oracle.appointments.get(&step.appointment) {
            if booked.phase != Phase::Arrived {
                reasons.extend(self.arriving(booked.place.start));
            }
            if !self.oracle.declarations.contains_key(&booked.client) {
                reasons.push("NOTHING_TO_RECONFIRM");
            }
        }
        reasons
    }

    /// Whether a client who is here is to be asked if anything has changed: an answer that the rules ask for is of another
    /// day than the session, and they did not say so of what they declared last.
    fn asks_again(&self, booked: &Booked) -> bool {
        let oracle = self.oracle;
        let Some(declared) = oracle.declarations.get(&booked.client) else {
            return false;
        };
        let rules = &oracle.rule_sets[&oracle.services[&booked.place.service].rule_set.to_string()];
        let asked = rules
            .rules
            .iter()
            .filter_map(|rule| declared.answers.get(&rule.condition));
        let day = |at: &Timestamp| at.to_zoned(oracle.zone.clone()).date();
        let mut days = asked.map(|(_, at)| day(at));
        let older = days.any(|day| day < oracle.date(booked.place.start));
        older && booked.reconfirmed != Some(declared.id)
    }

    /// Whether a client may arrive now for that start: on its day, or within four hours of it.
    pub(crate) fn arriving(&self, start: Minute) -> Reasons {
        let now = minute(self.now).div_euclid(5) * 5;
        let today = self.now.to_zoned(self.oracle.zone.clone()).date();
        let day = self.oracle.date(start);
        if day == today || (start - now).abs() <= 4 * 60 {
            Vec::new()
        } else if day < today {
            vec!["PAST"]
        } else {
            vec!["TOO_FAR_AHEAD"]
        }
    }

    pub(crate) fn start(&self, step: Step) -> Reasons {
        let mut reasons = self.step(step, &[Phase::Arrived]);
        if reasons.is_empty() {
            // Blockers have an order of their own, that in which they are found here.
            let blockers = self.blockers(
                step.appointment,
                &self.oracle.appointments[&step.appointment],
            );
            reasons = blockers.into_iter().take(1).collect();
        }
        reasons
    }

    /// What keeps a session from starting at this very minute.
    pub(crate) fn blockers(&self, id: AppointmentId, booked: &Booked) -> Reasons {
        let oracle = self.oracle;
        let place = &booked.place;
        let mut reasons = Vec::new();
        let early = i64::from(oracle.policy.early_start_minutes);
        if self.now < stamp(place.start - early) {
            reasons.push("TOO_EARLY");
        }
        let mut running = oracle
            .appointments
            .iter()
            .filter(|(other, it)| **other != id && it.phase == Phase::InSession);
        if running.clone().any(|(_, it)| it.place.room == place.room) {
            reasons.push("ROOM_IN_SESSION");
        }
        if running.any(|(_, it)| it.place.therapist == place.therapist) {
            reasons.push("THERAPIST_IN_SESSION");
        }
        if oracle.turnovers.contains_key(&place.room) {
            reasons.push("ROOM_IN_TURNOVER");
        }
        let service = &oracle.services[&place.service];
        let barefoot = matches!(service.modality, Modality::Barefoot | Modality::Combination);
        let today = self.now.to_zoned(oracle.zone.clone()).date();
        if barefoot && oracle.ready.get(&(place.therapist, today)) != Some(&true) {
            reasons.push("FOOT_CARE_NOT_ATTESTED");
        }
        reasons.extend(self.means_now(place));
        let verdict = oracle.screen(booked.client, place.service, self.now);
        let refused = match verdict {
            Verdict::Excluded if barefoot => Some("SCREENING_EXCLUDED"),
            Verdict::Until if barefoot => Some("SCREENING_EXCLUDED_UNTIL"),
            Verdict::Incomplete if barefoot => Some("SCREENING_INCOMPLETE"),
            _ => None,
        };
        // What lasts longest names the refusal: the client's health before somebody else's place, as for a booking.
        reasons.extend(refused);
        reasons.extend(self.in_the_way(id, place));
        if self.asks_again(booked) {
            reasons.push("NOT_RECONFIRMED");
        }
        if refused.is_none() && verdict != Verdict::Clear {
            match self.review_of(booked) {
                None => reasons.push("REVIEW_NEEDED"),
                Some(ReviewDecision::Decline) => reasons.push("REVIEW_DECLINED"),
                Some(_) => {}
            }
        }
        reasons
    }

    /// Room, bars and certificate as they are when the session would begin now.
    pub(crate) fn means_now(&self, place: &Place) -> Reasons {
        let now = minute(self.now).div_euclid(5) * 5;
        let shift = now - place.start;
        let moved = Place {
            start: now,
            end: place.end + shift,
            client_until: place.client_until + shift,
            therapist_until: place.therapist_until + shift,
            room_until: place.room_until + shift,
            ..place.clone()
        };
        let counts = [
            "ROOM_LACKS_EQUIPMENT",
            "NO_CREDENTIAL",
            "ROOM_OUT",
            "BARS_UNSOUND",
        ];
        let mut reasons = self.oracle.against(&moved, None, false, None);
        reasons.retain(|reason| counts.contains(reason));
        reasons
    }

    /// Whose place a session would take that begins now: before its own plan whatever is kept until then, and once its plan is
    /// over whatever is kept for this minute. In its own time nothing else can be there.
    fn in_the_way(&self, id: AppointmentId, place: &Place) -> Reasons {
        let now = minute(self.now).div_euclid(5) * 5;
        let until = if now < place.start {
            place.start
        } else if now >= place.end {
            now + 1
        } else {
            return Vec::new();
        };
        let (mut room, mut therapist) = (false, false);
        for (other, _) in self.oracle.takers(Some(Taker::Appointment(id))) {
            let begins = other.start < until;
            room |= begins && other.room == place.room && other.room_until > now;
            therapist |=
                begins && other.therapist == place.therapist && other.therapist_until > now;
        }
        let taken = [(room, "ROOM_TAKEN"), (therapist, "THERAPIST_TAKEN")];
        let taken = taken.into_iter().filter(|(is, _)| *is);
        taken.map(|(_, reason)| reason).collect()
    }

    /// The decision on an appointment, if it was made on the declaration and the rules of today.
    pub(crate) fn review_of(&self, booked: &Booked) -> Option<ReviewDecision> {
        let (decision, declaration, version) = booked.review?;
        let latest = self.oracle.declarations.get(&booked.client).map(|it| it.id);
        let rules = &self.oracle.rule_sets[&self.oracle.services[&booked.place.service]
            .rule_set
            .to_string()];
        (declaration == latest && version == rules.version).then_some(decision)
    }

    pub(crate) fn extend(&self, step: Step, by: Minutes) -> Expected {
        if by == Minutes::ZERO {
            return vec!["INVALID"].into();
        }
        let reasons = self.step(step, &[Phase::InSession]);
        if !reasons.is_empty() {
            return reasons.into();
        }
        if self.can_extend(step.appointment, by) {
            Expected::Accepted
        } else {
            vec!["CANNOT_EXTEND"].into()
        }
    }

    /// Whether nothing stands against a longer session that does not stand against the present one.
    fn can_extend(&self, id: AppointmentId, by: Minutes) -> bool {
        let booked = &self.oracle.appointments[&id];
        let longer = longer(&booked.place, by);
        let against = |place| {
            let own = Some(Taker::Appointment(id));
            self.oracle.against(place, Some(booked.client), true, own)
        };
        let before = against(&booked.place);
        let new = against(&longer)
            .into_iter()
            .any(|reason| !before.contains(&reason));
        !new && longer.end - longer.start <= 8 * 60
    }

    /// The latest end of a session that can not be made longer by that much.
    pub(crate) fn latest_end(&self, id: AppointmentId, by: Minutes) -> Minute {
        let shorter = (1..by.get() / 5).rev().map(|cells| 5 * cells);
        let most = shorter
            .filter_map(Minutes::new)
            .find(|&by| self.can_extend(id, by))
            .unwrap_or(Minutes::ZERO);
        self.oracle.appointments[&id].place.end + i64::from(most.get())
    }

    pub(crate) fn turnover(
        &self,
        room: RoomId,
        items: Option<&Vec<treadwell_clinic::id::ItemId>>,
    ) -> Reasons {
        let mut reasons = Self::invalid(items.is_none_or(|items| !items.is_empty()));
        let Some(known) = self.oracle.rooms.get(&room) else {
            reasons.push("NOT_FOUND");
            return reasons;
        };
        reasons.extend(self.reach(known.site));
        match self.oracle.turnovers.get(&room) {
            None => reasons.push("NOT_IN_TURNOVER"),
            Some(turning)
                if items.is_some_and(|items| items.iter().any(|it| !turning.all.contains(it))) =>
            {
                reasons.push("NOT_ON_CHECKLIST");
            }
            Some(_) => {}
        }
        reasons
    }

    pub(crate) fn review(&self, review: &ReviewScreening) -> Reasons {
        let described = review.decision != ReviewDecision::Modify || !review.note.is_empty();
        let mut reasons = Self::invalid(described);
        reasons.extend(self.step(
            review.step,
            &[Phase::Booked, Phase::Confirmed, Phase::Arrived],
        ));
        if self.actor.role != Role::Therapist && self.actor.therapist.is_none() {
            reasons.push("NOT_A_THERAPIST");
        }
        let Some(booked) = self.oracle.appointments.get(&review.step.appointment) else {
            return reasons;
        };
        let service = &self.oracle.services[&booked.place.service];
        let barefoot = matches!(service.modality, Modality::Barefoot | Modality::Combination);
        let verdict = self
            .oracle
            .screen(booked.client, service.id, stamp(booked.place.start));
        let open = match verdict {
            Verdict::Clear => false,
            Verdict::Review => true,
            _ => !barefoot,
        };
        if !open {
            reasons.push("NOTHING_TO_REVIEW");
        }
        reasons
    }
}
