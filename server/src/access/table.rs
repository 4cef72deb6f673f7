//! The access table: which role may call which method. What is not listed is denied.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use treadwell_clinic::model::Role;

/// A set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    const fn of(roles: &[Role]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < roles.len() {
            bits |= 1 << roles[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Whether a role is one of them.
    pub const fn include(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }
}

/// The owner alone: what can not be taken back.
const OWN: Grant = Grant::of(&[Role::Owner]);
/// Owner and manager: those who run the clinic.
const RUN: Grant = Grant::of(&[Role::Owner, Role::Manager]);
/// Those who treat or manage, and so may know about health.
const TREAT: Grant = Grant::of(&[Role::Owner, Role::Manager, Role::Therapist]);
/// The people at the site, who run its day.
const DESK: Grant = Grant::of(&[Role::Owner, Role::Manager, Role::Therapist, Role::FrontDesk]);
/// Those who take money and answer for it.
const TILL: Grant = Grant::of(&[Role::Owner, Role::Manager, Role::FrontDesk]);
/// Those who take money, and programs that say what things cost.
const PRICES: Grant = Grant::of(&[
    Role::Owner,
    Role::Manager,
    Role::FrontDesk,
    Role::Integration,
]);
/// Those who look after the day's work, and programs: what came of it, in figures; and what comes in from other products.
const WORK: Grant = Grant::of(&[
    Role::Owner,
    Role::Manager,
    Role::FrontDesk,
    Role::Integration,
]);
/// Whoever searches and books: the people, and programs.
const BOOK: Grant = Grant::of(&[
    Role::Owner,
    Role::Manager,
    Role::Therapist,
    Role::FrontDesk,
    Role::Integration,
]);
/// Every key, displays on the wall included. They see little: see [`super::View`].
const ANY: Grant = Grant::of(&[
    Role::Owner,
    Role::Manager,
    Role::Therapist,
    Role::FrontDesk,
    Role::Integration,
    Role::Wallboard,
]);

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Anybody, without a key.
    Public,
    /// Keys of these roles.
    Roles(Roles),
}

impl Grant {
    const fn of(roles: &[Role]) -> Self {
        Self::Roles(Roles::of(roles))
    }

    /// Whether keys of a role may call it.
    pub const fn includes(self, role: Role) -> bool {
        match self {
            Self::Public => true,
            Self::Roles(roles) => roles.include(role),
        }
    }
}

/// The package of the methods in [`TABLE`], with what stands before it in a path.
const PACKAGE: &str = "/treadwell.v1.";

/// Services that need no key: they tell what any holder of the address may know.
const PUBLIC: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// Every method of the API, sorted, and who may call it.
pub const TABLE: &[(&str, Grant)] = &[
    ("AccessService/CreateKey", RUN),
    ("AccessService/GetAccessTable", RUN),
    ("AccessService/LiftLockOut", OWN),
    ("AccessService/ListKeys", RUN),
    ("AccessService/RevokeKey", RUN),
    // One's own; another's is for owners.
    ("AccessService/SetPassphrase", DESK),
    ("AccessService/SignIn", Grant::Public),
    ("AccessService/SignOut", DESK),
    ("AccessService/WhoAmI", ANY),
    ("AppointmentService/BookAppointment", BOOK),
    ("AppointmentService/BookSeries", BOOK),
    ("AppointmentService/CancelAppointment", BOOK),
    ("AppointmentService/CancelSeries", BOOK),
    ("AppointmentService/CheckIn", DESK),
    ("AppointmentService/ConfirmAppointment", BOOK),
    ("AppointmentService/CreateHold", BOOK),
    ("AppointmentService/ExtendSession", DESK),
    ("AppointmentService/FinishSession", DESK),
    ("AppointmentService/GetAppointment", BOOK),
    ("AppointmentService/GetCalendar", BOOK),
    ("AppointmentService/GetDaySheet", BOOK),
    ("AppointmentService/ImportAppointments", WORK),
    ("AppointmentService/ListAppointments", BOOK),
    ("AppointmentService/ListHolds", BOOK),
    ("AppointmentService/MarkNoShow", DESK),
    ("AppointmentService/MoveAppointment", BOOK),
    ("AppointmentService/MoveSeries", BOOK),
    ("AppointmentService/ReleaseHold", BOOK),
    ("AppointmentService/StartSession", DESK),
    ("AppointmentService/UndoLastOperation", BOOK),
    ("AuditService/AnnotateAuditEntry", RUN),
    ("AuditService/ListAuditEntries", RUN),
    ("AuditService/VerifyAudit", RUN),
    ("AvailabilityService/ExplainSlot", BOOK),
    ("AvailabilityService/ListFreeRooms", ANY),
    ("AvailabilityService/SearchAvailability", BOOK),
    ("CatalogService/CloseOutage", DESK),
    ("CatalogService/ExportCatalog", RUN),
    ("CatalogService/GetCatalog", ANY),
    ("CatalogService/ListOutages", ANY),
    ("CatalogService/ListRooms", ANY),
    ("CatalogService/ListRuleSetVersions", TREAT),
    ("CatalogService/OpenOutage", DESK),
    ("CatalogService/PutRoom", RUN),
    ("CatalogService/PutRuleSet", RUN),
    ("CatalogService/PutService", RUN),
    ("CatalogService/PutSite", RUN),
    ("CatalogService/UpdatePolicy", RUN),
    ("ClientService/CreateClient", BOOK),
    ("ClientService/EraseClient", OWN),
    ("ClientService/ExportClientRecord", RUN),
    ("ClientService/GetClient", BOOK),
    ("ClientService/GetIntakeForm", BOOK),
    ("ClientService/ImportClients", WORK),
    ("ClientService/ListClients", BOOK),
    ("ClientService/ListDeclarations", TREAT),
    ("ClientService/ListRetention", RUN),
    // The desk records what a client declares, and does not get it back.
    ("ClientService/RecordDeclaration", DESK),
    ("ClientService/ReviewScreening", TREAT),
    ("ClientService/Screen", BOOK),
    ("ClientService/UpdateClient", BOOK),
    ("FloorService/ApplyRepair", DESK),
    ("FloorService/GetBoard", ANY),
    ("FloorService/ListCalls", DESK),
    ("FloorService/ListTurnovers", ANY),
    ("FloorService/PlanRepair", DESK),
    ("FloorService/TickTurnover", DESK),
    ("HygieneService/GetHygieneLog", BOOK),
    ("HygieneService/GetSessionHygiene", BOOK),
    ("HygieneService/ListInspections", BOOK),
    ("HygieneService/RecordInspection", RUN),
    ("HygieneService/RecordOwnItems", DESK),
    ("OperationsService/AcceptClock", RUN),
    ("OperationsService/CreateBackup", RUN),
    ("OperationsService/GetStatus", ANY),
    ("OperationsService/ListBackups", RUN),
    ("OperationsService/Verify", RUN),
    ("ReceiptService/GetAccount", TILL),
    ("ReceiptService/GetBusiness", PRICES),
    ("ReceiptService/GetDayTotals", TILL),
    ("ReceiptService/GetReceipt", TILL),
    ("ReceiptService/IssueReceipt", TILL),
    ("ReceiptService/ListPrices", PRICES),
    ("ReceiptService/ListReceipts", TILL),
    ("ReceiptService/PutBusiness", RUN),
    ("ReceiptService/PutPriceList", RUN),
    ("ReceiptService/RefundPayment", TILL),
    ("ReceiptService/ReissueReceipt", TILL),
    ("ReceiptService/TakePayment", TILL),
    ("ReceiptService/VoidReceipt", TILL),
    ("ReportService/GetAttendance", WORK),
    ("ReportService/GetEntitlements", BOOK),
    ("ReportService/GetScreeningOutcomes", RUN),
    ("ReportService/GetStockUse", WORK),
    ("ReportService/GetTurnoverTimes", WORK),
    ("ReportService/GetUtilization", RUN),
    ("ReportService/GetWaitlistConversion", WORK),
    ("RosterService/ListShifts", BOOK),
    ("RosterService/ListTimeOff", BOOK),
    ("RosterService/ListWeekTemplates", BOOK),
    ("RosterService/PutShift", RUN),
    ("RosterService/PutTimeOff", RUN),
    ("RosterService/PutWeekTemplate", RUN),
    ("RosterService/RemoveShift", RUN),
    ("RosterService/RemoveTimeOff", RUN),
    ("RosterService/RemoveWeekTemplate", RUN),
    ("SessionRecordService/AddSessionAddendum", TREAT),
    // Aftercare tells nothing of the client's health; who notifies clients may give it.
    ("SessionRecordService/GetAftercare", BOOK),
    ("SessionRecordService/GetSessionRecord", TREAT),
    ("SessionRecordService/IssueAftercare", BOOK),
    ("SessionRecordService/ListSessionRecords", TREAT),
    ("SessionRecordService/SaveSessionNotes", TREAT),
    ("SessionRecordService/SignSessionNotes", TREAT),
    ("StockService/ListAlerts", BOOK),
    ("StockService/ListItems", BOOK),
    ("StockService/ListMovements", BOOK),
    ("StockService/PutItem", RUN),
    ("StockService/RecordMovement", DESK),
    ("StockService/StockTake", DESK),
    ("TherapistService/AttestFootCare", DESK),
    ("TherapistService/GetTherapist", ANY),
    ("TherapistService/ListTherapists", ANY),
    // Therapists see their own.
    ("TherapistService/ListTraining", TREAT),
    ("TherapistService/PutTherapist", RUN),
    ("TherapistService/PutTraining", RUN),
    ("TherapistService/RemoveTraining", RUN),
    ("TherapistService/RenewCredential", RUN),
    ("WaitlistService/AcceptOffer", BOOK),
    ("WaitlistService/CreateWaitlistEntry", BOOK),
    ("WaitlistService/DeclineOffer", BOOK),
    ("WaitlistService/GetWaitlistEntry", BOOK),
    ("WaitlistService/ListWaitlistEntries", BOOK),
    ("WaitlistService/MakeOffer", BOOK),
    ("WaitlistService/RecordContact", BOOK),
    ("WaitlistService/SuggestForEntry", BOOK),
    ("WaitlistService/SuggestForSlot", BOOK),
    ("WaitlistService/UpdateWaitlistEntry", BOOK),
    ("WaitlistService/WithdrawWaitlistEntry", BOOK),
    ("WatchService/Watch", ANY),
];

/// What is known of a method by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Who may call it.
    pub grant: Grant,
    /// Whether it changes something that is written to the journal: it takes options of writing.
    pub changes: bool,
}

/// The method at a path such as `/treadwell.v1.FloorService/GetBoard`; none when it is not listed.
pub fn method(path: &str) -> Option<Method> {
    static LISTED: LazyLock<HashMap<String, Method>> = LazyLock::new(listed);
    let public = || {
        let is_public = PUBLIC.iter().any(|service| path.starts_with(service));
        is_public.then_some(Method {
            grant: Grant::Public,
            changes: false,
        })
    };
    LISTED.get(path).copied().or_else(public)
}

fn listed() -> HashMap<String, Method> {
    let changing = changing();
    let listed = TABLE.iter().map(|&(name, grant)| {
        let path = format!("{PACKAGE}{name}");
        let changes = changing.contains(&path);
        (path, Method { grant, changes })
    });
    listed.collect()
}

fn changing() -> HashSet<String> {
    let set = FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET);
    let set = set.expect("the descriptors were made by the build");
    let files = || set.file.iter().filter(|it| it.package() == "treadwell.v1");
    let writes: HashSet<String> = files()
        .flat_map(|file| &file.message_type)
        .filter(|message| {
            let fields = &message.field;
            fields
                .iter()
                .any(|field| field.type_name() == ".treadwell.v1.WriteOptions")
        })
        .map(|message| format!(".treadwell.v1.{}", message.name()))
        .collect();
    let services = files().flat_map(|file| &file.service);
    services
        .flat_map(|service| service.method.iter().map(move |method| (service, method)))
        .filter(|(_, method)| writes.contains(method.input_type()))
        .map(|(service, method)| format!("{PACKAGE}{}/{}", service.name(), method.name()))
        .collect()
}
