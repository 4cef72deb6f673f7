//! What belongs to two sites, and those who reach one of them: each is shown and changes what is at their own.

use anyhow::Result;
use prost_types::FieldMask;
use treadwell_api::v1::{
    AcceptOfferRequest, AcceptOfferResponse, CreateWaitlistEntryRequest,
    CreateWaitlistEntryResponse, DeclineOfferRequest, DeclineOfferResponse, GetTherapistRequest,
    GetTherapistResponse, GetWaitlistEntryRequest, GetWaitlistEntryResponse,
    ListWaitlistEntriesRequest, ListWaitlistEntriesResponse, LocalDate, MakeOfferRequest,
    MakeOfferResponse, MoveAppointmentRequest, MoveAppointmentResponse, PutTherapistRequest,
    PutTherapistResponse, Reason, ResourceKind, Role, SuggestForSlotRequest,
    SuggestForSlotResponse, Therapist, TimeOfDay, UpdateWaitlistEntryRequest,
    UpdateWaitlistEntryResponse, WaitlistEntry, WaitlistLine, WaitlistState, WaitlistWindow,
    WatchRequest, watch_event::Resource,
};
use treadwell_tests::clinic_day::{named, start};
use treadwell_tests::wire::{No, Watching, Wire, refused};

use crate::clinic::{Clinic, said};

/// Somebody at a desk, with a watch of the waitlist and what that told last.
struct Desk {
    wire: Wire,
    site: String,
    watching: Watching,
    told: WaitlistEntry,
}

impl Desk {
    async fn open(clinic: &Clinic, site: &str) -> Result<Self> {
        let name = format!("Desk of {site}");
        let (_, secret) = clinic.key(&name, Role::FrontDesk, &[site]).await?;
        let wire = clinic.owner.with_key(Some(&secret));
        let request = WatchRequest {
            kinds: vec![ResourceKind::WaitlistEntry.into()],
            ..WatchRequest::default()
        };
        Ok(Self {
            watching: said(wire.watch(&request).await),
            site: site.to_owned(),
            wire,
            told: WaitlistEntry::default(),
        })
    }

    /// The entry as this desk sees it at a revision, which is the same however it looks.
    async fn sees(&mut self, id: &str, revision: u64) -> WaitlistEntry {
        let get = GetWaitlistEntryRequest {
            entry_id: id.to_owned(),
        };
        let method = "WaitlistService/GetWaitlistEntry";
        let got: GetWaitlistEntryResponse = said(self.wire.ask(method, &get).await);
        let entry = got.entry.unwrap_or_default();
        let list = ListWaitlistEntriesRequest {
            include_ended: true,
            ..ListWaitlistEntriesRequest::default()
        };
        let method = "WaitlistService/ListWaitlistEntries";
        let listed: ListWaitlistEntriesResponse = said(self.wire.ask(method, &list).await);
        assert_eq!(of(listed.lines, id).as_ref(), Some(&entry), "listed");
        let slot = SuggestForSlotRequest {
            site_id: self.site.clone(),
            start: Some(start(1, 8)),
            ..SuggestForSlotRequest::default()
        };
        let method = "WaitlistService/SuggestForSlot";
        let suggested: SuggestForSlotResponse = said(self.wire.ask(method, &slot).await);
        if entry.ended_at.is_none() {
            assert_eq!(of(suggested.lines, id).as_ref(), Some(&entry), "suggested");
        }
        self.watch(id, revision).await;
        assert_eq!(self.told, entry, "watched");
        entry
    }

    /// Takes what the watch has to say up to a revision.
    async fn watch(&mut self, id: &str, revision: u64) {
        loop {
            let message = said(self.watching.message().await);
            for event in message.events {
                match event.resource {
                    Some(Resource::WaitlistEntry(entry)) if entry.id == id => self.told = entry,
                    _ => {}
                }
            }
            let whole = message.commit_complete || message.checkpoint;
            if whole && message.revision >= revision {
                return;
            }
        }
    }

    async fn offer(&self, request_id: &str, id: &str) -> Result<MakeOfferResponse, No> {
        let offer = MakeOfferRequest {
            write: named(request_id),
            entry_id: id.to_owned(),
            ..MakeOfferRequest::default()
        };
        self.wire.ask("WaitlistService/MakeOffer", &offer).await
    }
}

fn of(lines: Vec<WaitlistLine>, id: &str) -> Option<WaitlistEntry> {
    let mut entries = lines.into_iter().filter_map(|line| line.entry);
    entries.find(|entry| entry.id == id)
}

/// Somebody who would come to both sites, in a week.
async fn waits(clinic: &Clinic) -> CreateWaitlistEntryResponse {
    let at = |hour| Some(TimeOfDay { hour, minute: 0 });
    let request = CreateWaitlistEntryRequest {
        write: named("waits"),
        entry: Some(WaitlistEntry {
            client_id: clinic.client("Somebody").await,
            service_id: "hands-on-60".to_owned(),
            site_ids: both(),
            windows: vec![WaitlistWindow {
                first: Some(LocalDate {
                    year: 2026,
                    month: 10,
                    day: 20,
                }),
                from: at(9),
                until: at(18),
                ..WaitlistWindow::default()
            }],
            ..WaitlistEntry::default()
        }),
    };
    let method = "WaitlistService/CreateWaitlistEntry";
    said(clinic.owner.ask(method, &request).await)
}

fn both() -> Vec<String> {
    ["halifax", "dartmouth"].map(str::to_owned).to_vec()
}

/// Changes one field of an entry.
async fn update(
    wire: &Wire,
    request_id: &str,
    field: &str,
    entry: WaitlistEntry,
) -> Result<UpdateWaitlistEntryResponse, No> {
    let request = UpdateWaitlistEntryRequest {
        write: named(request_id),
        entry: Some(entry),
        update_mask: Some(FieldMask {
            paths: vec![field.to_owned()],
        }),
    };
    wire.ask("WaitlistService/UpdateWaitlistEntry", &request)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_two_sites_shows_each_desk_the_places_of_its_own() -> Result<()> {
    let clinic = Clinic::open().await?;
    let waiting = waits(&clinic).await;
    let id = waiting.entry.unwrap_or_default().id;
    let mut halifax = Desk::open(&clinic, "halifax").await?;
    let mut dartmouth = Desk::open(&clinic, "dartmouth").await?;

    let offered = said(dartmouth.offer("offered", &id).await);
    let held = offered.hold.unwrap_or_default();
    assert_eq!(held.site_id, "dartmouth");
    let there = dartmouth.sees(&id, offered.revision).await;
    assert_eq!(there.offer.unwrap_or_default().hold_id, held.id);
    let here = halifax.sees(&id, offered.revision).await;
    assert_eq!(here.state(), WaitlistState::Offered);
    assert_eq!(here.offer, None);
    let no = refused(halifax.offer("offered here", &id).await, Reason::OfferOpen);
    assert!(!no.everything().contains(&held.id), "{no:?}");
    let no = refused(dartmouth.offer("twice", &id).await, Reason::OfferOpen);
    assert!(no.everything().contains(&held.id), "{no:?}");

    let decline = DeclineOfferRequest {
        write: named("declined"),
        entry_id: id.clone(),
        pass_on: false,
    };
    let method = "WaitlistService/DeclineOffer";
    let declined: DeclineOfferResponse = said(dartmouth.wire.ask(method, &decline).await);
    let there = dartmouth.sees(&id, declined.revision).await;
    assert_eq!(there.passed.len(), 1);
    let here = halifax.sees(&id, declined.revision).await;
    assert_eq!(
        (here.state(), here.passed),
        (WaitlistState::Waiting, vec![])
    );
    // The answer of a change shows no more than a read.
    let noted = WaitlistEntry {
        id: id.clone(),
        note: "Calls back".to_owned(),
        ..WaitlistEntry::default()
    };
    let noted = said(update(&halifax.wire, "noted", "note", noted).await);
    let here = halifax.sees(&id, noted.revision).await;
    assert_eq!(noted.entry, Some(here));
    booked_and_moved(&clinic, &mut halifax, &mut dartmouth, &id).await;
    clinic.is_sound().await
}

/// Which desk is told of the appointment goes by where it is.
async fn booked_and_moved(clinic: &Clinic, halifax: &mut Desk, dartmouth: &mut Desk, id: &str) {
    said(dartmouth.offer("once more", id).await);
    let accept = AcceptOfferRequest {
        write: named("accepted"),
        entry_id: id.to_owned(),
        note: String::new(),
    };
    let method = "WaitlistService/AcceptOffer";
    let booked: AcceptOfferResponse = said(dartmouth.wire.ask(method, &accept).await);
    let appointment = booked.appointment.unwrap_or_default().id;
    let there = dartmouth.sees(id, booked.revision).await;
    assert_eq!(there.appointment_id, appointment);
    let here = halifax.sees(id, booked.revision).await;
    assert_eq!(here.state(), WaitlistState::Booked);
    assert_eq!(here.appointment_id, "");

    let place = clinic.place(Some(start(8, 0)), "").await;
    let moved = MoveAppointmentRequest {
        write: named("moved"),
        appointment_id: appointment.clone(),
        start: place.start,
        site_id: place.site_id,
        room_id: place.room_id,
        therapist_id: place.therapist_id,
        ..MoveAppointmentRequest::default()
    };
    let method = "AppointmentService/MoveAppointment";
    let moved: MoveAppointmentResponse = said(clinic.owner.ask(method, &moved).await);
    let here = halifax.sees(id, moved.revision).await;
    assert_eq!(here.appointment_id, appointment);
    let there = dartmouth.sees(id, moved.revision).await;
    assert_eq!(there.appointment_id, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_of_one_site_takes_no_other_from_a_wish() -> Result<()> {
    let clinic = Clinic::open().await?;
    let id = waits(&clinic).await.entry.unwrap_or_default().id;
    let desk = Desk::open(&clinic, "halifax").await?.wire;
    let at = |sites: &[&str]| WaitlistEntry {
        id: id.clone(),
        site_ids: sites.iter().map(|&site| site.to_owned()).collect(),
        ..WaitlistEntry::default()
    };
    // None means all that the key reaches.
    for sites in [Vec::new(), vec!["halifax"]] {
        let request_id = format!("at {sites:?}");
        let answer = said(update(&desk, &request_id, "site_ids", at(&sites)).await);
        assert_eq!(answer.entry.unwrap_or_default().site_ids, both());
    }
    let gone = update(&desk, "not here", "site_ids", at(&["dartmouth"])).await;
    refused(gone, Reason::FieldsInvalid);
    let owner = update(&clinic.owner, "only there", "site_ids", at(&["dartmouth"]));
    let there = said(owner.await).entry.unwrap_or_default();
    assert_eq!(there.site_ids, ["dartmouth"]);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_of_one_site_ends_nobodys_work_at_the_other() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (_, secret) = clinic
        .key("Manager of Halifax", Role::Manager, &["halifax"])
        .await?;
    let manager = clinic.owner.with_key(Some(&secret));
    let get = GetTherapistRequest {
        therapist_id: "leblanc".to_owned(),
    };
    let method = "TherapistService/GetTherapist";
    let found: GetTherapistResponse = said(manager.ask(method, &get).await);
    let known = Therapist {
        etag: String::new(),
        ..found.therapist.unwrap_or_default()
    };
    assert_eq!(known.site_ids, both());
    let put = async |request_id: &str, therapist: Therapist| {
        let request = PutTherapistRequest {
            write: named(request_id),
            therapist: Some(therapist),
        };
        let answer: Result<PutTherapistResponse, No> =
            manager.ask("TherapistService/PutTherapist", &request).await;
        answer
    };
    let retired = Therapist {
        retired: true,
        ..known.clone()
    };
    let uncertified = Therapist {
        credentials: Vec::new(),
        ..known.clone()
    };
    let no = refused(put("retired", retired).await, Reason::SiteNotAllowed);
    assert_eq!(no.metadata["site"], "dartmouth");
    refused(put("none", uncertified).await, Reason::SiteNotAllowed);
    let renamed = Therapist {
        name: "Yvette LeBlanc-Roy".to_owned(),
        ..known
    };
    said(put("renamed", renamed).await);
    clinic.is_sound().await
}
