//! What a therapist asks: to be on shift, entitled to the work, free until feet
//! or hands are washed, and able to get from one site to the other.

use jiff::civil::Date;

use super::{Demand, Except, Frame, span};
use crate::cells::{Mask, Occupancy};
use crate::clinic::Clinic;
use crate::id::{CredentialId, SiteId};
use crate::limits;
use crate::model::{CredentialFault, Fault, Retired, Site, Therapist};
use crate::time::{Cell, Interval};

/// A therapist's part in the judgement.
pub(crate) struct TherapistRule<'a> {
    pub(crate) therapist: &'a Therapist,
    site: &'a Site,
    session: u32,
    /// How long the therapist is occupied.
    pub(crate) cells: u32,
    credentials: &'a [CredentialId],
    /// The last local date on which all credentials that the work needs are valid;
    /// none where one is missing.
    entitled: Option<Date>,
    clinic: &'a Clinic,
    shift: &'a Occupancy,
    absent: &'a Occupancy,
    /// Where the therapist is taken, and the travel gap from there, in cells.
    taken: Vec<(SiteId, &'a Occupancy, u32)>,
    except: Except<'a>,
}

/// What a therapist's masks say of one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TherapistDay {
    /// The cells at which the therapist works at the site and nobody else has them.
    pub(crate) free: Mask,
    /// Where the therapist allows the session to start on the frame's date.
    pub(crate) starts: Mask,
}

impl<'a> TherapistRule<'a> {
    pub(crate) fn new(
        clinic: &'a Clinic,
        demand: &Demand<'a>,
        therapist: &'a Therapist,
        site: &'a Site,
        except: Except<'a>,
    ) -> Self {
        let gap = |other| clinic.policy().travel_gap(site.id, other).cells();
        Self {
            therapist,
            site,
            session: demand.session,
            cells: demand.therapist,
            credentials: &demand.service.credentials,
            entitled: entitled(therapist, &demand.service.credentials),
            clinic,
            shift: clinic.shift_occupancy(therapist.id, site.id),
            absent: clinic.absent_occupancy(therapist.id),
            taken: clinic
                .therapist_occupancies(therapist.id)
                .map(|(other, cells)| (other, cells, gap(other)))
                .collect(),
            except,
        }
    }

    /// Whether the therapist could serve at some time, on some shift.
    pub(crate) fn can_serve(demand: &Demand<'_>, therapist: &Therapist) -> bool {
        !therapist.retired && entitled(therapist, &demand.service.credentials).is_some()
    }

    /// Whether the therapist has any shifts at the site that count.
    fn works_here(&self) -> bool {
        self.therapist.sites.contains(&self.site.id) && !self.shift.is_empty()
    }

    /// The therapist's day.
    pub(crate) fn day(&self, frame: &Frame) -> TherapistDay {
        if self.therapist.retired || !self.works_here() || self.entitled < Some(frame.date) {
            return TherapistDay {
                free: Mask::NONE,
                starts: Mask::NONE,
            };
        }
        let shift = self.shift.window(frame.base) & !self.absent.window(frame.base);
        let unbusy = !self.busy(frame);
        TherapistDay {
            free: shift & unbusy,
            starts: shift.starts(self.session) & unbusy.starts(self.cells),
        }
    }

    /// The cells that other work takes, travel to it and from it included.
    fn busy(&self, frame: &Frame) -> Mask {
        let mut busy = Mask::NONE;
        for &(site, cells, gap) in &self.taken {
            let mut there = cells.window(frame.base);
            for released in self.released(site) {
                there = there & !frame.mask(released);
            }
            busy = busy | there.dilate(gap);
        }
        busy
    }

    /// The therapist's time at `site` of what counts as free.
    fn released(&self, site: SiteId) -> impl Iterator<Item = Interval> {
        let own = self.except.slots.into_iter().flatten();
        own.filter(move |slot| slot.therapist == self.therapist.id && slot.site == site)
            .map(|slot| slot.occupies.therapist)
    }

    /// Names what stands against a start.
    pub(crate) fn faults(&self, start: Cell, faults: &mut Vec<Fault>) {
        let therapist = self.therapist.id;
        if self.therapist.retired {
            faults.push(Fault::Retired(Retired::Therapist));
        }
        let date = self.site.zone.date(start);
        for (kind, fault) in lacking(self.therapist, self.credentials, date) {
            faults.push(Fault::Credential {
                therapist,
                kind,
                fault,
            });
        }
        let (Some(session), Some(time)) = (span(start, self.session), span(start, self.cells))
        else {
            return;
        };
        let site = self.site.id;
        let away = !self.absent.is_free(session);
        if !self.works_here() || !self.shift.covers(session) || away {
            faults.push(Fault::OffShift { therapist, site });
        }
        let wide = Interval::new(
            time.start().minus(limits::TRAVEL),
            time.end().plus(limits::TRAVEL),
        );
        let near = self
            .clinic
            .therapist_agenda(therapist, wide.unwrap_or(time));
        for entry in near.filter(|entry| !self.except.is(entry.by)) {
            let there = self.clinic.slot_of(entry.by).map_or(site, |slot| slot.site);
            let gap = self.clinic.policy().travel_gap(site, there);
            if entry.time.overlaps(time) {
                faults.push(Fault::TherapistTaken {
                    therapist,
                    by: entry.by,
                });
            } else if entry.time.start() < time.end().plus(gap)
                && time.start() < entry.time.end().plus(gap)
            {
                faults.push(Fault::Travel {
                    therapist,
                    by: entry.by,
                    gap,
                });
            }
        }
    }
}

/// The credentials among those needed that a therapist does not hold on a local date, and why not.
pub(crate) fn lacking(
    therapist: &Therapist,
    needed: &[CredentialId],
    date: Date,
) -> impl Iterator<Item = (CredentialId, CredentialFault)> {
    needed.iter().filter_map(move |&kind| {
        let fault = match therapist.credential(kind) {
            None => CredentialFault::Missing,
            Some(credential) => CredentialFault::Expired(credential.expired(date)?),
        };
        Some((kind, fault))
    })
}

/// The last local date on which a therapist has every credential that is needed; none where one is missing.
pub(crate) fn entitled(therapist: &Therapist, needed: &[CredentialId]) -> Option<Date> {
    needed.iter().try_fold(Date::MAX, |last, &kind| {
        Some(last.min(therapist.credential(kind)?.expires.unwrap_or(Date::MAX)))
    })
}
