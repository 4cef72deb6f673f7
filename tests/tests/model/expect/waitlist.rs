//! The waitlist's commands.

use treadwell_clinic::command::{MakeOffer, PutOnWaitlist, WaitlistStep};
use treadwell_clinic::limits;
use treadwell_clinic::model::WaitlistPhase;

use super::*;
use crate::waitlist::Waits;

impl Case<'_> {
    /// What the oracle says of a command of the waitlist.
    pub(crate) fn waitlist(&self, command: &Command) -> Expected {
        match command {
            Command::PutOnWaitlist(new) => self.put_on_waitlist(new).into(),
            Command::UpdateWaitlistEntry(update) => match self.waits(update.entry) {
                Ok(waits) => Self::is_free(waits).into(),
                Err(reasons) => reasons.into(),
            },
            Command::WithdrawWaitlistEntry(step) => match self.waits(*step) {
                Ok(waits) if !waits.is_live() => vec!["NOT_WAITING"].into(),
                Ok(waits) => self.at_the_offers_site(waits).into(),
                Err(reasons) => reasons.into(),
            },
            Command::MakeOffer(make) => self.make_offer(make),
            Command::RecordContact(step) => match self.offered(*step) {
                Ok((_, (_, held), told)) => {
                    let late = (held.expires <= self.now).then_some("HOLD_EXPIRED");
                    let told = told.then_some("CONTACT_RECORDED");
                    late.into_iter().chain(told).collect::<Vec<_>>().into()
                }
                Err(reasons) => reasons.into(),
            },
            Command::AcceptOffer { entry, .. } => match self.offered(*entry) {
                Ok((waits, (hold, held), _)) => {
                    self.taking_hold(hold, held, Some(waits.client), None)
                }
                Err(reasons) => reasons.into(),
            },
            Command::DeclineOffer { entry, .. } => {
                self.offered(*entry).err().unwrap_or_default().into()
            }
            // The server offers what it can; it is refused nothing.
            _ => Expected::Accepted,
        }
    }

    fn put_on_waitlist(&self, new: &PutOnWaitlist) -> Reasons {
        let (oracle, wanted) = (self.oracle, &new.wanted);
        let unique: BTreeSet<_> = wanted.extensions.iter().collect();
        let mut reasons = Self::invalid(unique.len() == wanted.extensions.len());
        for site in &wanted.sites {
            reasons.extend(self.reach(*site));
        }
        let known = wanted.sites.iter().all(|it| oracle.sites.contains_key(it))
            && oracle.clients.contains(&new.client)
            && oracle.services.contains_key(&wanted.service)
            && wanted
                .therapist
                .named()
                .is_none_or(|it| oracle.therapists.contains_key(&it));
        if !known {
            reasons.push("NOT_FOUND");
            return reasons;
        }
        let has = &oracle.services[&wanted.service].extensions;
        if wanted
            .extensions
            .iter()
            .any(|id| has.iter().all(|it| it.id != *id))
        {
            reasons.push("NOT_AN_EXTENSION");
        }
        let mine = oracle.waiting.values();
        let mine = mine.filter(|it| it.client == new.client && it.is_live());
        if mine.count() >= limits::WAITLIST_PER_CLIENT {
            reasons.push("TOO_MANY_WISHES");
        }
        reasons
    }

    fn waits(&self, step: WaitlistStep) -> Result<&Waits, Reasons> {
        let waits = self.oracle.waiting.get(&step.entry);
        let waits = waits.ok_or_else(|| vec!["NOT_FOUND"])?;
        let mut sites = waits.wanted.sites.iter();
        let mut reasons = Vec::new();
        if !sites.any(|&site| self.actor.sites.allow(site)) {
            reasons.push("NOT_FOUND");
        }
        if step.etag.is_some() {
            reasons.push("STALE");
        }
        if reasons.is_empty() {
            Ok(waits)
        } else {
            Err(reasons)
        }
    }

    fn is_free(waits: &Waits) -> Reasons {
        match waits.phase {
            WaitlistPhase::Waiting => Vec::new(),
            WaitlistPhase::Offered => vec!["OFFER_OPEN"],
            WaitlistPhase::Booked | WaitlistPhase::Withdrawn => vec!["NOT_WAITING"],
        }
    }

    fn at_the_offers_site(&self, waits: &Waits) -> Reasons {
        let place = waits.offer.map(|(_, place, _)| place);
        place.map_or_else(Vec::new, |place| self.reach(place.0))
    }

    /// Who is offered what, and whether they were told.
    fn offered(&self, step: WaitlistStep) -> Result<(&Waits, (HoldId, &Held), bool), Reasons> {
        let waits = self.waits(step)?;
        if !waits.is_live() {
            return Err(vec!["NOT_WAITING"]);
        }
        let (hold, _, told) = waits.offer.ok_or_else(|| vec!["NO_OFFER"])?;
        let reach = self.at_the_offers_site(waits);
        if !reach.is_empty() {
            return Err(reach);
        }
        Ok((waits, (hold, &self.oracle.holds[&hold]), told))
    }

    fn make_offer(&self, make: &MakeOffer) -> Expected {
        let waits = match self.waits(make.entry) {
            Ok(waits) => waits,
            Err(reasons) => return reasons.into(),
        };
        let holds = self.oracle.holds.values();
        let mine = holds.filter(|it| it.by == self.actor.key && it.moves.is_none());
        let mine = mine.count();
        let too_many = mine >= usize::from(self.oracle.policy.holds_per_key);
        let mut reasons = Vec::new();
        if let Some(place) = &make.place {
            reasons.extend(self.names(&waits.wish(place)));
            if !reasons.is_empty() {
                return reasons.into();
            }
            let only = waits.wanted.therapist.only();
            let wished = waits.wanted.sites.contains(&place.site)
                && only.is_none_or(|only| place.therapist.is_none_or(|named| named == only))
                && self.oracle.in_time(&waits.wanted, at(place.start));
            if !wished {
                reasons.push("NOT_WISHED");
            }
        }
        reasons.extend(Self::is_free(waits));
        reasons.extend(too_many.then_some("TOO_MANY_HOLDS"));
        if !reasons.is_empty() {
            return reasons.into();
        }
        let Some(place) = &make.place else {
            let fits = self
                .oracle
                .could_have_something(waits, self.actor, self.now);
            let reasons = if fits {
                Vec::new()
            } else {
                vec!["NOTHING_FITS"]
            };
            return reasons.into();
        };
        let expected = self.placed(&waits.wish(place), true, None);
        if expected == Expected::Accepted && !self.oracle.could_have(waits, place) {
            return vec!["PASSED_BEFORE"].into();
        }
        expected
    }
}
