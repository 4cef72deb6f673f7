use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::{Layer as _, Service as _};
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Key, Record, Role, Sites};
use treadwell_clinic::{Clinic, Command};

use super::guard::admit;
use super::table::{Grant, Roles, TABLE, method};
use super::{Caller, Class, Entrance, Guard, Porter, Secret, View};
use crate::engine::tests::support::{World, morning, settle};

const ROLES: [Role; 6] = [
    Role::Owner,
    Role::Manager,
    Role::FrontDesk,
    Role::Therapist,
    Role::Integration,
    Role::Wallboard,
];

/// Every method of the API, as `Service/Method`.
fn methods() -> BTreeSet<String> {
    let set = prost_types::FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET).unwrap();
    let files = set
        .file
        .iter()
        .filter(|file| file.package() == "treadwell.v1");
    files
        .flat_map(|file| &file.service)
        .flat_map(|service| {
            let methods = service.method.iter();
            methods.map(|method| format!("{}/{}", service.name(), method.name()))
        })
        .collect()
}

#[test]
fn every_method_is_listed_and_nothing_else_is() {
    let listed: BTreeSet<String> = TABLE
        .iter()
        .map(|(method, _)| (*method).to_owned())
        .collect();
    assert_eq!(listed, methods());
    assert!(methods().len() > 50, "the descriptor set was not read");
    assert_eq!(TABLE.len(), listed.len(), "each once");
    assert!(
        TABLE.is_sorted_by_key(|(method, _)| *method),
        "people read it, too"
    );
}

#[test]
fn what_is_not_listed_is_denied() {
    for path in [
        "/treadwell.v1.FloorService/GetBoards",
        "/treadwell.v2.FloorService/GetBoard",
        "/treadwell.v1.FloorService",
        "/grpc.health.v2.Health/Check",
        "",
        "/",
    ] {
        assert_eq!(method(path), None, "{path}");
    }
    let health = method("/grpc.health.v1.Health/Check");
    assert_eq!(health.map(|it| it.grant), Some(Grant::Public));
}

#[test]
fn an_owner_may_call_everything_and_a_wallboard_changes_nothing() {
    let reads = ["Get", "List", "Watch", "WhoAmI", "Search", "Explain"];
    for (method, grant) in TABLE {
        assert!(grant.includes(Role::Owner), "{method}");
        let (_, name) = method.split_once('/').unwrap();
        if !reads.iter().any(|read| name.starts_with(read)) {
            let public = *grant == Grant::Public;
            assert!(public || !grant.includes(Role::Wallboard), "{method}");
        }
    }
}

/// Whose keys may call a method that not everybody may.
fn roles(name: &str) -> Roles {
    let found = method(&format!("/treadwell.v1.{name}"));
    let Some(Grant::Roles(roles)) = found.map(|it| it.grant) else {
        panic!("{name} is not listed, or for everybody");
    };
    roles
}

#[test]
fn declarations_are_read_only_by_those_who_treat_or_manage() {
    let roles = roles("ClientService/ListDeclarations");
    for role in ROLES {
        let health = View::of(role, Sites::All).health();
        assert_eq!(roles.include(role), health, "{role:?}");
    }
    assert_eq!(
        View::of(Role::Wallboard, Sites::All).class,
        Class::Wallboard
    );
}

#[test]
fn notes_on_sessions_are_only_for_those_who_treat_or_manage() {
    for method in [
        "AddSessionAddendum",
        "GetSessionRecord",
        "ListSessionRecords",
        "SaveSessionNotes",
        "SignSessionNotes",
    ] {
        let roles = roles(&format!("SessionRecordService/{method}"));
        for role in ROLES {
            let health = View::of(role, Sites::All).health();
            assert_eq!(roles.include(role), health, "{role:?} {method}");
        }
    }
}

/// A clinic with one key of a role, and the key's secret.
fn clinic(role: Role, change: impl FnOnce(&mut Key)) -> (Clinic, Secret) {
    let secret = Secret::generate().unwrap();
    let mut key = Key {
        id: KeyId::new(1024),
        hash: secret.hash(),
        name: "Somebody".to_owned(),
        role,
        sites: Sites::All,
        therapist: None,
        created: Timestamp::UNIX_EPOCH,
        expires: None,
        revoked: None,
        passphrase: None,
    };
    change(&mut key);
    (Clinic::from_records([(Record::from(key), 1)], 1), secret)
}

fn headers(authorization: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(value) = authorization {
        headers.insert("authorization", HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn refused(clinic: &Clinic, authorization: Option<&str>, path: &str) -> (Code, String) {
    let now: Timestamp = "2026-10-14T17:07:00Z".parse().unwrap();
    let headers = headers(authorization);
    let no = admit(method(path), &headers, clinic, now, &Porter::new(10)).unwrap_err();
    let status = no.status;
    let reason = status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default();
    (status.code(), reason)
}

const BOARD: &str = "/treadwell.v1.FloorService/GetBoard";

#[test]
fn a_key_opens_what_its_role_may_call() {
    let (clinic, secret) = clinic(Role::Wallboard, |_| {});
    let shown = format!("Bearer {}", secret.reveal());
    let now = "2026-10-14T17:07:00Z".parse().unwrap();
    let (actor, session) = admit(
        method(BOARD),
        &headers(Some(&shown)),
        &clinic,
        now,
        &Porter::new(10),
    )
    .unwrap()
    .unwrap();
    assert!(session.is_none());
    assert_eq!((actor.role, actor.key), (Role::Wallboard, KeyId::new(1024)));
    let book = "/treadwell.v1.AppointmentService/BookAppointment";
    let (code, reason) = refused(&clinic, Some(&shown), book);
    assert_eq!(
        (code, reason.as_str()),
        (Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    assert_eq!(
        refused(&clinic, Some(&shown), "/x.Y/Z").0,
        Code::Unimplemented
    );
}

#[test]
fn a_missing_wrong_expired_or_revoked_key_gets_the_same_answer() {
    let invalid = (Code::Unauthenticated, "KEY_INVALID".to_owned());
    let (known, secret) = clinic(Role::Owner, |_| {});
    assert_eq!(refused(&known, None, BOARD), invalid);
    assert_eq!(refused(&known, Some("Bearer tw_wrong"), BOARD), invalid);
    assert_eq!(refused(&known, Some(secret.reveal()), BOARD), invalid);
    let basic = format!("Basic {}", secret.reveal());
    assert_eq!(refused(&known, Some(&basic), BOARD), invalid);
    let past = || Some("2026-10-14T17:07:00Z".parse().unwrap());
    let (expired, secret) = clinic(Role::Owner, |key| key.expires = past());
    assert_eq!(
        refused(
            &expired,
            Some(&format!("Bearer {}", secret.reveal())),
            BOARD
        ),
        invalid
    );
    let (revoked, secret) = clinic(Role::Owner, |key| key.revoked = past());
    assert_eq!(
        refused(
            &revoked,
            Some(&format!("Bearer {}", secret.reveal())),
            BOARD
        ),
        invalid
    );
}

#[test]
fn a_secret_is_long_random_and_not_shown_by_accident() {
    let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
    assert_ne!(one.reveal(), other.reveal());
    assert!(one.reveal().starts_with("tw_") && one.reveal().len() == 46);
    assert!(!format!("{one:?}").contains(&one.reveal()[3..]));
    assert_eq!(one.hash(), Secret::hash_of(one.reveal()));
}

/// What a call to each path is answered that began before its key was revoked, and whose answer was there only afterwards.
async fn revoked_meanwhile(paths: &[&str]) -> Vec<Code> {
    let world = World::new().await;
    let (actor, secret) = world.somebody(Role::FrontDesk, None).await;
    let ready = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&ready);
    let service = tower::service_fn(move |_: http::Request<()>| {
        let ready = Arc::clone(&waits);
        async move {
            ready.acquire().await.unwrap().forget();
            Ok::<_, Infallible>(http::Response::new(()))
        }
    });
    let guard = Guard::new(world.engine.clone(), Arc::new(Porter::new(10)));
    let mut guarded = guard.layer(service);
    let mut calls = Vec::new();
    for path in paths {
        let request = http::Request::builder().uri(*path);
        let request = request.header("authorization", format!("Bearer {}", secret.reveal()));
        let mut call = Box::pin(guarded.call(request.body(()).unwrap()));
        assert!(futures::poll!(&mut call).is_pending());
        calls.push(call);
    }
    world.done(Command::RevokeKey { key: actor.key }).await;
    ready.add_permits(calls.len());
    let mut codes = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        let no = Status::from_header_map(answer.headers());
        codes.push(no.map_or(Code::Ok, |no| no.code()));
    }
    codes
}

#[tokio::test]
async fn a_read_is_not_answered_to_whoever_was_shut_out_while_it_waited() {
    let paths = [
        BOARD,
        // Judged by the writer: what was done before is told.
        "/treadwell.v1.AppointmentService/BookAppointment",
        "/treadwell.v1.AccessService/SignOut",
    ];
    let codes = revoked_meanwhile(&paths).await;
    assert_eq!(codes, [Code::Unauthenticated, Code::Ok, Code::Ok]);
}

#[tokio::test]
async fn who_is_shut_out_before_the_message_comes_is_no_caller_any_more() {
    let world = World::new().await;
    let (actor, _) = world.somebody(Role::FrontDesk, None).await;
    let mut caller = Caller::in_a_test(&world.engine, Role::FrontDesk);
    caller.entrance = Entrance::by_passphrase(&world.engine, actor.key).await;
    let early = caller.published.revision;
    let caller = caller.anew().unwrap();
    assert!(early < caller.published.revision, "it is read as it is now");
    let by_key = Caller {
        entrance: Entrance::in_a_test(),
        ..caller.clone()
    };
    caller.entrance.session.clone().unwrap().close();
    let no = caller.anew().unwrap_err();
    assert_eq!(no.code(), Code::Unauthenticated);
    let by_key = by_key.anew().unwrap();
    world.done(Command::RevokeKey { key: actor.key }).await;
    let revoked = by_key.anew().unwrap_err();
    assert_eq!(revoked.details(), no.details());
    assert_eq!(revoked.message(), no.message());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_shut_out_is_gone_also_when_nobody_says_so() {
    let world = World::new().await;
    let end = morning() + SignedDuration::from_hours(1);
    world.somebody(Role::FrontDesk, Some(end)).await;
    let caller = Caller::in_a_test(&world.engine, Role::FrontDesk);
    let gone = tokio::spawn(async move { caller.gone().await });
    settle().await;
    assert!(!gone.is_finished());
    world.clock.advance(Duration::from_hours(1));
    gone.await.unwrap();
}
