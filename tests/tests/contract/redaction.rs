//! Health data reaches those who treat or manage, and nobody else, whatever they ask; and never a log line.
//!
//! A client's declaration and review, and the notes on a session of theirs, hold canaries. Every answer and every refusal that the desk, a program and a display
//! can get is searched for them as it comes over the wire.

use std::collections::BTreeSet;

use anyhow::Result;
use prost::Message;
use treadwell_api::v1::{
    Answer, AnswerKind, Appointment, BookAppointmentRequest, CancelAppointmentRequest,
    CancelReason, Client, CreateClientRequest, CreateClientResponse, EventTime,
    GetAppointmentRequest, GetBoardRequest, GetBoardResponse, GetCatalogRequest,
    GetCatalogResponse, GetClientRequest, GetSessionRecordRequest, ListDeclarationsRequest,
    LocalDate, PutRuleSetRequest, Reason, RecordDeclarationRequest, RecordDeclarationResponse,
    ResourceKind, Review, ReviewDecision, ReviewScreeningRequest, Role, Rule, RuleSet,
    WatchRequest, event_time::Precision, rule::Effect,
};
use treadwell_tests::{
    clinic_day::named,
    wire::{Wire, refused},
};

use crate::{
    bodies::{self, Names, question},
    clinic::{Clinic, book, call, said, today},
    watch::after,
};

const NAME: &str = "Canaria Quellwasser";
const PHONE: &str = "902-555-7319";
const DESK_NOTE: &str = "canary of the desk: likes the window";
/// A condition that is no more than a caution.
const CAUTION: &str = "canary-caution";
const REVIEW_NOTE: &str = "canary-review-7319";
/// Why another appointment was cancelled.
const UNWELL: &str = "canary-unwell-7319";
/// The day of the event that was declared.
const EVENT: LocalDate = LocalDate {
    year: 2026,
    month: 8,
    day: 17,
};

mod audited;
mod sessions;
mod stored;

use sessions::SESSION;

/// The client with the canaries, their appointment that was reviewed, and their session that is over.
pub(crate) struct Canary {
    client: String,
    appointment: Appointment,
    session: String,
    declaration: String,
    /// What can be asked about them.
    pub(crate) names: Names,
    /// The ids and questions of all conditions that anybody is asked about.
    conditions: Vec<String>,
}

impl Canary {
    pub(crate) async fn make(clinic: &Clinic) -> Result<Self> {
        let create = CreateClientRequest {
            write: named("canary"),
            client: Some(Client {
                name: NAME.to_owned(),
                phone: PHONE.to_owned(),
                note: DESK_NOTE.to_owned(),
                ..Client::default()
            }),
        };
        let made: CreateClientResponse = said(
            clinic
                .owner
                .ask("ClientService/CreateClient", &create)
                .await,
        );
        let person = made.client.unwrap_or_default();
        let client = person.id.clone();
        let catalog: GetCatalogResponse = said(
            clinic
                .owner
                .ask("CatalogService/GetCatalog", &GetCatalogRequest {})
                .await,
        );
        for mut set in catalog.rule_sets.clone() {
            set.rules.push(Rule {
                condition_id: CAUTION.to_owned(),
                question: "Is there anything to mind?".to_owned(),
                effect: Some(Effect::Caution(true)),
            });
            let put = PutRuleSetRequest {
                write: named(format!("caution {}", set.id)),
                rule_set: Some(RuleSet {
                    etag: String::new(),
                    ..set
                }),
            };
            said(send(&clinic.owner, "CatalogService/PutRuleSet", &put).await);
        }
        let catalog: GetCatalogResponse = said(
            clinic
                .owner
                .ask("CatalogService/GetCatalog", &GetCatalogRequest {})
                .await,
        );
        let rules = catalog.rule_sets.iter().flat_map(|set| &set.rules);
        let mut conditions: Vec<String> = rules.map(|rule| rule.condition_id.clone()).collect();
        conditions.sort_unstable();
        conditions.dedup();
        assert!(conditions.contains(&"fracture".to_owned()));
        let declare = declared(&client, &conditions, "declare");
        let declared: RecordDeclarationResponse = said(
            clinic
                .owner
                .ask("ClientService/RecordDeclaration", &declare)
                .await,
        );
        let appointment = said(clinic.book(&client, 0, 8).await);
        let review = ReviewScreeningRequest {
            write: named("review"),
            appointment_id: appointment.id.clone(),
            review: Some(Review {
                decision: ReviewDecision::Modify.into(),
                note: REVIEW_NOTE.to_owned(),
                ..Review::default()
            }),
        };
        let chen = clinic.of(Role::Therapist);
        said(send(&chen, "ClientService/ReviewScreening", &review).await);
        let session = sessions::session(clinic, &client).await;
        let ill = CancelAppointmentRequest {
            write: named("ill"),
            appointment_id: said(clinic.book(&client, 1, 8).await).id,
            cancel_reason: CancelReason::ClientUnwell.into(),
            note: UNWELL.to_owned(),
        };
        said(send(&clinic.owner, "AppointmentService/CancelAppointment", &ill).await);
        let answers = declare.answers;
        let names = Names::make(
            clinic,
            person,
            appointment.clone(),
            session.clone(),
            answers,
        );
        let names = names.await;
        Ok(Self {
            client,
            appointment,
            session,
            names,
            declaration: declared.declaration_id,
            conditions,
        })
    }

    /// What nobody but those who treat or manage may get.
    fn health(&self) -> Vec<Vec<u8>> {
        let words = self.conditions.iter().map(|id| id.replace('-', " "));
        let mut needles: Vec<Vec<u8>> = words
            .chain(self.conditions.clone())
            .map(String::into_bytes)
            .collect();
        needles.extend(Self::notes());
        needles
    }

    /// Of these, what is about somebody wherever it stands: the questions alone are about nobody.
    fn notes() -> Vec<Vec<u8>> {
        let mut needles = Vec::new();
        needles.extend([REVIEW_NOTE, UNWELL].map(|text| text.as_bytes().to_vec()));
        needles.extend(SESSION.map(|text| text.as_bytes().to_vec()));
        needles.push(EVENT.encode_to_vec());
        needles.push(b"2026-08-17".to_vec());
        needles
    }
}

fn declared(client: &str, conditions: &[String], name: &str) -> RecordDeclarationRequest {
    let answers = conditions.iter().map(|condition| {
        let event = condition == "fracture";
        Answer {
            condition_id: condition.clone(),
            kind: if event || condition == CAUTION {
                AnswerKind::Yes
            } else {
                AnswerKind::No
            }
            .into(),
            when: event.then_some(EventTime {
                precision: Some(Precision::Date(EVENT)),
            }),
            asked_at: None,
        }
    });
    RecordDeclarationRequest {
        write: named(name),
        client_id: client.to_owned(),
        answers: answers.collect(),
        replace: true,
    }
}

async fn send(
    wire: &Wire,
    method: &str,
    message: &impl Message,
) -> Result<Vec<u8>, treadwell_tests::wire::No> {
    let bytes = wire.bytes(method, message.encode_to_vec()).await?;
    Ok(bytes.to_vec())
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// Everything that a role can ask about the client and that day; the answers of the refused too. A watch is looked at by
/// itself.
fn questions(canary: &Canary, role: Role) -> Vec<(String, Vec<u8>)> {
    let names = canary.names.of(&format!("{role:?}"));
    let mut wrong = names.declaration();
    wrong.answers.push(wrong.answers[0].clone());
    let mut all = vec![question(&wrong)];
    all.extend(bodies::questions(&names));
    all.retain(|(method, _)| method != "WatchService/Watch");
    all
}

/// Calls that say what the rules ask about, which is nobody's answer.
const RULES: [&str; 5] = [
    "CatalogService/ExportCatalog",
    "CatalogService/GetCatalog",
    "CatalogService/ListRuleSetVersions",
    "CatalogService/PutRuleSet",
    "ClientService/GetIntakeForm",
];

/// What a watch of a role brings, from the beginning of the clinic and as a snapshot. The rules of rule sets name
/// conditions, but nobody's.
async fn watched(clinic: &Clinic, wire: &Wire) -> Vec<u8> {
    let newest = clinic.revision().await;
    let kinds: Vec<i32> = (1..=999)
        .filter(|&kind| ResourceKind::try_from(kind).is_ok())
        .filter(|&kind| kind != i32::from(ResourceKind::RuleSet))
        .collect();
    let mut all = Vec::new();
    for request in [WatchRequest::default(), after(0)] {
        let request = WatchRequest {
            kinds: kinds.clone(),
            ..request
        };
        let mut watching = said(wire.watch(&request).await);
        loop {
            let (bytes, message) = said(watching.next().await).expect("it goes on");
            all.extend(bytes);
            if message.revision >= newest && (message.commit_complete || message.checkpoint) {
                break;
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn health_data_reaches_only_those_who_treat_or_manage() -> Result<()> {
    for role in [Role::FrontDesk, Role::Integration, Role::Wallboard] {
        let clinic = Clinic::with(&["--log", "debug"]).await?;
        let canary = Canary::make(&clinic).await?;
        let mut seen = Vec::new();
        if role == Role::Wallboard {
            let words = NAME.split(' ').chain([PHONE, DESK_NOTE]);
            seen.extend(words.map(|word| word.as_bytes().to_vec()));
        }
        let wire = clinic.connect(role).await?;
        let mut heard = vec![("Watch".to_owned(), watched(&clinic, &wire).await)];
        let (mut answered, mut denied) = (BTreeSet::new(), 0);
        for (method, body) in questions(&canary, role) {
            match wire.bytes(&method, body).await {
                Ok(bytes) => {
                    answered.insert(method.clone());
                    heard.push((method, bytes.to_vec()));
                }
                Err(no) => {
                    denied += 1;
                    heard.push((method.clone(), no.everything().into_bytes()));
                    heard.push((method, no.details));
                }
            }
        }
        heard.push(("Watch".to_owned(), watched(&clinic, &wire).await));
        for (method, bytes) in heard {
            let health = if RULES.contains(&method.as_str()) {
                Canary::notes()
            } else {
                canary.health()
            };
            for needle in health.iter().chain(&seen) {
                assert!(
                    !holds(&bytes, needle),
                    "{role:?} gets {:?} from {method}: {}",
                    String::from_utf8_lossy(needle),
                    String::from_utf8_lossy(&bytes)
                );
            }
        }
        let count = answered.len();
        assert!(count >= 8 && denied >= 30, "{role:?}: {answered:?}");
        if role == Role::FrontDesk {
            // The desk records what a client declares, and sees what came of it.
            for method in [
                "ClientService/RecordDeclaration",
                "ClientService/Screen",
                "ReportService/GetAttendance",
            ] {
                assert!(answered.contains(method), "{answered:?}");
            }
        }
        clinic.is_sound().await?;
        nothing_logged(&clinic, &canary)?;
    }
    Ok(())
}

fn nothing_logged(clinic: &Clinic, canary: &Canary) -> Result<()> {
    let log = std::fs::read(clinic.folder.log())?;
    assert!(holds(&log, b"GetBoard"), "calls are logged when asked for");
    let mut needles = canary.health();
    needles.extend([NAME, "Quellwasser", PHONE, DESK_NOTE].map(|word| word.as_bytes().to_vec()));
    needles.push(clinic.folder.owner_key.as_bytes().to_vec());
    for needle in needles {
        assert!(
            !holds(&log, &needle),
            "{:?} is in the log",
            String::from_utf8_lossy(&needle)
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_treat_or_manage_get_it() -> Result<()> {
    let clinic = Clinic::with(&["--log", "debug"]).await?;
    let canary = Canary::make(&clinic).await?;
    let _: GetBoardResponse = said(
        clinic
            .owner
            .ask("FloorService/GetBoard", &GetBoardRequest::default())
            .await,
    );
    for role in [Role::Owner, Role::Manager, Role::Therapist] {
        let wire = clinic.of(role);
        let get = GetClientRequest {
            client_id: canary.client.clone(),
            at: None,
        };
        let answer = said(send(&wire, "ClientService/GetClient", &get).await);
        assert!(holds(&answer, b"fracture"), "{role:?}");
        let list = ListDeclarationsRequest {
            client_id: canary.client.clone(),
            ..ListDeclarationsRequest::default()
        };
        let answer = said(send(&wire, "ClientService/ListDeclarations", &list).await);
        assert!(holds(&answer, &EVENT.encode_to_vec()), "{role:?}");
        let get = GetAppointmentRequest {
            appointment_id: canary.appointment.id.clone(),
        };
        let answer = said(send(&wire, "AppointmentService/GetAppointment", &get).await);
        assert!(holds(&answer, REVIEW_NOTE.as_bytes()), "{role:?}");
        assert!(holds(&answer, CAUTION.as_bytes()), "{role:?}");
        let get = GetSessionRecordRequest {
            appointment_id: canary.session.clone(),
        };
        let noted = said(send(&wire, "SessionRecordService/GetSessionRecord", &get).await);
        // Why it was stopped is the appointment's.
        for text in &SESSION[..6] {
            assert!(holds(&noted, text.as_bytes()), "{role:?}: {text}");
        }
        let get = GetAppointmentRequest {
            appointment_id: canary.session.clone(),
        };
        let stopped = said(send(&wire, "AppointmentService/GetAppointment", &get).await);
        assert!(holds(&stopped, SESSION[6].as_bytes()), "{role:?}");
        // Whoever watches is told that there is such a thing, and reads it by calls that are audited.
        let all = watched(&clinic, &wire).await;
        assert!(holds(&all, canary.declaration.as_bytes()), "{role:?}");
        for needle in canary.health() {
            assert!(
                !holds(&all, &needle),
                "{role:?} watches {:?}, a read of which has to be audited",
                String::from_utf8_lossy(&needle)
            );
        }
    }
    // A refusal says no more to them than to others: refusals are shown, written down, sent on.
    let barefoot = BookAppointmentRequest {
        appointment: Some(Appointment {
            client_id: canary.client.clone(),
            service_id: "ashiatsu-60".to_owned(),
            site_id: "halifax".to_owned(),
            start: today(13 * 60),
            ..Appointment::default()
        }),
        ..BookAppointmentRequest::default()
    };
    let no = refused(
        book(&clinic.owner, &barefoot).await,
        Reason::ScreeningExcludedUntil,
    );
    assert!(!no.everything().contains("fracture"), "{no:?}");
    assert_eq!(no.metadata["eligible"], "2027-02-17");
    let reviews = ("ClientService/ReviewScreening".to_owned(), false);
    let body = ReviewScreeningRequest {
        appointment_id: canary.appointment.id.clone(),
        review: Some(Review {
            decision: ReviewDecision::Proceed.into(),
            ..Review::default()
        }),
        ..ReviewScreeningRequest::default()
    };
    let answer = call(&clinic.owner, &reviews, body.encode_to_vec()).await;
    refused(answer, Reason::NotATherapist);
    clinic.is_sound().await?;
    nothing_logged(&clinic, &canary)
}
