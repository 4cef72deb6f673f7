//! Who waits for a place at the demo's now.

use jiff::civil::{Weekday, date, time};
use treadwell_clinic::Command;
use treadwell_clinic::command::PutOnWaitlist;
use treadwell_clinic::id::{ClientId, ServiceId};
use treadwell_clinic::model::{WaitlistWindow, Wanted, WantedTherapist, Weekdays};

use super::people::People;
use super::{Stage, StoryError, site_id, therapist_id};

/// Those who have waited for days.
pub(super) async fn early(stage: &Stage<'_>, people: &People) -> Result<(), StoryError> {
    let afternoons = WaitlistWindow {
        days: Weekdays::of([Weekday::Wednesday, Weekday::Thursday, Weekday::Friday]),
        ..window(14, 20)
    };
    let both = ["halifax", "dartmouth"].map(site_id);
    let soon = Wanted {
        sites: both.to_vec(),
        note: "Can come at half an hour's notice".to_owned(),
        ..wanted("ashiatsu-60", vec![afternoons])
    };
    put(stage, people.regulars[20], soon).await?;
    // Screening stands against this one: nothing is ever offered.
    put(stage, people.barred, wanted_any("ashiatsu-60")).await?;
    let evenings = Wanted {
        therapist: WantedTherapist::Only(therapist_id("chen")),
        ..wanted("ashiatsu-75", vec![window(17, 20)])
    };
    put(stage, people.regulars[21], evenings).await
}

/// Those who asked today.
pub(super) async fn late(stage: &Stage<'_>, people: &People) -> Result<(), StoryError> {
    let today = WaitlistWindow {
        first: Some(date(2026, 10, 14)),
        last: Some(date(2026, 10, 14)),
        ..window(15, 19)
    };
    let at_dartmouth = Wanted {
        sites: vec![site_id("dartmouth")],
        ..wanted("ashiatsu-60", vec![today])
    };
    put(stage, people.regulars[22], at_dartmouth).await?;
    let with_tremblay = Wanted {
        therapist: WantedTherapist::Preferred(therapist_id("tremblay")),
        ..wanted_any("reflex-foot-30")
    };
    put(stage, people.regulars[23], with_tremblay).await
}

async fn put(stage: &Stage<'_>, client: ClientId, wanted: Wanted) -> Result<(), StoryError> {
    let command = Command::PutOnWaitlist(PutOnWaitlist { client, wanted });
    // Whoever is at the desk: an entry may be for both sites.
    let (at, actor) = (stage.engine.now(), &stage.owner);
    stage
        .act(at, actor, "a place on the waitlist", command)
        .await?;
    Ok(())
}

fn window(from: i8, until: i8) -> WaitlistWindow {
    WaitlistWindow {
        first: None,
        last: None,
        days: Weekdays::ALL,
        from: time(from, 0, 0, 0),
        until: time(until, 0, 0, 0),
    }
}

/// A wish at Halifax.
fn wanted(service: &str, windows: Vec<WaitlistWindow>) -> Wanted {
    Wanted {
        service: ServiceId::parse(service).expect("the story's ids are slugs"),
        extensions: Vec::new(),
        sites: vec![site_id("halifax")],
        windows,
        therapist: WantedTherapist::Anyone,
        note: String::new(),
    }
}

fn wanted_any(service: &str) -> Wanted {
    wanted(service, Vec::new())
}
