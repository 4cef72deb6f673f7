//! What a client asks: to be nowhere else, and, for barefoot work, a screening
//! that allows it.

use super::{Demand, Except, Frame, findings, span};
use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::ClientId;
use crate::model::{Fault, Outcome};
use crate::screening::Findings;
use crate::time::{Cell, Zone};

/// A client's part in the judgement.
pub(crate) struct ClientRule<'a> {
    clinic: &'a Clinic,
    client: ClientId,
    session: u32,
    /// Present where they can refuse the work.
    findings: Option<Findings>,
    except: Except<'a>,
}

impl<'a> ClientRule<'a> {
    pub(crate) fn new(
        clinic: &'a Clinic,
        demand: &Demand<'_>,
        client: ClientId,
        zone: &Zone,
        except: Except<'a>,
    ) -> Self {
        let barefoot = demand.service.modality.is_barefoot();
        Self {
            clinic,
            client,
            session: demand.session,
            findings: barefoot.then(|| findings(clinic, client, demand.service, zone)),
            except,
        }
    }

    /// The same without screening: a hold may be made while the questions are asked.
    #[must_use]
    pub(crate) fn unscreened(self) -> Self {
        Self {
            findings: None,
            ..self
        }
    }

    /// From when on a client whom screening excludes for a time at `at` will be eligible. None where
    /// screening does not count, or excludes nobody, or for good.
    pub(crate) fn eligible(&self, at: Cell, zone: &Zone) -> Option<Cell> {
        match self.findings.as_ref()?.at(at.timestamp()).outcome {
            Outcome::ExcludedUntil(from) => Some(Cell::at_or_after(from.instant(zone))),
            _ => None,
        }
    }

    /// Where the client allows a session to start.
    pub(crate) fn starts(&self, frame: &Frame) -> Mask {
        let mut taken = Mask::NONE;
        for entry in self.clinic.client_agenda(self.client, frame.window()) {
            if !self.except.is(entry.by) {
                taken = taken | frame.mask(entry.time);
            }
        }
        let free = (!taken).starts(self.session);
        self.findings
            .as_ref()
            .map_or(free, |findings| free & !findings.refused(frame.base))
    }

    /// Names what stands against a start.
    pub(crate) fn faults(&self, start: Cell, faults: &mut Vec<Fault>) {
        if let Some(findings) = &self.findings {
            let screening = findings.at(start.timestamp());
            if screening.outcome.refuses_barefoot() {
                faults.push(Fault::Screening(Box::new(screening)));
            }
        }
        let time = span(start, self.session);
        for entry in time
            .into_iter()
            .flat_map(|time| self.clinic.client_agenda(self.client, time))
        {
            if !self.except.is(entry.by) {
                faults.push(Fault::ClientTaken { by: entry.by });
            }
        }
    }
}
