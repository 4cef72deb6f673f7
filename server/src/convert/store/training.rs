//! The training log.

use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{KeyId, TrainingId};
use treadwell_clinic::model::{Learned, Training, TrainingKind};

use super::value::{date, date_form, ids, instant, instant_form, texts};
use super::{Bad, Stored};

/// The kinds of training with their stored numbers.
const KINDS: [(u32, TrainingKind); 5] = [
    (1, TrainingKind::Session),
    (2, TrainingKind::Workshop),
    (3, TrainingKind::Seminar),
    (4, TrainingKind::Course),
    (5, TrainingKind::Other),
];

impl Stored for Training {
    type Form = stored::Training;

    fn form(&self) -> stored::Training {
        let what = &self.what;
        let kind = KINDS.iter().find(|(_, kind)| *kind == what.kind);
        stored::Training {
            id: self.id.number(),
            participants: texts(&what.participants),
            kind: kind.map_or(0, |(number, _)| *number),
            title: what.title.clone(),
            provider: what.provider.clone(),
            subject: what.subject.clone(),
            first: date_form(what.first),
            last: date_form(what.last),
            minutes: what.minutes,
            education: what.education,
            certificate: what.certificate.clone(),
            note: what.note.clone(),
            by: self.by.number(),
            at: Some(instant_form(self.at)),
        }
    }

    fn read(form: stored::Training) -> Result<Self, Bad> {
        let kind = KINDS.iter().find(|(number, _)| *number == form.kind);
        let what = Learned {
            participants: ids("participants", &form.participants)?,
            kind: kind.ok_or(Bad("kind"))?.1,
            title: form.title,
            provider: form.provider,
            subject: form.subject,
            first: date("first", form.first)?,
            last: date("last", form.last)?,
            minutes: form.minutes,
            education: form.education,
            certificate: form.certificate,
            note: form.note,
        };
        Ok(Self {
            id: TrainingId::new(form.id),
            what,
            by: KeyId::new(form.by),
            at: instant("at", form.at)?,
        })
    }
}
