//! Screening, in the oracle's words.

use super::*;

impl Oracle {
    /// Whether screening refuses a client the service at that start, and how.
    pub(crate) fn excludes(
        &self,
        client: ClientId,
        service: ServiceId,
        start: Minute,
    ) -> Option<&'static str> {
        let service = &self.services[&service];
        if !matches!(service.modality, Modality::Barefoot | Modality::Combination) {
            return None;
        }
        match self.screen(client, service.id, stamp(start)) {
            Verdict::Excluded => Some("SCREENING_EXCLUDED"),
            Verdict::Until => Some("SCREENING_EXCLUDED_UNTIL"),
            Verdict::Incomplete => Some("SCREENING_INCOMPLETE"),
            Verdict::Review | Verdict::Clear => None,
        }
    }

    /// What screening says of a client for a service that starts at `at`.
    pub(crate) fn screen(&self, client: ClientId, service: ServiceId, at: Timestamp) -> Verdict {
        let rules = &self.rule_sets[&self.services[&service].rule_set.to_string()];
        let review_only = !matches!(
            self.services[&service].modality,
            Modality::Barefoot | Modality::Combination
        );
        let none = BTreeMap::new();
        let answers = self
            .declarations
            .get(&client)
            .map_or(&none, |declared| &declared.answers);
        let mut worst = Verdict::Clear;
        for rule in &rules.rules {
            let Some((answer, asked)) = answers.get(&rule.condition) else {
                worst = worst.max(Verdict::Incomplete);
                continue;
            };
            let asked_on = asked.to_zoned(self.zone.clone()).date();
            let good_until = asked_on + i32::from(self.policy.declaration_months).months();
            if self.midnight(good_until) <= at {
                worst = worst.max(Verdict::Incomplete);
            }
            if let Answer::Yes(when) = answer {
                let one = if review_only {
                    Verdict::Review
                } else {
                    self.excluded(rule.condition, *when, at)
                };
                worst = worst.max(one);
            }
        }
        worst
    }

    /// What a yes means for barefoot work, by the world's table of windows.
    pub(crate) fn excluded(&self, condition: ConditionId, when: When, at: Timestamp) -> Verdict {
        let of = condition.to_string();
        let window = crate::world::CONDITIONS
            .iter()
            .find(|(name, _)| *name == of)
            .expect("known")
            .1;
        let (first, last, latest) = match when {
            When::Instant(instant) => {
                (instant, instant.to_zoned(self.zone.clone()).date(), instant)
            }
            When::Date(date) => (
                self.midnight(date),
                date,
                self.midnight(date.tomorrow().expect("in range")),
            ),
            When::Month { year, month } => {
                let first = Date::constant(year, month, 1);
                let next = first.last_of_month().tomorrow().expect("in range");
                (
                    self.midnight(first),
                    first.last_of_month(),
                    self.midnight(next),
                )
            }
            When::Unknown => return Verdict::Excluded,
        };
        let end = match window {
            Window::Ever | Window::WhilePresent => return Verdict::Excluded,
            Window::Months(n) => self.midnight(last + i32::from(n).months()),
            Window::Weeks(n) => self.midnight(last + (i32::from(n) * 7).days()),
            Window::Hours(n) => latest + (i64::from(n) * 3600).seconds(),
        };
        if first <= at && at < end {
            Verdict::Until
        } else {
            Verdict::Clear
        }
    }
}
