//! From rules and answers to findings that hold for a stretch of time.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::cells::Mask;
use crate::id::{ConditionId, DeclarationId, RuleSetId};
use crate::model::{
    Answer, Declaration, Effect, Eligible, Outcome, Reason, RuleSet, Screening, Verdict, When,
    Window,
};
use crate::time::{Cell, Interval, Zone, months_after, weeks_after};

/// All that a declaration gives rise to under a rule set, whenever it holds.
#[derive(Clone, Debug)]
pub struct Findings {
    rule_set: RuleSetId,
    version: u32,
    declaration: Option<DeclarationId>,
    zone: Zone,
    /// In the rule set's order.
    all: Vec<Finding>,
}

/// One verdict and the moments it holds for: `from` belongs to them, `until`
/// does not. `Timestamp::MIN` and `MAX` stand for always.
#[derive(Clone, Copy, Debug)]
struct Finding {
    condition: ConditionId,
    verdict: Verdict,
    /// The condition is one to be shown only: whatever is found of it leads to nothing.
    gentle: bool,
    from: Timestamp,
    until: Timestamp,
}

impl Finding {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// How bad the outcome is that this finding alone leads to. Also the order in
    /// which the outcome is chosen among several findings.
    fn severity(&self) -> u8 {
        match self.verdict {
            _ if self.gentle => 0,
            Verdict::Caution => 0,
            Verdict::NeedsReview => 1,
            Verdict::NotAsked | Verdict::Outdated => 2,
            Verdict::ExcludedUntil(_) => 3,
            Verdict::DateUnknown | Verdict::Excluded => 4,
        }
    }
}

impl Findings {
    /// Applies each rule to its answer. See [`super::evaluate`].
    pub fn new(
        rules: &RuleSet,
        declaration: Option<&Declaration>,
        zone: &Zone,
        validity_months: u16,
    ) -> Self {
        let mut findings = Self {
            rule_set: rules.id,
            version: rules.version,
            declaration: declaration.map(|declaration| declaration.id),
            zone: zone.clone(),
            all: Vec::new(),
        };
        for rule in &rules.rules {
            let gentle = rule.effect == Effect::Caution;
            let given = declaration.and_then(|declaration| declaration.answer(rule.condition));
            let Some(given) = given else {
                findings.always(rule.condition, Verdict::NotAsked, gentle);
                continue;
            };
            let asked = zone.local(given.asked_at).date();
            findings.all.push(Finding {
                condition: rule.condition,
                verdict: Verdict::Outdated,
                gentle,
                from: zone.start_of(months_after(asked, validity_months)),
                until: Timestamp::MAX,
            });
            if let Answer::Yes(when) = given.answer {
                findings.add_yes(rule.condition, rule.effect, when);
            }
        }
        findings
    }

    /// The screening at one moment.
    pub fn at(&self, at: Timestamp) -> Screening {
        let holding = || self.all.iter().filter(|finding| finding.holds(at));
        let reasons = holding()
            .map(|finding| Reason {
                condition: finding.condition,
                verdict: finding.verdict,
            })
            .collect();
        let mut screening = Screening {
            outcome: Outcome::Clear,
            reasons,
            rule_set: self.rule_set,
            version: self.version,
            declaration: self.declaration,
        };
        screening.outcome = match holding().map(Finding::severity).max() {
            None | Some(0) => Outcome::Clear,
            Some(1) => Outcome::NeedsReview,
            Some(2) => Outcome::Incomplete {
                unanswered: screening.unanswered(),
            },
            Some(3) => Outcome::ExcludedUntil(self.first_eligible(at)),
            Some(_) => Outcome::Excluded,
        };
        screening
    }

    /// The cells of the window from `base` on at which barefoot work may not
    /// start, because its outcome there is excluded or incomplete.
    pub fn refused(&self, base: Cell) -> Mask {
        self.all
            .iter()
            .filter(|finding| finding.severity() > 1)
            .filter_map(|finding| {
                Interval::new(
                    Cell::at_or_after(finding.from),
                    Cell::at_or_after(finding.until),
                )
            })
            .fold(Mask::NONE, |all, cells| all | Mask::of(base, cells))
    }

    fn always(&mut self, condition: ConditionId, verdict: Verdict, gentle: bool) {
        self.all.push(Finding {
            condition,
            verdict,
            gentle,
            from: Timestamp::MIN,
            until: Timestamp::MAX,
        });
    }

    fn add_yes(&mut self, condition: ConditionId, effect: Effect, when: When) {
        match effect {
            Effect::Caution => self.always(condition, Verdict::Caution, true),
            Effect::Review => self.always(condition, Verdict::NeedsReview, false),
            Effect::Exclude(window) if !window.is_dated() => {
                self.always(condition, Verdict::Excluded, false);
            }
            Effect::Exclude(window) => match excluded(window, when, &self.zone) {
                None => self.always(condition, Verdict::DateUnknown, false),
                Some((from, eligible)) => self.all.push(Finding {
                    condition,
                    gentle: false,
                    verdict: Verdict::ExcludedUntil(eligible),
                    from,
                    until: eligible.instant(&self.zone),
                }),
            },
        }
    }

    /// The end of the latest window: the first moment not before `at` that lies in
    /// none. A window may begin before another ends (a planned surgery), so the
    /// latest end of those that hold is tried again.
    fn first_eligible(&self, at: Timestamp) -> Eligible {
        let mut eligible = Eligible::Instant(at);
        let mut instant = at;
        let window = |finding: &Finding| match finding.verdict {
            Verdict::ExcludedUntil(eligible) => Some((finding.until, eligible)),
            _ => None,
        };
        while let Some((until, end)) = self
            .all
            .iter()
            .filter(|finding| finding.holds(instant))
            .filter_map(window)
            .max_by_key(|&(until, _)| until)
        {
            (instant, eligible) = (until, end);
        }
        eligible
    }
}

/// From when until when an event excludes; none when nobody knows its date.
///
/// It begins with the earliest and ends counted from the latest moment at which
/// the event can have been: in doubt the answer is the safe one.
fn excluded(window: Window, when: When, zone: &Zone) -> Option<(Timestamp, Eligible)> {
    let (from, last, latest) = match when {
        When::Unknown => return None,
        When::Month { year, month } => {
            let first = Date::new(year, month, 1).ok()?;
            let last = first.last_of_month();
            (zone.start_of(first), last, zone.end_of(last))
        }
        When::Date(date) => (zone.start_of(date), date, zone.end_of(date)),
        When::Instant(instant) => (instant, zone.local(instant).date(), instant),
    };
    let eligible = match window {
        Window::Months(months) => Eligible::Date(months_after(last, months)),
        Window::Weeks(weeks) => Eligible::Date(weeks_after(last, weeks)),
        Window::Hours(hours) => {
            let end = latest.checked_add(i64::from(hours).hours());
            Eligible::Instant(end.unwrap_or(Timestamp::MAX))
        }
        // These have no date; the caller does not ask.
        Window::Ever | Window::WhilePresent => return None,
    };
    Some((from, eligible))
}
