use crate::id::{ShiftId, SiteId, TemplateId, TherapistId};
use crate::time::Interval;

/// A stretch of time in which a therapist works at one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The shift's id.
    pub id: ShiftId,
    /// Who works.
    pub therapist: TherapistId,
    /// Where.
    pub site: SiteId,
    /// From when until when.
    pub time: Interval,
    /// Breaks inside the shift, in order and apart from each other.
    pub breaks: Vec<Interval>,
    /// The weekly template that it was made from; none when it stands by itself.
    pub template: Option<TemplateId>,
}

impl Shift {
    /// The intervals of the shift outside its breaks, in order.
    pub fn working(&self) -> impl Iterator<Item = Interval> + '_ {
        let starts =
            std::iter::once(self.time.start()).chain(self.breaks.iter().map(|pause| pause.end()));
        let ends = self
            .breaks
            .iter()
            .map(|pause| pause.start())
            .chain(std::iter::once(self.time.end()));
        starts
            .zip(ends)
            .filter_map(|(start, end)| Interval::new(start, end))
    }
}
