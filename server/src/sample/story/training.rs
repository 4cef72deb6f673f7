//! What the therapists of the story learned: the owner brings the log along.

use jiff::civil::{Date, date};
use treadwell_clinic::Command;
use treadwell_clinic::command::PutTraining;
use treadwell_clinic::model::{Learned, TrainingKind};

use super::{Stage, StoryError, therapist_id};

/// Title, provider, subject, last day and minutes of a training, and whether it is continuing education.
type Held = (
    &'static str,
    &'static str,
    &'static str,
    Date,
    u32,
    TrainingKind,
    bool,
);

const HELD: [(Held, &[&str]); 4] = [
    (
        (
            "Pace and pressure from the bars",
            "",
            "techniques",
            date(2026, 9, 20),
            180,
            TrainingKind::Session,
            false,
        ),
        &["chen", "okafor", "leblanc", "macleod", "roy"],
    ),
    (
        (
            "Anatomy of hip and lower back",
            "Maritime School of Massage",
            "anatomy",
            date(2026, 6, 7),
            720,
            TrainingKind::Workshop,
            true,
        ),
        &["chen", "leblanc", "roy", "singh"],
    ),
    (
        (
            "Reflex zones of the foot",
            "Atlantic Reflexology",
            "reflexology",
            date(2026, 4, 18),
            360,
            TrainingKind::Seminar,
            true,
        ),
        &["okafor", "macleod", "singh", "tremblay"],
    ),
    (
        (
            "Deep work, safely",
            "Barefoot Guild",
            "techniques",
            date(2025, 11, 16),
            900,
            TrainingKind::Course,
            true,
        ),
        &["chen", "macleod"],
    ),
];

/// Enters the trainings.
pub(super) async fn enter(stage: &Stage<'_>) -> Result<(), StoryError> {
    for ((title, provider, subject, last, minutes, kind, education), who) in HELD {
        let what = Learned {
            participants: who.iter().map(|who| therapist_id(who)).collect(),
            kind,
            title: title.to_owned(),
            provider: provider.to_owned(),
            subject: subject.to_owned(),
            first: last,
            last,
            minutes,
            education,
            certificate: String::new(),
            note: String::new(),
        };
        let training = PutTraining {
            training: None,
            what,
            etag: None,
        };
        let command = Command::PutTraining(Box::new(training));
        let (at, owner) = (crate::sample::begins(), &stage.owner);
        stage.act(at, owner, "entering a training", command).await?;
    }
    Ok(())
}
