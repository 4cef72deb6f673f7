//! What is to be seen at the demo's now: each live state of a room at least once, bars out, clients
//! whom screening excludes, leaves open or hands to a therapist, and a place that became unsound.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use treadwell_clinic::Command;
use treadwell_clinic::command::{
    Book, BookSource, EarlierAnswers, OpenOutage, RecordDeclaration, ReviewScreening, Step,
};
use treadwell_clinic::id::{
    AppointmentId, ClientId, ConditionId, ItemId, RoomId, ServiceId, TherapistId,
};
use treadwell_clinic::model::{
    Answer, OutageTarget, OwnItem, RecordId, ReviewDecision, When, Wish,
};
use treadwell_clinic::time::Cell;

use super::super::local;
use super::people::People;
use super::{Stage, StoryError, made, own, site_id, therapist_id};

/// The day of the demo.
const TODAY: Date = date(2026, 10, 14);

/// The appointments of the scene that something is done to.
pub(super) struct Scene {
    /// In session at now.
    running: AppointmentId,
    /// Over, its room in turnover at now.
    finished: AppointmentId,
    /// In session past its end at now; nobody has recorded what its therapist did before it.
    over: AppointmentId,
    /// Here, and waits for the room of `over`.
    waiting: AppointmentId,
    /// In session at now in a room whose bars are out.
    without_bars: AppointmentId,
    /// In session at now at the other site.
    elsewhere: AppointmentId,
    /// Due at now; the client has not come.
    late: AppointmentId,
    /// A therapist has decided about it.
    reviewed: AppointmentId,
}

/// Something that somebody does to an appointment: when, at Halifax or not, what, and to which.
type Act = (Timestamp, bool, fn(Step) -> Command, AppointmentId);

/// A place in the scene: service, room, therapist, date, hour, minute.
type Place = (&'static str, &'static str, &'static str, Date, i8, i8);

/// Books what the scene needs, before the ordinary days fill the rooms.
pub(super) async fn book(stage: &Stage<'_>, people: &People) -> Result<Scene, StoryError> {
    // The foot chair is away from the day before on, so that nobody is booked on it.
    let away = OpenOutage {
        room: room("h6"),
        target: OutageTarget::Room,
        from: Some(cell(date(2026, 10, 13), 16, 0)),
        until: Some(cell(date(2026, 10, 17), 9, 0)),
        reason: "The foot chair is at the upholsterer's".to_owned(),
    };
    let at = super::super::begins();
    stage
        .act(at, &stage.halifax, "an outage", Command::OpenOutage(away))
        .await?;
    let r = &people.regulars;
    let scene = Scene {
        running: place(stage, r[0], ("ashiatsu-75", "h1", "chen", TODAY, 13, 30)).await?,
        finished: place(stage, r[1], ("ashiatsu-60", "h2", "okafor", TODAY, 13, 0)).await?,
        over: place(stage, r[2], ("ashiatsu-60", "h4", "leblanc", TODAY, 13, 0)).await?,
        waiting: place(
            stage,
            people.waiting,
            ("ashiatsu-60", "h4", "okafor", TODAY, 14, 15),
        )
        .await?,
        without_bars: place(stage, r[3], ("hands-on-60", "d2", "singh", TODAY, 13, 45)).await?,
        elsewhere: place(stage, r[4], ("hands-on-60", "d3", "roy", TODAY, 13, 15)).await?,
        late: place(
            stage,
            r[5],
            ("reflex-foot-45", "d4", "macleod", TODAY, 14, 0),
        )
        .await?,
        reviewed: place(
            stage,
            people.reviewed,
            ("hands-on-60", "h3", "haddad", date(2026, 10, 15), 13, 0),
        )
        .await?,
    };
    // What comes next in these rooms, what needs a decision, and what will have become unsound.
    let later: [(ClientId, Place); 7] = [
        (r[6], ("ashiatsu-60", "h2", "leblanc", TODAY, 15, 0)),
        (
            people.undecided,
            ("hands-on-60", "h3", "haddad", TODAY, 15, 30),
        ),
        (r[7], ("ashiatsu-60", "d1", "roy", TODAY, 15, 0)),
        (
            r[8],
            ("ashiatsu-60", "d2", "roy", date(2026, 10, 15), 10, 0),
        ),
        (
            people.injured,
            ("ashiatsu-90", "h1", "chen", date(2026, 10, 16), 9, 0),
        ),
        (
            people.barred,
            ("reflex-foot-30", "h5", "tremblay", date(2026, 10, 15), 9, 0),
        ),
        (
            people.excluded,
            ("hands-on-90", "h3", "tremblay", date(2026, 10, 19), 9, 0),
        ),
    ];
    for (client, where_to) in later {
        place(stage, client, where_to).await?;
    }
    Ok(scene)
}

/// What happens the day before: somebody breaks a bone.
pub(super) async fn day_before(stage: &Stage<'_>, people: &People) -> Result<(), StoryError> {
    let fracture = condition("fracture");
    let command = Command::RecordDeclaration(RecordDeclaration {
        client: people.injured,
        answers: vec![(fracture, Answer::Yes(When::Date(date(2026, 10, 11))))],
        earlier: EarlierAnswers::Keep,
        asked_at: None,
    });
    let at = local(date(2026, 10, 13), 18, 40);
    stage
        .act(at, &stage.halifax, "a changed declaration", command)
        .await?;
    Ok(())
}

/// Plays the scene's part of the day up to now, after the morning's ordinary work.
pub(super) async fn play(
    stage: &Stage<'_>,
    people: &People,
    scene: &Scene,
) -> Result<(), StoryError> {
    let today = |hour, minute| local(TODAY, hour, minute);
    let (halifax, dartmouth) = (&stage.halifax, &stage.dartmouth);
    let steps: [Act; 17] = [
        (today(12, 50), true, Command::Reconfirm, scene.finished),
        (today(12, 55), true, Command::Reconfirm, scene.over),
        (today(12, 59), true, washed_and_shod, scene.finished),
        (today(13, 0), true, Command::Start, scene.finished),
        (today(13, 2), true, Command::Start, scene.over),
        (today(13, 5), false, Command::Reconfirm, scene.elsewhere),
        (today(13, 14), false, washed, scene.elsewhere),
        (today(13, 15), false, Command::Start, scene.elsewhere),
        (today(13, 20), true, Command::Reconfirm, scene.running),
        (today(13, 29), true, washed_and_shod, scene.running),
        (today(13, 30), true, Command::Start, scene.running),
        (today(13, 35), false, Command::Confirm, scene.late),
        (today(13, 40), false, Command::Reconfirm, scene.without_bars),
        (today(13, 44), false, washed, scene.without_bars),
        (today(13, 45), false, Command::Start, scene.without_bars),
        (today(14, 0), true, finish, scene.finished),
        (today(14, 2), true, Command::Reconfirm, scene.waiting),
    ];
    for (at, at_halifax, command, appointment) in steps {
        let actor = if at_halifax { halifax } else { dartmouth };
        let step = Step {
            appointment,
            etag: None,
        };
        stage
            .act(at, actor, "a step of the scene", command(step))
            .await?;
    }
    let ticked = Command::CompleteItems {
        room: room("h2"),
        items: ["stool-towels", "floor-mats", "table-linen"]
            .map(item)
            .to_vec(),
    };
    stage
        .act(today(14, 4), halifax, "ticking a checklist", ticked)
        .await?;
    // Somebody new stands at the desk: a place is held while the questions are asked.
    let hold = wish(
        people.unasked,
        ("reflex-foot-45", "h5", "tremblay", TODAY, 14, 5),
    );
    stage
        .act(today(14, 6), halifax, "a hold", Command::Hold(hold))
        .await?;
    Ok(())
}

/// What happens this morning, before the first client: the bars of a room turn out to be loose, to be taken down at half
/// past eight, and a therapist looks at tomorrow's client.
pub(super) async fn morning(stage: &Stage<'_>, scene: &Scene) -> Result<(), StoryError> {
    let loose = Command::OpenOutage(OpenOutage {
        room: room("d2"),
        target: OutageTarget::Bars,
        from: Some(cell(TODAY, 8, 30)),
        until: Some(cell(date(2026, 10, 16), 15, 0)),
        reason: "A bracket of the bars is loose; the installer comes on Friday".to_owned(),
    });
    stage
        .act(local(TODAY, 7, 46), &stage.dartmouth, "bars out", loose)
        .await?;
    let review = Command::ReviewScreening(ReviewScreening {
        step: Step {
            appointment: scene.reviewed,
            etag: None,
        },
        decision: ReviewDecision::Modify,
        note: "Light pressure along the spine, no twisting.".to_owned(),
    });
    stage
        .act(local(TODAY, 7, 47), &stage.reviewer, "a review", review)
        .await?;
    Ok(())
}

/// Before barefoot work.
fn washed_and_shod(step: Step) -> Command {
    own(
        step.appointment,
        vec![OwnItem::WashedBefore, OwnItem::SockettesOn],
    )
}

/// Before work by hand.
fn washed(step: Step) -> Command {
    own(step.appointment, vec![OwnItem::WashedBefore])
}

fn finish(step: Step) -> Command {
    Command::Finish {
        step,
        stopped: None,
    }
}

async fn place(
    stage: &Stage<'_>,
    client: ClientId,
    where_to: Place,
) -> Result<AppointmentId, StoryError> {
    let wish = wish(client, where_to);
    let desk = stage.desk(wish.site);
    let command = Command::Book(Book {
        source: BookSource::Wish(wish),
        walk_in: false,
        note: String::new(),
    });
    let at = super::super::begins();
    let done = stage
        .act(at, desk, "a booking of the scene", command)
        .await?;
    made(&done, |record| match record {
        RecordId::Appointment(id) => Some(id),
        _ => None,
    })
    .ok_or(StoryError::Missing("an appointment"))
}

fn wish(client: ClientId, (service, in_room, by, date, hour, minute): Place) -> Wish {
    Wish {
        client: Some(client),
        service: ServiceId::parse(service).expect("the story's ids are slugs"),
        extensions: Vec::new(),
        site: site_id(if in_room.starts_with('d') {
            "dartmouth"
        } else {
            "halifax"
        }),
        start: cell(date, hour, minute),
        room: Some(room(in_room)),
        therapist: Some(therapist(by)),
    }
}

fn cell(date: Date, hour: i8, minute: i8) -> Cell {
    Cell::containing(local(date, hour, minute))
}

fn room(text: &str) -> RoomId {
    RoomId::parse(text).expect("the story's ids are slugs")
}

fn therapist(text: &str) -> TherapistId {
    therapist_id(text)
}

fn item(text: &str) -> ItemId {
    ItemId::parse(text).expect("the story's ids are slugs")
}

fn condition(text: &str) -> ConditionId {
    ConditionId::parse(text).expect("the story's ids are slugs")
}
