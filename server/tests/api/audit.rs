use std::time::Duration;

use tonic::Code;
use treadwell_api::v1;
use treadwell_api::v1::AuditKind;
use treadwell_clinic::model::Role;
use treadwell_server::clock::Clock as _;

use super::support::{Api, World, because, stamp, why};

async fn listed(api: &mut Api, asked: v1::ListAuditEntriesRequest) -> Vec<v1::AuditEntry> {
    let mut asked = asked;
    let mut entries = Vec::new();
    loop {
        let page = api.audit.list_audit_entries(asked.clone()).await.unwrap();
        let page = page.into_inner();
        entries.extend(page.entries);
        if page.next_page_token.is_empty() {
            return entries;
        }
        asked.page_token = page.next_page_token;
    }
}

fn of(client_id: &str) -> v1::ListAuditEntriesRequest {
    v1::ListAuditEntriesRequest {
        client_id: client_id.to_owned(),
        ..v1::ListAuditEntriesRequest::default()
    }
}

async fn declarations(api: &mut Api, client_id: &str) {
    let request = v1::ListDeclarationsRequest {
        client_id: client_id.to_owned(),
        ..v1::ListDeclarationsRequest::default()
    };
    api.client.list_declarations(request).await.unwrap();
}

/// A client who is created with a reason, whom a therapist looks up, and whose record is taken out.
async fn somebody(world: &World) -> String {
    let mut owner = world.api(Role::Owner).await;
    let request = v1::CreateClientRequest {
        write: Some(v1::WriteOptions {
            reason: "walked in".to_owned(),
            ..v1::WriteOptions::default()
        }),
        client: Some(v1::Client {
            name: "Ada Lovelace".to_owned(),
            ..v1::Client::default()
        }),
    };
    let made = owner.client.create_client(request).await.unwrap();
    let id = made.into_inner().client.unwrap().id;
    world.clock.advance(Duration::from_secs(1));
    let mut therapist = world.api(Role::Therapist).await;
    for _ in 0..3 {
        declarations(&mut therapist, &id).await;
    }
    world.clock.advance(Duration::from_secs(1));
    let export = v1::ExportClientRecordRequest {
        client_id: id.clone(),
        reason: "asked for it".to_owned(),
    };
    let mut record = owner.client.export_client_record(export).await.unwrap();
    while record.get_mut().message().await.unwrap().is_some() {}
    id
}

#[tokio::test]
async fn a_clients_report_says_who_changed_and_who_read_from_where_and_why() {
    let world = World::new().await;
    let id = somebody(&world).await;
    let mut manager = world.api(Role::Manager).await;
    let report = listed(&mut manager, of(&id)).await;
    let said: Vec<_> = report
        .iter()
        .map(|it| (it.kind(), it.what.as_str(), it.reason.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (AuditKind::Change, "create_client", "walked in"),
            (AuditKind::Read, "declarations", ""),
            (AuditKind::Read, "complete record", "asked for it"),
        ],
        "the oldest first, and what is done again within a minute once"
    );
    for entry in &report {
        assert_eq!(
            (entry.client_id.as_str(), entry.address.as_str()),
            (id.as_str(), "127.0.0.1"),
            "{entry:?}"
        );
        assert!(
            !entry.key_name.is_empty() && entry.at.is_some(),
            "{entry:?}"
        );
    }
    assert!(report[0].id.starts_with("chg-") && report[1].id.starts_with("aud-"));

    let verified = manager.audit.verify_audit(v1::VerifyAuditRequest {}).await;
    let verified = verified.unwrap().into_inner();
    assert!(verified.sound && verified.entry_count >= 2, "{verified:?}");
    let world = world.restarted().await;
    let mut manager = world.api(Role::Manager).await;
    let again = listed(&mut manager, of(&id)).await;
    assert_eq!(again[..3], report);
    assert_eq!(
        again[3..]
            .iter()
            .map(|it| it.more_count)
            .collect::<Vec<_>>(),
        [2],
        "the count of the two repeats"
    );
}

#[tokio::test]
async fn pages_filters_and_times_fit_together() {
    let world = World::new().await;
    let id = somebody(&world).await;
    let mut owner = world.api(Role::Owner).await;
    let all = listed(&mut owner, v1::ListAuditEntriesRequest::default()).await;
    let ids: Vec<_> = all.iter().map(|it| it.id.clone()).collect();
    let times: Vec<_> = all
        .iter()
        .map(|it| it.at.unwrap())
        .map(|at| (at.seconds, at.nanos))
        .collect();
    assert!(times.is_sorted(), "the oldest first");
    assert!(all.len() > 100, "the story has a past: {}", all.len());

    let small = v1::ListAuditEntriesRequest {
        page_size: 7,
        ..v1::ListAuditEntriesRequest::default()
    };
    let paged = listed(&mut owner, small).await;
    assert_eq!(
        paged.iter().map(|it| it.id.clone()).collect::<Vec<_>>(),
        ids
    );

    let kinds = [AuditKind::Read, AuditKind::Change];
    for kind in kinds {
        let only = v1::ListAuditEntriesRequest {
            kinds: vec![kind.into()],
            ..v1::ListAuditEntriesRequest::default()
        };
        let found = listed(&mut owner, only).await;
        let expected: Vec<_> = all.iter().filter(|it| it.kind() == kind).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }
    let key_id = all
        .iter()
        .find(|it| it.what == "declarations")
        .unwrap()
        .key_id
        .clone();
    let theirs = v1::ListAuditEntriesRequest {
        key_id: key_id.clone(),
        ..v1::ListAuditEntriesRequest::default()
    };
    let theirs = listed(&mut owner, theirs).await;
    assert!(!theirs.is_empty() && theirs.iter().all(|it| it.key_id == key_id));

    let read = all.iter().position(|it| it.what == "declarations").unwrap();
    let window = v1::ListAuditEntriesRequest {
        since: all[read].at,
        until: all[read + 1].at,
        ..of(&id)
    };
    assert_eq!(listed(&mut owner, window).await, [all[read].clone()]);
    let later = v1::ListAuditEntriesRequest {
        since: stamp(world.clock.now() + Duration::from_mins(1)),
        ..v1::ListAuditEntriesRequest::default()
    };
    assert_eq!(listed(&mut owner, later).await, []);
}

#[tokio::test]
async fn what_is_wrong_is_annotated_and_nobody_else_looks() {
    let world = World::new().await;
    let id = somebody(&world).await;
    let mut owner = world.api(Role::Owner).await;
    let read = listed(&mut owner, of(&id)).await.remove(1);
    let note = |entry_id: &str| v1::AnnotateAuditEntryRequest {
        entry_id: entry_id.to_owned(),
        text: "looked up in error".to_owned(),
    };
    let written = owner.audit.annotate_audit_entry(note(&read.id)).await;
    let written = written.unwrap().into_inner().entry.unwrap();
    assert_eq!(
        (written.about_id.as_str(), written.what.as_str()),
        (read.id.as_str(), "looked up in error")
    );
    assert_eq!(written.client_id, id, "it goes with whom it is about");
    let last = listed(&mut owner, v1::ListAuditEntriesRequest::default()).await;
    assert!(
        last.contains(&written) && last.contains(&read),
        "nothing is edited"
    );

    // Whoever asks for the client is told of it, too, however far it is from what it is about.
    let about = owner.audit.annotate_audit_entry(note(&written.id)).await;
    let about = about.unwrap().into_inner().entry.unwrap();
    let change = listed(&mut owner, of(&id)).await.remove(0);
    assert_eq!(change.kind(), AuditKind::Change);
    let changed = owner.audit.annotate_audit_entry(note(&change.id)).await;
    let changed = changed.unwrap().into_inner().entry.unwrap();
    let other = last
        .iter()
        .find(|it| it.kind() == AuditKind::Change && it.id != change.id);
    let other = owner
        .audit
        .annotate_audit_entry(note(&other.unwrap().id))
        .await;
    let other = other.unwrap().into_inner().entry.unwrap();
    let report = listed(&mut owner, of(&id)).await;
    for theirs in [&written, &about, &changed] {
        assert!(report.contains(theirs), "{theirs:?} in {report:?}");
    }
    assert!(!report.contains(&other), "it is about another's");

    for unknown in ["aud-99999", "chg-99999999"] {
        let refused = owner.audit.annotate_audit_entry(note(unknown)).await;
        assert_eq!(
            why(refused),
            because(Code::NotFound, "NOT_FOUND"),
            "{unknown}"
        );
    }
    for wrong in ["", "aud-0", "apt-1", "aud-x"] {
        let refused = owner.audit.annotate_audit_entry(note(wrong)).await;
        assert_eq!(
            why(refused),
            because(Code::InvalidArgument, "FIELDS_INVALID"),
            "{wrong}"
        );
    }
    for role in [
        Role::FrontDesk,
        Role::Therapist,
        Role::Integration,
        Role::Wallboard,
    ] {
        let mut api = world.api(role).await;
        let refused = api.audit.list_audit_entries(of(&id)).await;
        assert_eq!(
            why(refused),
            because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
        );
    }
    let mut halifax = world.api_at_halifax(v1::Role::Manager).await;
    let refused = halifax.audit.list_audit_entries(of(&id)).await;
    assert_eq!(
        why(refused),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
}

fn because_of(reason: &str) -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        reason: reason.to_owned(),
        ..v1::WriteOptions::default()
    })
}

/// What was done with the server, and who went: what, to what, and why.
async fn done(api: &mut Api) -> Vec<(AuditKind, String, String, String)> {
    let only = v1::ListAuditEntriesRequest {
        kinds: vec![AuditKind::Upkeep.into(), AuditKind::SignedOut.into()],
        ..v1::ListAuditEntriesRequest::default()
    };
    let told = |it: v1::AuditEntry| {
        assert!(
            !it.key_name.is_empty() && it.address == "127.0.0.1",
            "{it:?}"
        );
        (it.kind(), it.what, it.about_id, it.reason)
    };
    listed(api, only).await.into_iter().map(told).collect()
}

#[tokio::test]
async fn locks_that_are_lifted_clocks_and_backups_are_in_the_trail_and_who_signs_out() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let mut manager = world.api(Role::Manager).await;
    let me = owner.access.who_am_i(v1::WhoAmIRequest {}).await;
    let me = me.unwrap().into_inner().key.unwrap().id;
    let lift = v1::LiftLockOutRequest {
        key_id: me.clone(),
        reason: "it was not them".to_owned(),
    };
    owner.access.lift_lock_out(lift.clone()).await.unwrap();
    let accept = |write| v1::AcceptClockRequest { write };
    let tried = v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    };
    let dry = accept(Some(tried.clone()));
    manager.operations.accept_clock(dry).await.unwrap();
    let why_not = because_of("by the clock on the wall");
    manager
        .operations
        .accept_clock(accept(why_not))
        .await
        .unwrap();
    let backup = |write| v1::CreateBackupRequest { write };
    let none = manager.operations.create_backup(backup(Some(tried))).await;
    none.expect_err("it was not told where");
    let none = manager
        .operations
        .create_backup(backup(because_of("the update")))
        .await;
    none.expect_err("it was not told where");
    let words = "correct horse battery staple";
    let set = v1::SetPassphraseRequest {
        passphrase: words.to_owned(),
        ..v1::SetPassphraseRequest::default()
    };
    let key = manager.access.set_passphrase(set).await.unwrap();
    let sign_in = v1::SignInRequest {
        name: key.into_inner().key.unwrap().id,
        passphrase: words.to_owned(),
    };
    let session = manager.access.sign_in(sign_in).await.unwrap().into_inner();
    let mut session = world.api_with(Some(&session.secret)).await;
    for api in [&mut manager, &mut session] {
        api.access.sign_out(v1::SignOutRequest {}).await.unwrap();
    }
    let found = done(&mut owner).await;
    let expected = [
        (
            AuditKind::Upkeep,
            "lock of a passphrase lifted, if there was one",
            me.as_str(),
            "it was not them",
        ),
        (
            AuditKind::Upkeep,
            "time of the clock accepted",
            "",
            "by the clock on the wall",
        ),
        (AuditKind::Upkeep, "backup asked for", "", "the update"),
        (AuditKind::SignedOut, "", "", ""),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((kind, what, about, reason), expected) in found.iter().zip(expected) {
        // The clock says what time it is, too.
        let what = if what.starts_with(expected.1) {
            expected.1
        } else {
            what.as_str()
        };
        assert_eq!((*kind, what, about.as_str(), reason.as_str()), expected);
    }

    // Whoever reaches one site accepts no clock for the other, and has no passphrase judged again that they may not set.
    for role in [v1::Role::Manager, v1::Role::Owner] {
        let mut halifax = world.api_at_halifax(role).await;
        let refused = halifax.operations.accept_clock(accept(None)).await;
        let outside = because(Code::PermissionDenied, "SITE_NOT_ALLOWED");
        assert_eq!(why(refused), outside);
        if role == v1::Role::Owner {
            let refused = halifax.access.lift_lock_out(lift.clone()).await;
            assert_eq!(why(refused), outside);
        }
    }
    assert_eq!(done(&mut owner).await, found, "what is refused is not done");
}
