//! Who may call what: nobody without a good key, and with one as far as its role and its sites go.

use anyhow::Result;
use treadwell_api::v1::{
    CreateKeyRequest, CreateKeyResponse, GetBoardRequest, GetBoardResponse, GetDaySheetRequest,
    GetDaySheetResponse, GetStatusRequest, GetStatusResponse, Key, ListAppointmentsRequest,
    ListAppointmentsResponse, Reason, RevokeKeyRequest, RevokeKeyResponse, Role, WatchRequest,
    WhoAmIRequest, WhoAmIResponse,
};
use treadwell_tests::{
    clinic_day::{hands_on, named},
    wire::{Wire, refused},
};

use crate::clinic::{Clinic, ROLES, book, call, methods, said};

/// Only for owners.
const OWN: [&str; 2] = ["AccessService/LiftLockOut", "ClientService/EraseClient"];

/// For anybody, without a key.
pub(crate) const PUBLIC: [&str; 1] = ["AccessService/SignIn"];

/// Only for those who run the clinic.
const RUN: [&str; 37] = [
    "AccessService/LiftLockOut",
    "AccessService/CreateKey",
    "AccessService/GetAccessTable",
    "AccessService/ListKeys",
    "AccessService/RevokeKey",
    "AuditService/AnnotateAuditEntry",
    "AuditService/ListAuditEntries",
    "AuditService/VerifyAudit",
    "CatalogService/ExportCatalog",
    "CatalogService/PutRoom",
    "CatalogService/PutRuleSet",
    "CatalogService/PutService",
    "CatalogService/PutSite",
    "CatalogService/UpdatePolicy",
    "ClientService/EraseClient",
    "ClientService/ExportClientRecord",
    "ClientService/ListRetention",
    "HygieneService/RecordInspection",
    "OperationsService/AcceptClock",
    "OperationsService/CreateBackup",
    "OperationsService/ListBackups",
    "OperationsService/Verify",
    "ReceiptService/PutBusiness",
    "ReceiptService/PutPriceList",
    "ReportService/GetScreeningOutcomes",
    "ReportService/GetUtilization",
    "RosterService/PutShift",
    "RosterService/PutTimeOff",
    "RosterService/PutWeekTemplate",
    "RosterService/RemoveShift",
    "RosterService/RemoveTimeOff",
    "RosterService/RemoveWeekTemplate",
    "StockService/PutItem",
    "TherapistService/PutTherapist",
    "TherapistService/PutTraining",
    "TherapistService/RemoveTraining",
    "TherapistService/RenewCredential",
];

/// Health data, what judgements rest on, and training, of which therapists see their own: not for the desk.
const HEALTH: [&str; 9] = [
    "CatalogService/ListRuleSetVersions",
    "ClientService/ListDeclarations",
    "ClientService/ReviewScreening",
    "SessionRecordService/AddSessionAddendum",
    "SessionRecordService/GetSessionRecord",
    "SessionRecordService/ListSessionRecords",
    "SessionRecordService/SaveSessionNotes",
    "SessionRecordService/SignSessionNotes",
    "TherapistService/ListTraining",
];

/// Money that was taken: for those who run the clinic and the desk.
const TILL: [&str; 9] = [
    "ReceiptService/GetAccount",
    "ReceiptService/GetDayTotals",
    "ReceiptService/GetReceipt",
    "ReceiptService/IssueReceipt",
    "ReceiptService/ListReceipts",
    "ReceiptService/RefundPayment",
    "ReceiptService/ReissueReceipt",
    "ReceiptService/TakePayment",
    "ReceiptService/VoidReceipt",
];

/// What things cost, what came of the day's work, and what comes in from other products: for programs too, not for
/// therapists.
const OFFICE: [&str; 8] = [
    "AppointmentService/ImportAppointments",
    "ClientService/ImportClients",
    "ReceiptService/GetBusiness",
    "ReceiptService/ListPrices",
    "ReportService/GetAttendance",
    "ReportService/GetStockUse",
    "ReportService/GetTurnoverTimes",
    "ReportService/GetWaitlistConversion",
];

/// What people at the site do with their hands: not for programs.
const AT_THE_SITE: [&str; 18] = [
    "AccessService/SetPassphrase",
    "AccessService/SignOut",
    "AppointmentService/CheckIn",
    "AppointmentService/ExtendSession",
    "AppointmentService/FinishSession",
    "AppointmentService/MarkNoShow",
    "AppointmentService/StartSession",
    "CatalogService/CloseOutage",
    "CatalogService/OpenOutage",
    "ClientService/RecordDeclaration",
    "FloorService/ApplyRepair",
    "FloorService/ListCalls",
    "FloorService/PlanRepair",
    "FloorService/TickTurnover",
    "HygieneService/RecordOwnItems",
    "StockService/RecordMovement",
    "StockService/StockTake",
    "TherapistService/AttestFootCare",
];

/// All that a display on the wall may call.
const DISPLAY: [&str; 11] = [
    "AccessService/WhoAmI",
    "AvailabilityService/ListFreeRooms",
    "CatalogService/GetCatalog",
    "CatalogService/ListOutages",
    "CatalogService/ListRooms",
    "FloorService/GetBoard",
    "FloorService/ListTurnovers",
    "OperationsService/GetStatus",
    "TherapistService/GetTherapist",
    "TherapistService/ListTherapists",
    "WatchService/Watch",
];

/// Whether a role may call a method, written down here once more, independently of the server's table.
pub(crate) fn may(role: Role, method: &str) -> bool {
    let (run, health, site) = (
        RUN.contains(&method),
        HEALTH.contains(&method),
        AT_THE_SITE.contains(&method),
    );
    if PUBLIC.contains(&method) {
        return true;
    }
    let (till, office) = (TILL.contains(&method), OFFICE.contains(&method));
    match role {
        Role::Owner => true,
        Role::Manager => !OWN.contains(&method),
        Role::Therapist => !run && !till && !office,
        Role::FrontDesk => !run && !health,
        Role::Integration => !run && !health && !site && !till,
        Role::Wallboard => DISPLAY.contains(&method),
        Role::Unspecified => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_denied_without_a_key_and_to_the_roles_that_may_not() -> Result<()> {
    let clinic = Clinic::open().await?;
    let bad = bad_keys(&clinic).await?;
    for method in methods() {
        let keys = bad.iter().filter(|_| !PUBLIC.contains(&method.0.as_str()));
        for (what, wire) in keys {
            let no = refused(call(wire, &method, Vec::new()).await, Reason::KeyInvalid);
            assert_eq!(no.message, NO_KEY, "with {what}, to {}", method.0);
        }
        for role in ROLES {
            let answer = call(&clinic.of(role), &method, Vec::new()).await;
            if may(role, &method.0) {
                let reason = answer.err().and_then(|no| no.reason);
                assert_ne!(
                    reason.as_deref(),
                    Some("ROLE_NOT_ALLOWED"),
                    "{role:?} may call {}",
                    method.0
                );
            } else {
                refused(answer, Reason::RoleNotAllowed);
            }
        }
    }
    for unlisted in [
        "FloorService/DropEverything",
        "VaultService/Open",
        "/treadwell.store.v1.StoreService/Read",
        "/x",
    ] {
        let no = clinic
            .owner
            .bytes(unlisted, Vec::new())
            .await
            .expect_err("it does not exist");
        assert_eq!(no.code, tonic::Code::Unimplemented, "{unlisted}: {no:?}");
    }
    clinic.is_sound().await
}

/// What everybody is told whose key opens nothing, whatever is wrong with it.
pub(crate) const NO_KEY: &str =
    "no key, or one that is not known, expired or revoked; send `authorization: Bearer tw_...`";

/// Connections without a key, and with ones that are no good, an owner's among them.
pub(crate) async fn bad_keys(clinic: &Clinic) -> Result<Vec<(&'static str, Wire)>> {
    let (id, revoked) = clinic.key("An owner of before", Role::Owner, &[]).await?;
    let request = RevokeKeyRequest {
        write: named("revoke an owner"),
        key_id: id,
    };
    let _: RevokeKeyResponse = said(clinic.owner.ask("AccessService/RevokeKey", &request).await);
    let expired = soon_expired(clinic, 1).await;
    let wire = clinic.owner.with_key(Some(&expired));
    let who = WhoAmIRequest {};
    while let Ok(WhoAmIResponse { .. }) = wire.ask("AccessService/WhoAmI", &who).await {}
    let unknown = format!("tw_{}", "A".repeat(43));
    let with = |key: Option<&str>| clinic.owner.with_key(key);
    Ok(vec![
        ("no key", with(None)),
        ("an unknown key", with(Some(&unknown))),
        ("a revoked key", with(Some(&revoked))),
        ("an expired key", wire),
    ])
}

/// The secret of an owner's key that expires in some seconds.
async fn soon_expired(clinic: &Clinic, seconds: i64) -> String {
    let ask = GetStatusRequest {};
    let status: GetStatusResponse =
        said(clinic.owner.ask("OperationsService/GetStatus", &ask).await);
    let mut expires = status.now.unwrap_or_default();
    expires.seconds += seconds;
    let request = CreateKeyRequest {
        write: named(format!("for {seconds} s")),
        key: Some(Key {
            name: "For a few seconds".to_owned(),
            role: Role::Owner.into(),
            expires_at: Some(expires),
            ..Key::default()
        }),
    };
    let made: CreateKeyResponse = said(clinic.owner.ask("AccessService/CreateKey", &request).await);
    made.secret
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_good_key_opens() -> Result<()> {
    let clinic = Clinic::open().await?;
    let board = GetBoardRequest::default();
    let ask = async |key: Option<&str>| -> Result<GetBoardResponse, _> {
        clinic
            .owner
            .with_key(key)
            .ask("FloorService/GetBoard", &board)
            .await
    };
    let good = clinic.folder.owner_key.clone();
    said(ask(Some(&good)).await);
    let unknown = format!("tw_{}", "A".repeat(43));
    let cut = &good[..good.len() - 1];
    let longer = format!("{good}A");
    let long = "k".repeat(8_000);
    for wrong in [
        None,
        Some(""),
        Some("tw_"),
        Some("nonsense"),
        Some(&unknown),
        Some(cut),
        Some(&longer),
        Some(&long),
    ] {
        refused(ask(wrong).await, Reason::KeyInvalid);
    }
    let (id, revoked) = clinic.key("Leaves soon", Role::Manager, &[]).await?;
    said(ask(Some(&revoked)).await);
    let request = RevokeKeyRequest {
        write: named("revoke"),
        key_id: id,
    };
    let _: RevokeKeyResponse = said(clinic.owner.ask("AccessService/RevokeKey", &request).await);
    refused(ask(Some(&revoked)).await, Reason::KeyInvalid);
    expiring(&clinic).await?;
    clinic.is_sound().await
}

/// A key with an end is good until then, and not a moment longer.
async fn expiring(clinic: &Clinic) -> Result<()> {
    let secret = soon_expired(clinic, 3).await;
    let wire = clinic.owner.with_key(Some(&secret));
    let mut watching = said(wire.watch(&WatchRequest::default()).await);
    let mut answers = 0;
    let refusal = loop {
        let answer: Result<WhoAmIResponse, _> =
            wire.ask("AccessService/WhoAmI", &WhoAmIRequest {}).await;
        match answer {
            Ok(_) => answers += 1,
            Err(no) => break no,
        }
    };
    assert!(answers > 0, "it was good before");
    refused(Err::<(), _>(refusal), Reason::KeyInvalid);
    // What it had open ends too.
    let ended = loop {
        match watching.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a watch ends with a reason"),
            Err(no) => break no,
        }
    };
    refused(Err::<(), _>(ended), Reason::KeyInvalid);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_one_site_reaches_no_other() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (_, secret) = clinic
        .key("Halifax desk", Role::FrontDesk, &["halifax"])
        .await?;
    let desk = clinic.owner.with_key(Some(&secret));
    let client = clinic.client("Somebody").await;
    let elsewhere = hands_on("there", &client, "dartmouth", 1, 8);
    let there = said(book(&clinic.owner, &elsewhere).await);
    refused(
        book(&desk, &hands_on("mine", &client, "dartmouth", 2, 8)).await,
        Reason::SiteNotAllowed,
    );
    let sheet = GetDaySheetRequest {
        site_id: "dartmouth".to_owned(),
        date: None,
    };
    refused(
        desk.ask::<_, GetDaySheetResponse>("AppointmentService/GetDaySheet", &sheet)
            .await,
        Reason::SiteNotAllowed,
    );
    let watch = WatchRequest {
        site_ids: vec!["dartmouth".to_owned()],
        ..WatchRequest::default()
    };
    refused(desk.watch(&watch).await.map(|_| ()), Reason::SiteNotAllowed);
    let board: GetBoardResponse = said(
        desk.ask("FloorService/GetBoard", &GetBoardRequest::default())
            .await,
    );
    assert_eq!(board.sites.len(), 1);
    let all: ListAppointmentsResponse = said(
        desk.ask(
            "AppointmentService/ListAppointments",
            &ListAppointmentsRequest::default(),
        )
        .await,
    );
    assert!(all.appointments.is_empty(), "{all:?}");
    // One out of reach is as one that does not exist.
    let get = treadwell_api::v1::GetAppointmentRequest {
        appointment_id: there.id.clone(),
    };
    let answer: Result<treadwell_api::v1::GetAppointmentResponse, _> =
        desk.ask("AppointmentService/GetAppointment", &get).await;
    refused(answer, Reason::NotFound);
    let cancel = treadwell_api::v1::CancelAppointmentRequest {
        write: named("not mine"),
        appointment_id: there.id,
        cancel_reason: treadwell_api::v1::CancelReason::Client.into(),
        note: String::new(),
    };
    let answer: Result<treadwell_api::v1::CancelAppointmentResponse, _> = desk
        .ask("AppointmentService/CancelAppointment", &cancel)
        .await;
    let no = answer.expect_err("it is not the desk's");
    let reason = no.reason.clone().unwrap_or_default();
    assert!(reason == "NOT_FOUND", "{no:?}");
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_makes_no_owner_and_the_last_owner_stays() -> Result<()> {
    let clinic = Clinic::open().await?;
    let manager = clinic.connect(Role::Manager).await?;
    let create = |role: Role| CreateKeyRequest {
        write: named(format!("{role:?}")),
        key: Some(Key {
            name: "Another".to_owned(),
            role: role.into(),
            ..Key::default()
        }),
    };
    let made: Result<CreateKeyResponse, _> = manager
        .ask("AccessService/CreateKey", &create(Role::Owner))
        .await;
    refused(made, Reason::RoleNotAllowed);
    let made: CreateKeyResponse = said(
        manager
            .ask("AccessService/CreateKey", &create(Role::FrontDesk))
            .await,
    );
    assert!(
        made.secret.starts_with("tw_"),
        "a key of its own has a secret"
    );
    for (wire, reason) in [
        (&clinic.of(Role::Owner), None),
        (&clinic.owner, Some(Reason::InUse)),
    ] {
        let me: WhoAmIResponse = said(wire.ask("AccessService/WhoAmI", &WhoAmIRequest {}).await);
        let request = RevokeKeyRequest {
            write: named("myself"),
            key_id: me.key.unwrap_or_default().id,
        };
        let answer: Result<RevokeKeyResponse, _> =
            wire.ask("AccessService/RevokeKey", &request).await;
        match reason {
            None => drop(said(answer)),
            Some(reason) => drop(refused(answer, reason)),
        }
    }
    let wire = Wire::open(&clinic.server, clinic.folder.owner_key.as_str()).await?;
    said(
        wire.ask::<_, WhoAmIResponse>("AccessService/WhoAmI", &WhoAmIRequest {})
            .await,
    );
    clinic.is_sound().await
}
