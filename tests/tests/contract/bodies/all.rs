//! The requests.

use treadwell_api::v1::{
    AcceptClockRequest, AcceptOfferRequest, AddSessionAddendumRequest, AnnotateAuditEntryRequest,
    ApplyRepairRequest, Appointment, AppointmentLine, AttestFootCareRequest,
    BookAppointmentRequest, BookSeriesRequest, CancelAppointmentRequest, CancelReason,
    CancelSeriesRequest, CheckInRequest, Client, ClientLine, CloseOutageRequest,
    ConfirmAppointmentRequest, CreateBackupRequest, CreateClientRequest, CreateHoldRequest,
    CreateKeyRequest, CreateWaitlistEntryRequest, DeclineOfferRequest, Disruption,
    EraseClientRequest, ExplainSlotRequest, ExportCatalogRequest, ExportClientRecordRequest,
    ExtendSessionRequest, FinishSessionRequest, GetAccessTableRequest, GetAccountRequest,
    GetAftercareRequest, GetAppointmentRequest, GetAttendanceRequest, GetBoardRequest,
    GetBusinessRequest, GetCalendarRequest, GetCatalogRequest, GetClientRequest,
    GetDaySheetRequest, GetDayTotalsRequest, GetEntitlementsRequest, GetHygieneLogRequest,
    GetIntakeFormRequest, GetReceiptRequest, GetScreeningOutcomesRequest, GetSessionHygieneRequest,
    GetSessionRecordRequest, GetStatusRequest, GetStockUseRequest, GetTherapistRequest,
    GetTurnoverTimesRequest, GetUtilizationRequest, GetWaitlistConversionRequest,
    GetWaitlistEntryRequest, Hold, ImportAppointmentsRequest, ImportClientsRequest,
    IssueAftercareRequest, IssueReceiptRequest, Key, LiftLockOutRequest, ListAlertsRequest,
    ListAppointmentsRequest, ListAuditEntriesRequest, ListBackupsRequest, ListCallsRequest,
    ListClientsRequest, ListDeclarationsRequest, ListFreeRoomsRequest, ListHoldsRequest,
    ListInspectionsRequest, ListItemsRequest, ListKeysRequest, ListMovementsRequest,
    ListOutagesRequest, ListPricesRequest, ListReceiptsRequest, ListRetentionRequest,
    ListRoomsRequest, ListRuleSetVersionsRequest, ListSessionRecordsRequest, ListShiftsRequest,
    ListTherapistsRequest, ListTimeOffRequest, ListTrainingRequest, ListTurnoversRequest,
    ListWaitlistEntriesRequest, ListWeekTemplatesRequest, LocalDate, MakeOfferRequest,
    MarkNoShowRequest, MoveAppointmentRequest, MoveSeriesRequest, MovementKind, OnImpossible,
    OpenOutageRequest, Outage, Overrun, OwnItem, PlanRepairRequest, Policy, PutBusinessRequest,
    PutItemRequest, PutPriceListRequest, PutRoomRequest, PutRuleSetRequest, PutServiceRequest,
    PutShiftRequest, PutSiteRequest, PutTherapistRequest, PutTimeOffRequest, PutTrainingRequest,
    PutWeekTemplateRequest, RecordContactRequest, RecordDeclarationRequest,
    RecordInspectionRequest, RecordMovementRequest, RecordOwnItemsRequest, RefundPaymentRequest,
    ReissueReceiptRequest, ReleaseHoldRequest, RemoveShiftRequest, RemoveTimeOffRequest,
    RemoveTrainingRequest, RemoveWeekTemplateRequest, RenewCredentialRequest, RepairMove,
    ReportPeriod, ReportQuery, Review, ReviewDecision, ReviewScreeningRequest, RevokeKeyRequest,
    Role, Room, RuleSet, SaveSessionNotesRequest, ScreenRequest, SearchAvailabilityRequest,
    SeriesScope, Service, SessionNotes, SetPassphraseRequest, Shift, SignInRequest, SignOutRequest,
    SignSessionNotesRequest, Site, StartSessionRequest, StockCount, StockItem, StockTakeRequest,
    SuggestForEntryRequest, SuggestForSlotRequest, SupportInspection, TakePaymentRequest,
    Therapist, TickTurnoverRequest, UndoLastOperationRequest, UnsoundDay, UpdateClientRequest,
    UpdatePolicyRequest, UpdateWaitlistEntryRequest, VerifyAuditRequest, VerifyRequest,
    VoidReceiptRequest, WaitlistEntry, WatchRequest, WeekTemplate, WhoAmIRequest,
    WithdrawWaitlistEntryRequest, WriteOptions, disruption::What, get_calendar_request::Of,
    renew_credential_request::Renewed,
};
use treadwell_tests::clinic_day::named;

use super::{Names, part, time_off, training};
use crate::clinic::today;

/// The site at which everything is.
pub(crate) const SITE: &str = "halifax";

/// The day of the tests.
pub(super) const TODAY: LocalDate = LocalDate {
    year: 2026,
    month: 10,
    day: 13,
};

fn site() -> String {
    SITE.to_owned()
}

fn sites() -> Vec<String> {
    vec![site()]
}

fn service() -> String {
    "ashiatsu-60".to_owned()
}

fn chen() -> String {
    "chen".to_owned()
}

/// A request of every method: first what is asked, then what changes something, and what can not be taken back last.
pub(crate) fn questions(names: &Names) -> Vec<(String, Vec<u8>)> {
    let mut all = client(names);
    all.extend(visit(names));
    all.extend(session(names));
    all.extend(reads());
    all.extend(money(names));
    all.extend(waitlist(names));
    all.extend(roster(names));
    all.extend(house(names));
    all.extend(catalog(names));
    all.extend(last(names));
    all
}

impl Names {
    fn write(&self, what: &str) -> Option<WriteOptions> {
        named(format!("{} {what}", self.who))
    }

    fn barefoot(&self) -> Appointment {
        Appointment {
            client_id: self.client.clone(),
            service_id: service(),
            site_id: site(),
            start: today(13 * 60),
            ..Appointment::default()
        }
    }

    pub(crate) fn declaration(&self) -> RecordDeclarationRequest {
        RecordDeclarationRequest {
            write: self.write("declares"),
            client_id: self.client.clone(),
            answers: self.answers.clone(),
            replace: true,
        }
    }
}

fn client(n: &Names) -> Vec<(String, Vec<u8>)> {
    let client_id = || n.client.clone();
    let start = n.barefoot().start;
    let new = Client {
        name: format!("Newcomer of {}", n.who),
        ..Client::default()
    };
    let line = ClientLine {
        line: 1,
        client: Some(new.clone()),
    };
    ask! {
        GetClientRequest { client_id: client_id(), at: None };
        ListClientsRequest::default();
        ListDeclarationsRequest { client_id: client_id(), ..Default::default() };
        ScreenRequest { client_id: client_id(), ..Default::default() };
        ScreenRequest { client_id: client_id(), service_id: service(), site_id: site(), at: start };
        UpdateClientRequest { write: n.write("update"), client: Some(n.person.clone()), update_mask: None };
        CreateClientRequest { write: n.write("new client"), client: Some(new) };
        ImportClientsRequest { write: n.write("import clients"), lines: vec![line], skip_existing: true };
        GetIntakeFormRequest { client_id: client_id(), appointment_id: n.appointment.id.clone(), ..Default::default() };
        n.declaration();
        ListRetentionRequest::default();
        ExportClientRecordRequest { client_id: client_id(), reason: "curious".to_owned() };
    }
}

fn visit(n: &Names) -> Vec<(String, Vec<u8>)> {
    let id = || n.appointment.id.clone();
    let barefoot = n.barefoot();
    let start = barefoot.start;
    let client_id = || n.client.clone();
    let review = Review {
        decision: ReviewDecision::Proceed.into(),
        ..Review::default()
    };
    let held = Hold {
        client_id: client_id(),
        service_id: service(),
        site_id: site(),
        start,
        ..Hold::default()
    };
    let line = AppointmentLine {
        line: 1,
        appointment: Some(barefoot.clone()),
        ..Default::default()
    };
    let all_or_none = || OnImpossible::FailAll.into();
    let scope = || SeriesScope::Following.into();
    ask! {
        ReviewScreeningRequest { appointment_id: id(), review: Some(review), ..Default::default() };
        GetAppointmentRequest { appointment_id: id() };
        ListAppointmentsRequest { site_ids: sites(), ..Default::default() };
        ListAppointmentsRequest::default();
        GetDaySheetRequest { site_id: site(), date: None };
        ConfirmAppointmentRequest { write: n.write("confirm"), appointment_id: id() };
        BookAppointmentRequest { appointment: Some(barefoot.clone()), ..Default::default() };
        BookSeriesRequest { appointment: Some(barefoot), every_days: 7, times: 2, on_impossible: all_or_none(), ..Default::default() };
        ImportAppointmentsRequest { write: n.write("import"), lines: vec![line], skip_existing: true };
        CreateHoldRequest { write: n.write("hold"), hold: Some(held) };
        ListHoldsRequest { site_ids: sites(), ..Default::default() };
        StartSessionRequest { write: n.write("start"), appointment_id: id() };
        CheckInRequest { write: n.write("check in"), appointment_id: id(), nothing_changed: true };
        UndoLastOperationRequest { write: n.write("undo") };
        MoveAppointmentRequest { appointment_id: id(), start: today(14 * 60), ..Default::default() };
        MoveSeriesRequest { appointment_id: id(), scope: scope(), start: today(14 * 60), on_impossible: all_or_none(), ..Default::default() };
        CancelSeriesRequest { appointment_id: id(), scope: scope(), cancel_reason: CancelReason::Client.into(), ..Default::default() };
        ExtendSessionRequest { appointment_id: id(), minutes: 15, ..Default::default() };
        FinishSessionRequest { appointment_id: id(), ..Default::default() };
        MarkNoShowRequest { appointment_id: id(), ..Default::default() };
        SearchAvailabilityRequest { site_ids: sites(), service_id: service(), client_id: client_id(), ..Default::default() };
        ExplainSlotRequest { site_id: site(), service_id: service(), client_id: client_id(), start, ..Default::default() };
        ListFreeRoomsRequest { site_ids: sites(), ..Default::default() };
        GetCalendarRequest { of: Some(Of::RoomId(n.room.clone())), ..Default::default() };
    }
}

fn session(n: &Names) -> Vec<(String, Vec<u8>)> {
    let appointment_id = || n.session.clone();
    let items = vec![OwnItem::WashedBefore.into()];
    ask! {
        GetAppointmentRequest { appointment_id: appointment_id() };
        GetSessionRecordRequest { appointment_id: appointment_id() };
        ListSessionRecordsRequest { client_id: n.client.clone(), ..Default::default() };
        SaveSessionNotesRequest { write: n.write("notes"), appointment_id: appointment_id(), notes: Some(SessionNotes::default()) };
        SignSessionNotesRequest { write: n.write("sign"), appointment_id: appointment_id() };
        AddSessionAddendumRequest { write: n.write("addendum"), appointment_id: appointment_id(), text: "more".to_owned() };
        GetAftercareRequest { appointment_id: appointment_id() };
        IssueAftercareRequest { write: n.write("aftercare"), appointment_id: appointment_id() };
        GetSessionHygieneRequest { appointment_id: appointment_id() };
        RecordOwnItemsRequest { write: n.write("own items"), appointment_id: appointment_id(), items };
    }
}

/// What is there, and reports of it.
fn reads() -> Vec<(String, Vec<u8>)> {
    let site_ids = sites;
    let query = || {
        Some(ReportQuery {
            site_ids: sites(),
            first: Some(TODAY),
            last: Some(TODAY),
            period: ReportPeriod::Day.into(),
        })
    };
    ask! {
        WhoAmIRequest {};
        ListKeysRequest::default();
        GetAccessTableRequest {};
        ListAuditEntriesRequest::default();
        VerifyAuditRequest {};
        AnnotateAuditEntryRequest { entry_id: "chg-1".to_owned(), text: "as it should be".to_owned() };
        GetStatusRequest {};
        VerifyRequest {};
        WatchRequest { site_ids: site_ids(), ..Default::default() };
        GetCatalogRequest {};
        ExportCatalogRequest {};
        ListRoomsRequest { site_ids: site_ids(), ..Default::default() };
        ListOutagesRequest { site_ids: site_ids(), ..Default::default() };
        ListRuleSetVersionsRequest { rule_set_id: "general".to_owned(), ..Default::default() };
        GetBoardRequest { site_ids: site_ids() };
        ListTurnoversRequest { site_ids: site_ids() };
        ListCallsRequest { site_ids: site_ids() };
        GetTherapistRequest { therapist_id: chen() };
        ListTherapistsRequest { site_ids: site_ids(), ..Default::default() };
        ListTrainingRequest::default();
        GetHygieneLogRequest { site_id: site(), ..Default::default() };
        ListInspectionsRequest { site_ids: site_ids(), ..Default::default() };
        ListAlertsRequest { site_ids: site_ids() };
        ListItemsRequest { site_ids: site_ids(), ..Default::default() };
        ListMovementsRequest { site_ids: site_ids(), ..Default::default() };
        GetAttendanceRequest { query: query() };
        GetUtilizationRequest { query: query() };
        GetScreeningOutcomesRequest { query: query() };
        GetTurnoverTimesRequest { query: query() };
        GetWaitlistConversionRequest { query: query() };
        GetStockUseRequest { query: query() };
        GetEntitlementsRequest { site_ids: site_ids(), on: Some(TODAY) };
    }
}

fn money(n: &Names) -> Vec<(String, Vec<u8>)> {
    let appointment_id = || n.session.clone();
    let number = n.receipt;
    ask! {
        GetAccountRequest { appointment_id: appointment_id() };
        GetBusinessRequest {};
        ListPricesRequest {};
        GetDayTotalsRequest { date: Some(TODAY), site_ids: sites() };
        GetReceiptRequest { number };
        ListReceiptsRequest { site_ids: sites(), ..Default::default() };
        TakePaymentRequest { write: n.write("pay"), appointment_id: appointment_id(), parts: vec![part(100)], note: String::new() };
        RefundPaymentRequest { write: n.write("refund"), appointment_id: appointment_id(), parts: vec![part(100)], note: "too much".to_owned() };
        IssueReceiptRequest { write: n.write("receipt"), appointment_id: appointment_id() };
        ReissueReceiptRequest { write: n.write("copy"), number };
        VoidReceiptRequest { write: n.write("void"), number, void_reason: "wrong name".to_owned() };
    }
}

fn waitlist(n: &Names) -> Vec<(String, Vec<u8>)> {
    let entry_id = || n.entry.clone();
    let entry = |id: String| WaitlistEntry {
        id,
        client_id: n.client.clone(),
        service_id: service(),
        site_ids: sites(),
        ..WaitlistEntry::default()
    };
    ask! {
        ListWaitlistEntriesRequest { site_ids: sites(), ..Default::default() };
        GetWaitlistEntryRequest { entry_id: entry_id() };
        CreateWaitlistEntryRequest { write: n.write("waits"), entry: Some(entry(String::new())) };
        UpdateWaitlistEntryRequest { write: n.write("waits on"), entry: Some(entry(entry_id())), update_mask: None };
        SuggestForEntryRequest { entry_id: entry_id(), limit: 1 };
        SuggestForSlotRequest { site_id: site(), start: today(14 * 60), ..Default::default() };
        MakeOfferRequest { write: n.write("offer"), entry_id: entry_id(), start: today(15 * 60), site_id: site(), ..Default::default() };
        RecordContactRequest { write: n.write("phoned"), entry_id: entry_id() };
        AcceptOfferRequest { write: n.write("accepts"), entry_id: entry_id(), note: String::new() };
        DeclineOfferRequest { write: n.write("declines"), entry_id: entry_id(), pass_on: false };
    }
}

fn roster(n: &Names) -> Vec<(String, Vec<u8>)> {
    let shift = Shift {
        etag: String::new(),
        ..n.shift.clone()
    };
    let template = WeekTemplate {
        etag: String::new(),
        ..n.template.clone()
    };
    let site_ids = sites;
    let (from, until) = (today(0), today(14 * 24 * 60));
    ask! {
        ListShiftsRequest { site_ids: site_ids(), from, until, ..Default::default() };
        ListTimeOffRequest { from, until, ..Default::default() };
        ListWeekTemplatesRequest { site_ids: site_ids(), ..Default::default() };
        PutShiftRequest { write: n.write("shift"), shift: Some(shift) };
        PutTimeOffRequest { write: n.write("off"), time_off: Some(time_off(50)) };
        PutWeekTemplateRequest { write: n.write("week"), template: Some(template) };
    }
}

/// Rooms, stock and people.
fn house(n: &Names) -> Vec<(String, Vec<u8>)> {
    let room_id = || n.room.clone();
    let outage = Outage {
        room_id: room_id(),
        reason: "A leak".to_owned(),
        start: today(30 * 60),
        end: today(31 * 60),
        ..Outage::default()
    };
    let unsound = UnsoundDay {
        site_id: site(),
        date: None,
    };
    let overrun = Overrun {
        appointment_id: n.appointment.id.clone(),
        minutes: 10,
    };
    let plan = |what: What| PlanRepairRequest {
        disruptions: vec![Disruption { what: Some(what) }],
    };
    let item_id = || n.item.item_id.clone();
    let count = StockCount {
        item_id: item_id(),
        level: 5,
    };
    let inspection = SupportInspection {
        room_id: "h1".to_owned(),
        date: Some(TODAY),
        inspector: "Bluenose Rigging".to_owned(),
        passed: true,
        months: 12,
        ..SupportInspection::default()
    };
    let a = &n.appointment;
    let repair = RepairMove {
        appointment_id: a.id.clone(),
        etag: a.etag.clone(),
        service_id: a.service_id.clone(),
        site_id: site(),
        room_id: room_id(),
        therapist_id: a.therapist_id.clone(),
        start: a.start,
        end: a.end,
    };
    ask! {
        plan(What::OutageId(n.outage.clone()));
        plan(What::Unsound(unsound));
        plan(What::Overrun(overrun));
        ApplyRepairRequest { write: n.write("repair"), moves: vec![repair] };
        TickTurnoverRequest { write: n.write("tick"), room_id: room_id(), item_ids: vec!["surfaces".to_owned()] };
        OpenOutageRequest { write: n.write("out"), outage: Some(outage) };
        RecordInspectionRequest { write: n.write("inspect"), inspection: Some(inspection) };
        RecordMovementRequest { write: n.write("use"), site_id: site(), item_id: item_id(), kind: MovementKind::Use.into(), quantity: 1, ..Default::default() };
        StockTakeRequest { write: n.write("count"), site_id: site(), counts: vec![count], reason: String::new() };
        AttestFootCareRequest { write: n.write("feet"), therapist_id: chen(), site_id: site(), soak: true, ..Default::default() };
    }
}

fn catalog(n: &Names) -> Vec<(String, Vec<u8>)> {
    let find = |id: &str| {
        n.catalog
            .rooms
            .iter()
            .find(|it| it.id == id)
            .cloned()
            .unwrap_or_default()
    };
    let room = Room {
        id: n.room.clone(),
        etag: String::new(),
        ..find("h3")
    };
    let first_site = n.catalog.sites.iter().find(|it| it.id == SITE).cloned();
    let site = Site {
        etag: String::new(),
        ..first_site.unwrap_or_default()
    };
    let service = Service {
        etag: String::new(),
        ..n.catalog.services[0].clone()
    };
    let rule_set = RuleSet {
        etag: String::new(),
        ..n.catalog.rule_sets[0].clone()
    };
    let policy = Policy {
        etag: String::new(),
        ..n.catalog.policy.clone().unwrap_or_default()
    };
    let therapist = Therapist {
        etag: String::new(),
        ..n.therapist.clone()
    };
    let item = StockItem {
        etag: String::new(),
        ..n.item.clone()
    };
    let mut business = n.business.clone();
    let mut price_list = n.prices.clone();
    (business.etag, price_list.etag) = (String::new(), String::new());
    let valid_through = Some(LocalDate {
        year: 2028,
        month: 3,
        day: 31,
    });
    ask! {
        PutRoomRequest { write: n.write("room"), room: Some(room) };
        PutSiteRequest { write: n.write("site"), site: Some(site) };
        PutServiceRequest { write: n.write("service"), service: Some(service) };
        PutRuleSetRequest { write: n.write("rules"), rule_set: Some(rule_set) };
        UpdatePolicyRequest { write: n.write("policy"), policy: Some(policy), update_mask: None };
        PutBusinessRequest { write: n.write("business"), business: Some(business) };
        PutPriceListRequest { write: n.write("prices"), price_list: Some(price_list) };
        PutItemRequest { write: n.write("item"), item: Some(item) };
        PutTherapistRequest { write: n.write("therapist"), therapist: Some(therapist) };
        RenewCredentialRequest { write: n.write("renew"), therapist_id: chen(), renewed: Some(Renewed::CredentialId("massage".to_owned())), number: "A-300".to_owned(), valid_through };
        PutTrainingRequest { write: n.write("training"), training: Some(training()) };
        CreateKeyRequest { write: n.write("key"), key: Some(Key { name: "Another".to_owned(), role: Role::FrontDesk.into(), ..Key::default() }) };
    }
}

fn last(n: &Names) -> Vec<(String, Vec<u8>)> {
    let cancel_reason = CancelReason::Screening.into();
    let why = n.write("erase").map(|write| WriteOptions {
        reason: "asked for it".to_owned(),
        ..write
    });
    let id = || n.appointment.id.clone();
    ask! {
        CancelAppointmentRequest { appointment_id: id(), cancel_reason, ..Default::default() };
        GetAppointmentRequest { appointment_id: id() };
        WithdrawWaitlistEntryRequest { write: n.write("withdraw"), entry_id: n.entry.clone() };
        ReleaseHoldRequest { write: n.write("release"), hold_id: n.hold.clone() };
        CloseOutageRequest { write: n.write("back"), outage_id: n.outage.clone() };
        RemoveShiftRequest { write: n.write("no shift"), shift_id: n.shift.id.clone() };
        RemoveTimeOffRequest { write: n.write("no time off"), time_off_id: n.time_off.clone() };
        RemoveWeekTemplateRequest { write: n.write("no week"), template_id: n.template.id.clone() };
        RemoveTrainingRequest { write: n.write("no training"), training_id: n.training.clone() };
        AcceptClockRequest { write: n.write("clock") };
        CreateBackupRequest { write: n.write("backup") };
        ListBackupsRequest { ..Default::default() };
        SetPassphraseRequest { write: n.write("passphrase"), key_id: n.key.clone(), passphrase: "correct horse battery".to_owned(), ..Default::default() };
        LiftLockOutRequest { key_id: n.key.clone(), ..Default::default() };
        SignInRequest { name: "Nobody".to_owned(), passphrase: "correct horse battery".to_owned() };
        SignOutRequest {};
        RevokeKeyRequest { write: n.write("revoke"), key_id: n.key.clone() };
        EraseClientRequest { write: why, client_id: n.client.clone(), ..Default::default() };
    }
}
