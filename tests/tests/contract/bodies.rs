//! A valid request of every call, about things at one site: what the tests of access and of redaction ask.
//!
//! [`questions`] has one for each method at least; a test fails for a method without one.

use prost::Message;
use treadwell_api::v1::{
    Answer, Appointment, Business, CreateHoldRequest, CreateHoldResponse,
    CreateWaitlistEntryRequest, CreateWaitlistEntryResponse, GetAccountRequest, GetAccountResponse,
    GetBusinessRequest, GetBusinessResponse, GetCatalogRequest, GetCatalogResponse, Hold,
    IssueReceiptRequest, IssueReceiptResponse, ListItemsRequest, ListItemsResponse,
    ListPricesRequest, ListPricesResponse, ListShiftsRequest, ListShiftsResponse,
    ListTherapistsRequest, ListTherapistsResponse, LocalDate, OpenOutageRequest,
    OpenOutageResponse, Outage, PaymentMethod, PaymentPart, PriceList, PutTimeOffRequest,
    PutTimeOffResponse, PutTrainingRequest, PutTrainingResponse, PutWeekTemplateRequest,
    PutWeekTemplateResponse, Role, Shift, StockItem, TakePaymentRequest, TakePaymentResponse,
    Therapist, TimeOfDay, TimeOff, TimeRange, Training, WaitlistEntry, WeekTemplate, Weekday,
    WeekdayShift,
};
use treadwell_clinic::id::{
    AppointmentId, HoldId, KeyId, OutageId, ShiftId, TemplateId, WaitlistId,
};
use treadwell_tests::clinic_day::named;

use crate::clinic::{Clinic, method_of, said, today};

/// Requests with the methods that take them.
macro_rules! ask {
    ($($message:expr;)*) => {
        vec![$({
            let message = $message;
            $crate::bodies::question(&message)
        }),*]
    };
}
pub(crate) use ask;

mod all;

pub(crate) use all::{SITE, questions};

/// A method and a body for it.
pub(crate) fn question<M: Message>(message: &M) -> (String, Vec<u8>) {
    (method_of::<M>().0, message.encode_to_vec())
}

/// What requests are about: things that are there, all at [`SITE`] as far as they are at a site.
#[derive(Clone)]
pub(crate) struct Names {
    /// What request ids begin with.
    pub(crate) who: String,
    pub(crate) client: String,
    /// The client, as they are on file.
    pub(crate) person: treadwell_api::v1::Client,
    /// An appointment that lies ahead.
    pub(crate) appointment: Appointment,
    /// One whose session is over.
    pub(crate) session: String,
    /// Answers to what the client is asked.
    pub(crate) answers: Vec<Answer>,
    pub(crate) room: String,
    pub(crate) hold: String,
    pub(crate) entry: String,
    pub(crate) outage: String,
    pub(crate) time_off: String,
    pub(crate) training: String,
    /// A key that nobody uses.
    pub(crate) key: String,
    pub(crate) receipt: i32,
    pub(crate) catalog: GetCatalogResponse,
    pub(crate) business: Business,
    pub(crate) prices: PriceList,
    pub(crate) therapist: Therapist,
    pub(crate) item: StockItem,
    pub(crate) shift: Shift,
    pub(crate) template: WeekTemplate,
}

impl Names {
    /// Makes what is not there yet.
    pub(crate) async fn make(
        clinic: &Clinic,
        person: treadwell_api::v1::Client,
        appointment: Appointment,
        session: String,
        answers: Vec<Answer>,
    ) -> Self {
        let client = person.id.clone();
        let wire = &clinic.owner;
        let off = PutTimeOffRequest {
            write: named("names off"),
            time_off: Some(time_off(40)),
        };
        let off: PutTimeOffResponse = said(wire.ask("RosterService/PutTimeOff", &off).await);
        let learned = PutTrainingRequest {
            write: named("names training"),
            training: Some(training()),
        };
        let learned: PutTrainingResponse =
            said(wire.ask("TherapistService/PutTraining", &learned).await);
        let key = clinic.key("Spare", Role::FrontDesk, &[SITE]).await;
        let mut names = Self {
            who: String::new(),
            hold: hold(clinic).await,
            entry: entry(clinic, &client).await,
            outage: outage(clinic).await,
            receipt: receipt(clinic, &session).await,
            client,
            person,
            appointment,
            session,
            answers,
            room: "h3".to_owned(),
            time_off: off.time_off.unwrap_or_default().id,
            training: learned.training.unwrap_or_default().id,
            key: key.expect("a key is made").0,
            catalog: GetCatalogResponse::default(),
            business: Business::default(),
            prices: PriceList::default(),
            therapist: Therapist::default(),
            item: StockItem::default(),
            shift: Shift::default(),
            template: template(clinic).await,
        };
        names.read(clinic).await;
        names
    }

    /// Reads what the sample clinic has already, so that it can be put as it is.
    async fn read(&mut self, clinic: &Clinic) {
        let (wire, site_ids) = (&clinic.owner, || vec![SITE.to_owned()]);
        self.catalog = said(
            wire.ask("CatalogService/GetCatalog", &GetCatalogRequest {})
                .await,
        );
        let business: GetBusinessResponse = said(
            wire.ask("ReceiptService/GetBusiness", &GetBusinessRequest {})
                .await,
        );
        let prices: ListPricesResponse = said(
            wire.ask("ReceiptService/ListPrices", &ListPricesRequest {})
                .await,
        );
        let list = ListTherapistsRequest::default();
        let therapists: ListTherapistsResponse =
            said(wire.ask("TherapistService/ListTherapists", &list).await);
        let list = ListItemsRequest {
            site_ids: site_ids(),
            ..Default::default()
        };
        let items: ListItemsResponse = said(wire.ask("StockService/ListItems", &list).await);
        let list = ListShiftsRequest {
            site_ids: site_ids(),
            from: today(20 * 24 * 60),
            until: today(27 * 24 * 60),
            ..Default::default()
        };
        let shifts: ListShiftsResponse = said(wire.ask("RosterService/ListShifts", &list).await);
        self.business = business.business.expect("there is a business");
        self.prices = prices.price_lists.into_iter().next().expect("a price");
        let mut people = therapists.therapists.into_iter();
        self.therapist = people.find(|it| it.id == "chen").expect("she works here");
        self.item = items.items.into_iter().next().expect("an item");
        self.shift = shifts.shifts.into_iter().next().expect("a shift");
    }

    /// The same for somebody else.
    pub(crate) fn of(&self, who: &str) -> Self {
        Self {
            who: who.to_owned(),
            ..self.clone()
        }
    }

    /// The same, with ids that were never given for whatever is at a site. Each is as long as the one it stands for.
    pub(crate) fn made_up(&self) -> Self {
        let mut all = self.clone();
        for (real, made_up) in self.pairs() {
            for id in all.ids() {
                if **id == real {
                    id.clone_from(&made_up);
                }
            }
        }
        all.receipt = 9;
        all
    }

    /// Every id of a thing that is at a site.
    fn ids(&mut self) -> [&mut String; 8] {
        [
            &mut self.appointment.id,
            &mut self.session,
            &mut self.hold,
            &mut self.entry,
            &mut self.outage,
            &mut self.shift.id,
            &mut self.template.id,
            &mut self.key,
        ]
    }

    /// Every id of a thing that is at a site, and one that was never given. Rooms have none: they are named by people, as sites are,
    /// and whoever names one out of reach is told that its site is.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        macro_rules! other {
            ($id:expr, $kind:ident) => {{
                let real: $kind = $id.parse().expect("the server gives such ids");
                // No commit makes as many things as that.
                let never = $kind::new(real.number() | 1_000).to_string();
                assert_eq!(never.len(), $id.len());
                ($id.clone(), never)
            }};
        }
        vec![
            other!(self.appointment.id, AppointmentId),
            other!(self.session, AppointmentId),
            other!(self.hold, HoldId),
            other!(self.entry, WaitlistId),
            other!(self.outage, OutageId),
            other!(self.shift.id, ShiftId),
            other!(self.template.id, TemplateId),
            other!(self.key, KeyId),
            (format!("receipt {}", self.receipt), "receipt 9".to_owned()),
            (
                format!("{:?}", self.receipt.to_string()),
                format!("{:?}", "9"),
            ),
        ]
    }
}

fn time_off(days: i64) -> TimeOff {
    TimeOff {
        therapist_id: "chen".to_owned(),
        start: today(days * 24 * 60),
        end: today((days + 1) * 24 * 60),
        ..TimeOff::default()
    }
}

async fn hold(clinic: &Clinic) -> String {
    let hold = CreateHoldRequest {
        write: named("names hold"),
        hold: Some(Hold {
            service_id: "hands-on-60".to_owned(),
            site_id: SITE.to_owned(),
            start: today(16 * 60),
            ..Hold::default()
        }),
    };
    let method = "AppointmentService/CreateHold";
    let held: CreateHoldResponse = said(clinic.owner.ask(method, &hold).await);
    held.hold.unwrap_or_default().id
}

async fn entry(clinic: &Clinic, client: &str) -> String {
    let entry = CreateWaitlistEntryRequest {
        write: named("names entry"),
        entry: Some(WaitlistEntry {
            client_id: client.to_owned(),
            service_id: "hands-on-60".to_owned(),
            site_ids: vec![SITE.to_owned()],
            ..WaitlistEntry::default()
        }),
    };
    let method = "WaitlistService/CreateWaitlistEntry";
    let waits: CreateWaitlistEntryResponse = said(clinic.owner.ask(method, &entry).await);
    waits.entry.unwrap_or_default().id
}

async fn outage(clinic: &Clinic) -> String {
    let open = OpenOutageRequest {
        write: named("names outage"),
        outage: Some(Outage {
            room_id: "h6".to_owned(),
            reason: "A leak".to_owned(),
            ..Outage::default()
        }),
    };
    let method = "CatalogService/OpenOutage";
    let out: OpenOutageResponse = said(clinic.owner.ask(method, &open).await);
    out.outage.unwrap_or_default().id
}

async fn template(clinic: &Clinic) -> WeekTemplate {
    let time = |hour: i32| Some(TimeOfDay { hour, minute: 0 });
    let put = PutWeekTemplateRequest {
        write: named("names week"),
        template: Some(WeekTemplate {
            therapist_id: "chen".to_owned(),
            site_id: SITE.to_owned(),
            first: Some(LocalDate {
                year: 2027,
                month: 6,
                day: 7,
            }),
            every_weeks: 1,
            shifts: vec![WeekdayShift {
                weekday: Weekday::Monday.into(),
                hours: Some(TimeRange {
                    start: time(9),
                    end: time(12),
                }),
                breaks: Vec::new(),
            }],
            ..WeekTemplate::default()
        }),
    };
    let method = "RosterService/PutWeekTemplate";
    let made: PutWeekTemplateResponse = said(clinic.owner.ask(method, &put).await);
    made.template.unwrap_or_default()
}

async fn receipt(clinic: &Clinic, session: &str) -> i32 {
    let account = GetAccountRequest {
        appointment_id: session.to_owned(),
    };
    let method = "ReceiptService/GetAccount";
    let account: GetAccountResponse = said(clinic.owner.ask(method, &account).await);
    let due = account.account.unwrap_or_default().due_cents;
    let take = TakePaymentRequest {
        write: named("names payment"),
        appointment_id: session.to_owned(),
        parts: vec![part(due)],
        ..TakePaymentRequest::default()
    };
    let method = "ReceiptService/TakePayment";
    let _: TakePaymentResponse = said(clinic.owner.ask(method, &take).await);
    let issue = IssueReceiptRequest {
        write: named("names receipt"),
        appointment_id: session.to_owned(),
    };
    let method = "ReceiptService/IssueReceipt";
    let issued: IssueReceiptResponse = said(clinic.owner.ask(method, &issue).await);
    issued.receipt.unwrap_or_default().number
}

fn part(cents: i64) -> PaymentPart {
    PaymentPart {
        method: PaymentMethod::Cash.into(),
        cents,
    }
}

/// Learned by the therapist.
pub(crate) fn training() -> Training {
    Training {
        therapist_ids: vec!["chen".to_owned()],
        kind: treadwell_api::v1::TrainingKind::Session.into(),
        title: "Safe pressure".to_owned(),
        first: Some(all::TODAY),
        last: Some(all::TODAY),
        minutes: 60,
        ..Training::default()
    }
}
