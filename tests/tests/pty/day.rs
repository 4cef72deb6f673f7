//! A day from opening to closing at both sites: the desk works at the console, a program in another language books and
//! watches, the server is killed five times. In the end the clinic is what a ledger kept by hand says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::json;
use treadwell_api::v1::{
    AppointmentState as State, BarsState, GetBoardRequest, RoomState, VerifyRequest,
};
use treadwell_tests::clinic_day;

use crate::{clinic::Clinic, desk::Desk, integration::Integration};

/// Wide enough that a line of news stays one line.
const WIDE: (u16, u16) = (120, 40);

/// The day as it should have been, kept by hand: what became of each client, and of each room.
#[derive(Default)]
struct Ledger {
    clients: BTreeMap<&'static str, State>,
    rooms: BTreeMap<&'static str, RoomState>,
}

/// Everybody and everything of the day.
struct Day {
    clinic: Clinic,
    desk: Desk,
    program: Integration,
    ledger: Ledger,
}

impl Day {
    async fn open() -> Result<Option<Self>> {
        let clinic = Clinic::open("2026-10-13T11:00:00Z").await?;
        let key = clinic.integration_key("Web booking").await?;
        let Some(program) = Integration::start(clinic.address(), &key)? else {
            return Ok(None);
        };
        for name in ["Ada Moore", "Ben Otis", "Cleo Park"] {
            clinic.healthy_client(name).await?;
        }
        for name in ["Dan Quill", "Eve Rowe", "Finn Shaw"] {
            clinic.healthy_client(name).await?;
        }
        let console = clinic.console(WIDE);
        Ok(Some(Self {
            clinic,
            desk: Desk { console },
            program,
            ledger: Ledger::default(),
        }))
    }

    /// The server dies and comes back later in the day; console and program go on by themselves.
    async fn later(&mut self, instant: &str, clock: &str) -> Result<()> {
        self.clinic.kill()?;
        self.desk.console.sees("[STALE");
        self.clinic.start(instant).await?;
        self.desk.console.sees("[LIVE");
        self.desk.console.sees(&format!("Tue 13 Oct {clock}"));
        Ok(())
    }

    fn note(&mut self, client: &'static str, state: State) {
        self.ledger.clients.insert(client, state);
    }

    /// Where the client's appointment is.
    async fn room_of(&self, client: &str) -> Result<String> {
        let visit = self.clinic.appointment_of(client).await?;
        Ok(visit.room_id.to_uppercase())
    }

    /// Checks a client in and starts their session.
    async fn begin(&mut self, client: &'static str) -> Result<()> {
        let room = self.room_of(client).await?;
        self.desk.check_in(&room, client);
        self.desk.start(&room, client);
        self.note(client, State::InSession);
        Ok(())
    }

    /// Ends a client's session; says in which room.
    async fn end(&mut self, client: &'static str) -> Result<String> {
        let room = self.room_of(client).await?;
        self.desk.finish(&room, client);
        self.note(client, State::Completed);
        Ok(room)
    }

    /// A booking of the program's, with the client's answers.
    async fn booked_by_program(&mut self, client: &'static str) -> Result<String> {
        let answer = self.program.answer()?;
        let client_id = answer["client"].as_str();
        let client_id = client_id.with_context(|| format!("not booked: {answer}"))?;
        self.clinic.declare_healthy(client_id).await?;
        self.note(client, State::Booked);
        Ok(answer["appointment"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// 08:00. The day's bookings, by the desk and by the program at the same time.
    async fn opening(&mut self) -> Result<()> {
        let at = |hour: u32| clinic_day::start(0, (hour - 9) * 4).seconds;
        self.program.book("Pia West", "halifax", "", at(11))?;
        self.desk.attest("Mei Chen");
        self.desk
            .book("Ada Moore", "Ashiatsu 60", "Halifax", "9:00");
        self.booked_by_program("Pia West").await?;
        self.program.book("Quin Yale", "dartmouth", "", at(16))?;
        self.desk
            .book("Ben Otis", "Therapeutic massage 60", "Halifax", "9:00");
        self.booked_by_program("Quin Yale").await?;
        self.program.book("Rae Zink", "halifax", "", at(15))?;
        self.desk
            .book("Cleo Park", "Therapeutic massage 60", "Dartmouth", "9:00");
        let rae = self.booked_by_program("Rae Zink").await?;
        for client in ["Ada Moore", "Ben Otis", "Cleo Park"] {
            self.note(client, State::Booked);
        }
        // What the desk has booked, the program can not.
        let taken = self.room_of("Ben Otis").await?.to_lowercase();
        self.program.book("Una Late", "halifax", &taken, at(9))?;
        self.desk
            .book("Dan Quill", "Therapeutic massage 60", "Dartmouth", "13:00");
        self.desk
            .book("Eve Rowe", "Therapeutic massage 60", "Halifax", "13:00");
        self.desk
            .book("Finn Shaw", "Therapeutic massage 60", "Halifax", "14:00");
        let refused = self.program.answer()?;
        let reason = refused["refused"].as_str().unwrap_or_default();
        assert!(
            ["ROOM_TAKEN", "THERAPIST_TAKEN"].contains(&reason),
            "{refused}: {:#?}",
            self.clinic.appointments().await?
        );
        self.program.ask(&json!({ "cancel": rae }))?;
        self.desk.walk_in("Gus Todd", "Reflex foot massage 30");
        self.begin("Gus Todd").await?;
        let cancelled = self.program.answer()?;
        assert_eq!(cancelled["state"], "CANCELLED", "{cancelled}");
        self.note("Rae Zink", State::Cancelled);
        Ok(())
    }

    /// 09:00. The first sessions; a clamp is loose, a chair creaks.
    async fn morning(&mut self) -> Result<()> {
        let room = self.end("Gus Todd").await?;
        self.desk.turn_over(&room, 3);
        for client in ["Ada Moore", "Ben Otis", "Cleo Park"] {
            self.begin(client).await?;
        }
        let room = self.room_of("Ada Moore").await?;
        self.desk.extend(&room, "Ada Moore");
        self.desk.bars_out("H4", "a loose clamp");
        self.desk.room_out("D4", "the chair creaks");
        Ok(())
    }

    /// 10:50. Rooms are turned over; two clients call.
    async fn before_noon(&mut self) -> Result<()> {
        for client in ["Ada Moore", "Ben Otis", "Cleo Park"] {
            let room = self.end(client).await?;
            self.desk.turn_over(&room, 5);
        }
        self.begin("Pia West").await?;
        self.desk.room_back("D4");
        self.desk.cancel("Halifax", "13:00", "Eve Rowe");
        self.note("Eve Rowe", State::Cancelled);
        self.desk.cancel("Halifax", "14:00", "Finn Shaw");
        self.desk.undo("Finn Shaw");
        self.desk.move_to("Halifax", "14:00", "Finn Shaw", "16:00");
        self.note("Finn Shaw", State::Booked);
        Ok(())
    }

    /// 13:10. One did not come.
    async fn afternoon(&mut self) -> Result<()> {
        let room = self.end("Pia West").await?;
        self.desk.turn_over(&room, 5);
        self.desk.no_show("Dartmouth", "13:00", "Dan Quill");
        self.note("Dan Quill", State::NoShow);
        Ok(())
    }

    /// 19:30. The last two go home; one room is left half turned over.
    async fn closing(&mut self) -> Result<()> {
        let room = self.end("Finn Shaw").await?;
        self.desk.turn_over(&room, 5);
        let room = self.end("Quin Yale").await?;
        self.desk.tick_one(&room, 5);
        for room in ["h1", "h2", "h3", "h4", "h5", "h6", "d1", "d2", "d3", "d4"] {
            let state = if room == room_id(&self.clinic, "Quin Yale").await? {
                RoomState::Turnover
            } else {
                RoomState::Vacant
            };
            self.ledger.rooms.insert(room, state);
        }
        Ok(())
    }

    /// The API, the program's watch and the ledger agree.
    async fn compare(&mut self) -> Result<()> {
        let visits = self.clinic.appointments().await?;
        let clients: BTreeMap<&str, State> = visits
            .iter()
            .map(|visit| (visit.client_name.as_str(), visit.state()))
            .collect();
        assert_eq!(clients, self.ledger.clients);
        assert_eq!(visits.len(), clients.len(), "one appointment each");

        let board = self
            .clinic
            .owner
            .get_board(GetBoardRequest::default())
            .await?;
        let rooms: Vec<_> = board.sites.iter().flat_map(|site| &site.rooms).collect();
        let states: BTreeMap<&str, RoomState> = rooms
            .iter()
            .map(|room| (room.room_id.as_str(), room.state()))
            .collect();
        assert_eq!(states, self.ledger.rooms);
        let bars_out = rooms.iter().filter(|room| room.bars() == BarsState::Out);
        let bars_out: Vec<&str> = bars_out.map(|room| room.room_id.as_str()).collect();
        assert_eq!(bars_out, ["h4"]);

        self.program.ask(&json!({ "seen": board.revision }))?;
        let seen = self.program.answer()?;
        let told: BTreeMap<String, String> = serde_json::from_value(seen["appointments"].clone())
            .with_context(|| format!("no appointments: {seen}"))?;
        let is: BTreeMap<String, String> = visits
            .iter()
            .map(|visit| (visit.id.clone(), name(visit.state())))
            .collect();
        assert_eq!(told, is, "the watch has missed nothing");
        assert!(seen["links"].as_u64() > Some(4), "it was cut: {seen}");
        let verified = self.clinic.owner.verify(VerifyRequest {}).await?;
        assert!(verified.sound, "{:?}", verified.problems);
        Ok(())
    }
}

async fn room_id(clinic: &Clinic, client: &str) -> Result<String> {
    Ok(clinic.appointment_of(client).await?.room_id)
}

fn name(state: State) -> String {
    let name = state.as_str_name();
    name.trim_start_matches("APPOINTMENT_STATE_").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_both_sites() -> Result<()> {
    let Some(mut day) = Day::open().await? else {
        return Ok(());
    };
    day.opening().await?;
    day.later("2026-10-13T12:00:00Z", "09:00").await?;
    day.morning().await?;
    day.later("2026-10-13T13:50:00Z", "10:50").await?;
    day.before_noon().await?;
    day.later("2026-10-13T16:10:00Z", "13:10").await?;
    day.afternoon().await?;
    day.later("2026-10-13T19:00:00Z", "16:00").await?;
    day.begin("Finn Shaw").await?;
    day.begin("Quin Yale").await?;
    day.later("2026-10-13T22:30:00Z", "19:30").await?;
    day.closing().await?;
    day.compare().await?;
    day.desk.console.keys("<f5>").sees("Board >");
    day.desk.console.keys("q").ends();
    day.desk.console.is_restored();
    Ok(())
}
