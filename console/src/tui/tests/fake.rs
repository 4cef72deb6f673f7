//! A stand-in for the server: the sample clinic, with just enough memory to book, hold and answer.

use std::collections::BTreeMap;

use treadwell_api::v1::{self, AppointmentState, ScreeningOutcome};

use crate::tui::{
    call::{Answer, Call},
    failure::Failure,
    sample,
};

/// The stand-in.
#[allow(
    clippy::struct_excessive_bools,
    reason = "switches of a stand-in, each on its own"
)]
#[derive(Debug)]
pub(super) struct Fake {
    /// Every call, in order.
    pub(super) log: Vec<Call>,
    /// The server does not answer.
    pub(super) down: bool,
    /// The next change is refused with this.
    pub(super) refuse_next: Option<Failure>,
    /// Live holds.
    pub(super) holds: Vec<v1::Hold>,
    /// What was booked.
    pub(super) booked: Vec<v1::Appointment>,
    /// Answers recorded.
    pub(super) answers: Vec<v1::Answer>,
    /// What is asked of the client.
    pub(super) questions: Vec<v1::Question>,
    /// The live rooms.
    pub(super) live: v1::GetBoardResponse,
    /// Open checklists.
    pub(super) turnovers: Vec<v1::Turnover>,
    /// A tick is the last one of its checklist.
    pub(super) finishes_turnovers: bool,
    /// Which rooms are free, whenever that is asked.
    pub(super) free: v1::ListFreeRoomsResponse,
    /// What undo would take back: words and etag.
    pub(super) undoable: (String, String),
    /// The same by name.
    pub(super) undo_text: String,
    /// Since when clients are asked whether anything has changed.
    pub(super) ask_since: Option<v1::LocalDate>,
    /// Nothing is free anywhere.
    pub(super) no_places: bool,
    /// Appointments of clients, by start, for lists.
    pub(super) visits: Vec<v1::Appointment>,
    /// The longest page of such a list.
    pub(super) page: usize,
    /// The notes on the only session that has any.
    pub(super) record: Option<v1::SessionRecord>,
    /// The next change is done, and its answer lost.
    pub(super) loses_next: bool,
    /// What became of changes, by request id.
    done: BTreeMap<String, Answer>,
    /// More clients fit than are told.
    pub(super) more_clients: bool,
    clients: Vec<v1::Client>,
    revision: u64,
}

impl Fake {
    pub(super) fn new() -> Self {
        Self {
            log: Vec::new(),
            down: false,
            refuse_next: None,
            holds: Vec::new(),
            booked: Vec::new(),
            answers: Vec::new(),
            questions: sample::unanswered(),
            live: sample::live(),
            turnovers: sample::turnovers().turnovers,
            finishes_turnovers: false,
            free: sample::rooms_free(),
            undoable: ("booked Anna Lee".to_owned(), "4712".to_owned()),
            undo_text: String::new(),
            ask_since: None,
            no_places: false,
            visits: Vec::new(),
            page: 500,
            record: None,
            loses_next: false,
            done: BTreeMap::new(),
            more_clients: false,
            clients: sample::clients(),
            revision: 4711,
        }
    }

    /// Answers a call.
    pub(super) fn answer(&mut self, mut call: Call) -> Result<Answer, Failure> {
        self.log.push(call.clone());
        if self.down {
            return Err(Failure::unreachable());
        }
        let writes = call
            .write_options()
            .is_some_and(|options| !options.validate_only);
        if writes && let Some(failure) = self.refuse_next.take() {
            return Err(failure);
        }
        let request_id = call
            .write_options()
            .map(|options| options.request_id.clone());
        let request_id = request_id.filter(|_| writes).unwrap_or_default();
        if let Some(done) = self.done.get(&request_id) {
            return Ok(done.clone());
        }
        self.revision += u64::from(writes);
        let answer = self.perform(call)?;
        if writes {
            self.done.insert(request_id, answer.clone());
        }
        if writes && std::mem::take(&mut self.loses_next) {
            return Err(Failure::unreachable());
        }
        Ok(answer)
    }

    fn perform(&mut self, call: Call) -> Result<Answer, Failure> {
        let revision = self.revision;
        Ok(match call {
            Call::GetBoard(_) => v1::GetBoardResponse {
                revision,
                ..self.live.clone()
            }
            .into(),
            Call::GetCatalog(_) => sample::catalog().into(),
            Call::ListTherapists(_) => Answer::ListTherapists(v1::ListTherapistsResponse {
                therapists: sample::therapists(),
                ..v1::ListTherapistsResponse::default()
            }),
            Call::WhoAmI(_) => Answer::WhoAmI(v1::WhoAmIResponse {
                revision,
                key: Some(v1::Key {
                    name: "Front desk".to_owned(),
                    role: v1::Role::FrontDesk.into(),
                    ..v1::Key::default()
                }),
            }),
            Call::GetStatus(_) => v1::GetStatusResponse {
                revision,
                ..v1::GetStatusResponse::default()
            }
            .into(),
            Call::ListFreeRooms(asked) => self.free_rooms(&asked),
            Call::GetDaySheet(_) => v1::GetDaySheetResponse {
                revision,
                ..sample::sheet()
            }
            .into(),
            Call::ListTurnovers(_) => Answer::ListTurnovers(v1::ListTurnoversResponse {
                revision,
                turnovers: self.turnovers.clone(),
            }),
            Call::ListAppointments(asked) => self.list_appointments(&asked),
            Call::ListItems(_) => super::upkeep::items(revision).into(),
            Call::ListRuleSetVersions(asked) => super::health::versions(&asked).into(),
            Call::GetSessionHygiene(asked) => super::upkeep::session_hygiene(asked).into(),
            Call::GetHygieneLog(asked) => super::upkeep::log(asked).into(),
            Call::ListAlerts(_) => super::upkeep::alerts(revision).into(),
            Call::ListClients(asked) => self.list_clients(&asked),
            Call::GetClient(asked) => self.get_client(&asked),
            Call::GetAppointment(asked) => Answer::GetAppointment(v1::GetAppointmentResponse {
                revision,
                appointment: Some(self.appointment(&asked.appointment_id)),
                ask_since: self.ask_since,
            }),
            Call::SearchAvailability(_) if self.no_places => {
                v1::SearchAvailabilityResponse::default().into()
            }
            Call::SearchAvailability(_) => sample::proposals().into(),
            Call::ExplainSlot(_) => Self::explain(),
            Call::Screen(_) => Answer::Screen(v1::ScreenResponse {
                revision,
                screenings: vec![self.screening()],
            }),
            Call::CreateHold(asked) => self.hold(asked),
            Call::ReleaseHold(asked) => {
                self.holds.retain(|hold| hold.id != asked.hold_id);
                v1::ReleaseHoldResponse { revision }.into()
            }
            Call::CreateClient(asked) => self.create_client(asked),
            Call::RecordDeclaration(asked) => {
                self.questions.retain(|question| {
                    !asked
                        .answers
                        .iter()
                        .any(|answer| answer.condition_id == question.condition_id)
                });
                self.answers.extend(asked.answers);
                v1::RecordDeclarationResponse::default().into()
            }
            Call::BookAppointment(asked) => self.book(asked),
            call @ (Call::GetSessionRecord(_)
            | Call::ListSessionRecords(_)
            | Call::SaveSessionNotes(_)
            | Call::SignSessionNotes(_)
            | Call::AddSessionAddendum(_)
            | Call::GetAftercare(_)
            | Call::IssueAftercare(_)) => return super::records::answer(&mut self.record, call),
            call @ (Call::BookSeries(_) | Call::MoveSeries(_) | Call::CancelSeries(_)) => {
                super::series::answer(self.revision, &call)
            }
            other => self.act(other),
        })
    }

    fn act(&mut self, call: Call) -> Answer {
        let state = |fake: &Self, id: &str, state: AppointmentState| {
            let mut found = fake.appointment(id);
            found.state = state.into();
            Some(found)
        };
        match call {
            Call::CheckIn(asked) => Answer::CheckIn(v1::CheckInResponse {
                appointment: state(self, &asked.appointment_id, AppointmentState::Arrived),
                revision: self.revision,
                ask_since: self.ask_since.filter(|_| !asked.nothing_changed),
                ..v1::CheckInResponse::default()
            }),
            Call::StartSession(asked) => Answer::StartSession(v1::StartSessionResponse {
                revision: self.revision,
                appointment: state(self, &asked.appointment_id, AppointmentState::InSession),
                ..v1::StartSessionResponse::default()
            }),
            Call::CancelAppointment(asked) => {
                Answer::CancelAppointment(v1::CancelAppointmentResponse {
                    appointment: state(self, &asked.appointment_id, AppointmentState::Cancelled),
                    revision: self.revision,
                })
            }
            Call::MoveAppointment(asked) => Answer::MoveAppointment(v1::MoveAppointmentResponse {
                appointment: state(self, &asked.appointment_id, AppointmentState::Booked),
                revision: self.revision,
            }),
            Call::ExtendSession(asked) => Answer::ExtendSession(v1::ExtendSessionResponse {
                appointment: state(self, &asked.appointment_id, AppointmentState::InSession),
                revision: self.revision,
            }),
            Call::FinishSession(asked) => Answer::FinishSession(v1::FinishSessionResponse {
                appointment: state(self, &asked.appointment_id, AppointmentState::Completed),
                revision: self.revision,
                ..v1::FinishSessionResponse::default()
            }),
            Call::UndoLastOperation(_) => {
                let (undone, etag) = self.undoable.clone();
                Answer::UndoLastOperation(v1::UndoLastOperationResponse {
                    undone,
                    etag,
                    text: self.undo_text.clone(),
                    ..v1::UndoLastOperationResponse::default()
                })
            }
            Call::TickTurnover(asked) => self.tick(&asked),
            Call::OpenOutage(asked) => Answer::OpenOutage(v1::OpenOutageResponse {
                outage: asked.outage,
                revision: self.revision,
                ..v1::OpenOutageResponse::default()
            }),
            Call::MarkNoShow(asked) => Answer::MarkNoShow(v1::MarkNoShowResponse {
                appointment: state(self, &asked.appointment_id, AppointmentState::NoShow),
                revision: self.revision,
            }),
            Call::CloseOutage(_) => v1::CloseOutageResponse::default().into(),
            Call::AttestFootCare(_) => v1::AttestFootCareResponse::default().into(),
            Call::RecordMovement(asked) => Answer::RecordMovement(v1::RecordMovementResponse {
                revision: self.revision,
                movements: vec![v1::StockMovement {
                    site_id: asked.site_id,
                    item_id: asked.item_id,
                    change: -asked.quantity,
                    level: 35,
                    ..v1::StockMovement::default()
                }],
            }),
            Call::RecordInspection(_) => v1::RecordInspectionResponse::default().into(),
            Call::RecordOwnItems(asked) => super::upkeep::recorded(&asked).into(),
            Call::PlanRepair(_) => v1::PlanRepairResponse::default().into(),
            Call::ListCalls(_) => v1::ListCallsResponse::default().into(),
            other => panic!("the stand-in does not know {other:?}"),
        }
    }

    fn tick(&mut self, asked: &v1::TickTurnoverRequest) -> Answer {
        let is_it = |list: &&v1::Turnover| list.room_id == asked.room_id;
        let turnover = self.turnovers.iter().find(is_it).cloned();
        let done = self.finishes_turnovers;
        if done {
            self.turnovers.retain(|list| !is_it(&list));
        }
        Answer::TickTurnover(v1::TickTurnoverResponse {
            revision: self.revision,
            turnover,
            done,
        })
    }

    fn free_rooms(&self, asked: &v1::ListFreeRoomsRequest) -> Answer {
        let mut answer = self.free.clone();
        answer.revision = self.revision;
        answer.rooms.retain(|room| room.bars || !asked.bars);
        answer.at = asked.at.or(answer.at);
        answer.into()
    }

    /// Somebody else has changed something.
    pub(super) fn pass(&mut self, revision: u64) {
        self.revision = self.revision.max(revision);
    }

    /// Somebody else adds a client, who comes first.
    pub(super) fn add_client(&mut self, id: &str, name: &str) {
        let client = v1::Client {
            id: id.to_owned(),
            name: name.to_owned(),
            ..v1::Client::default()
        };
        self.clients.insert(0, client);
    }

    /// Somebody else changes a client's phone.
    pub(super) fn change_client(&mut self, id: &str, phone: &str) {
        self.revision += 1;
        for client in self.clients.iter_mut().filter(|client| client.id == id) {
            phone.clone_into(&mut client.phone);
            client.etag = self.revision.to_string();
        }
    }

    /// In order of start; a page is as long as `page` says.
    fn list_appointments(&self, asked: &v1::ListAppointmentsRequest) -> Answer {
        let seconds = |at: &Option<prost_types::Timestamp>| at.as_ref().map(|at| at.seconds);
        let (from, until) = (seconds(&asked.from), seconds(&asked.until));
        let fits = |visit: &&v1::Appointment| {
            let start = seconds(&visit.start);
            visit.client_id == asked.client_id
                && (from.is_none() || start >= from)
                && (until.is_none() || start < until)
        };
        let all: Vec<v1::Appointment> = self.visits.iter().filter(fits).cloned().collect();
        let first: usize = asked.page_token.parse().unwrap_or(0);
        let last = all.len().min(first + self.page);
        Answer::ListAppointments(v1::ListAppointmentsResponse {
            revision: self.revision,
            appointments: all[first..last].to_vec(),
            next_page_token: if last < all.len() {
                last.to_string()
            } else {
                String::new()
            },
        })
    }

    fn list_clients(&self, asked: &v1::ListClientsRequest) -> Answer {
        let wanted = asked.query.to_lowercase();
        let fits = |client: &&v1::Client| {
            client.name.to_lowercase().contains(&wanted) || client.phone.contains(&wanted)
        };
        Answer::ListClients(v1::ListClientsResponse {
            revision: self.revision,
            clients: self.clients.iter().filter(fits).cloned().collect(),
            next_page_token: if self.more_clients { "50" } else { "" }.to_owned(),
        })
    }

    fn get_client(&self, asked: &v1::GetClientRequest) -> Answer {
        Answer::GetClient(v1::GetClientResponse {
            revision: self.revision,
            client: self
                .clients
                .iter()
                .find(|client| client.id == asked.client_id)
                .cloned(),
            screenings: vec![self.screening()],
            upcoming_appointment_ids: Vec::new(),
        })
    }

    fn create_client(&mut self, asked: v1::CreateClientRequest) -> Answer {
        let mut client = asked.client.unwrap_or_default();
        client.id = format!("cli-new{}", self.clients.len());
        let similar = self
            .clients
            .iter()
            .filter(|other| other.phone == client.phone)
            .map(|other| other.id.clone())
            .collect();
        self.clients.push(client.clone());
        Answer::CreateClient(v1::CreateClientResponse {
            revision: self.revision,
            client: Some(client),
            similar_client_ids: similar,
        })
    }

    fn appointment(&self, id: &str) -> v1::Appointment {
        let sheet = sample::sheet();
        let all = self.booked.iter().chain(&sheet.appointments);
        let mut known = all.filter(|found| found.id == id).cloned();
        known.next().unwrap_or_else(|| {
            let mut found = sample::appointment(
                "h4",
                "okafor",
                "Jon Marsh",
                (13, 0),
                (14, 0),
                AppointmentState::Booked,
            );
            found.id = id.to_owned();
            found
        })
    }

    fn screening(&self) -> v1::Screening {
        let outcome = if self.questions.is_empty() {
            ScreeningOutcome::Clear
        } else {
            ScreeningOutcome::Incomplete
        };
        v1::Screening {
            outcome: outcome.into(),
            unanswered: self.questions.clone(),
            rule_set_id: "barefoot".to_owned(),
            ..v1::Screening::default()
        }
    }

    fn hold(&mut self, asked: v1::CreateHoldRequest) -> Answer {
        let mut hold = asked.hold.unwrap_or_default();
        hold.id = format!("hold-{}", self.revision);
        hold.expires_at = Some(sample::at(14, 12));
        self.holds.push(hold.clone());
        Answer::CreateHold(v1::CreateHoldResponse {
            revision: self.revision,
            hold: Some(hold),
            screening: None,
        })
    }

    fn book(&mut self, asked: v1::BookAppointmentRequest) -> Answer {
        let mut booked = asked.appointment.unwrap_or_default();
        let hold = self.holds.iter().find(|hold| hold.id == asked.hold_id);
        assert_eq!(booked.start.is_none(), hold.is_some(), "a place, once");
        if let Some(hold) = hold.cloned() {
            booked.service_id = hold.service_id;
            booked.site_id = hold.site_id;
            booked.room_id = hold.room_id;
            booked.therapist_id = hold.therapist_id;
            booked.start = hold.start;
            booked.end = hold.end;
        }
        booked.id = format!("apt-{}", self.revision);
        booked.client_name = self
            .clients
            .iter()
            .find(|client| client.id == booked.client_id)
            .map(|client| client.name.clone())
            .unwrap_or_default();
        booked.state = AppointmentState::Booked.into();
        self.holds.retain(|hold| hold.id != asked.hold_id);
        self.booked.push(booked.clone());
        Answer::BookAppointment(v1::BookAppointmentResponse {
            revision: self.revision,
            appointment: Some(booked),
        })
    }

    fn explain() -> Answer {
        Answer::ExplainSlot(v1::ExplainSlotResponse {
            obstacles: vec![v1::Obstacle {
                subject_kind: "room".to_owned(),
                subject_id: "h1".to_owned(),
                reason: "ROOM_TAKEN".to_owned(),
                text: "taken until 15:00, turnover included".to_owned(),
                clashing_ids: vec!["apt-h1".to_owned()],
            }],
            nearest: sample::proposals().proposals.into_iter().take(1).collect(),
            ..v1::ExplainSlotResponse::default()
        })
    }
}

/// A refusal in words.
pub(super) fn refusal(reason: &str, message: &str) -> Failure {
    Failure {
        reason: reason.to_owned(),
        message: message.to_owned(),
        ..Failure::default()
    }
}
