use std::collections::BTreeSet;

use jiff::ToSpan;

use crate::command::{Actor, Command, CreateKey, SetPassphrase};
use crate::decide::desk::{Desk, actor, limited_to};
use crate::decide::sees_to_passphrase;
use crate::fixture::{site_id, therapist_id};
use crate::id::KeyId;
use crate::model::{KeyHash, PassphraseHash, RecordId, Role, Sites};
use crate::refusal::Refusal;

fn new(hash: u8, role: Role) -> CreateKey {
    CreateKey {
        hash: KeyHash([hash; 32]),
        name: "Desk".to_owned(),
        role,
        sites: Sites::All,
        therapist: None,
        expires: None,
    }
}

fn create(desk: &mut Desk, key: CreateKey) -> KeyId {
    match desk.done(&Command::CreateKey(key)).reply.records[..] {
        [RecordId::Key(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_is_found_by_its_hash_and_lives_until_it_is_revoked_or_expires() {
    let (mut desk, _) = Desk::open();
    let expires = desk.now + 1.hour();
    let id = create(
        &mut desk,
        CreateKey {
            expires: Some(expires),
            ..new(1, Role::FrontDesk)
        },
    );
    let key = desk.clinic.key_by_hash(&KeyHash([1; 32])).unwrap().clone();
    assert_eq!(key.id, id);
    assert!(key.is_live(desk.now) && !key.is_live(expires));
    let revoke = Command::RevokeKey { key: id };
    desk.done(&revoke);
    assert!(!desk.clinic.key(id).unwrap().is_live(desk.now));
    assert_eq!(desk.refused(&revoke), Refusal::KeyRevoked { key: id });
    let what = RecordId::Key(id);
    let same = Command::CreateKey(new(1, Role::Owner));
    assert_eq!(desk.refused(&same), Refusal::AlreadyExists { what });
}

#[test]
fn a_key_is_well_formed() {
    let (mut desk, _) = Desk::open();
    let cases = [
        CreateKey {
            name: String::new(),
            ..new(1, Role::FrontDesk)
        },
        CreateKey {
            expires: Some(desk.now),
            ..new(1, Role::FrontDesk)
        },
        CreateKey {
            sites: Sites::Only(BTreeSet::new()),
            ..new(1, Role::FrontDesk)
        },
        new(1, Role::Therapist),
    ];
    for key in cases {
        let command = Command::CreateKey(key);
        assert_eq!(desk.refused(&command).reason(), "INVALID", "{command:?}");
    }
    let nobody = CreateKey {
        therapist: Some(therapist_id("dan")),
        ..new(1, Role::Therapist)
    };
    assert_eq!(
        desk.refused(&Command::CreateKey(nobody)).reason(),
        "NOT_FOUND"
    );
}

#[test]
fn nobody_gives_more_than_they_have() {
    let (mut desk, _) = Desk::open();
    let owner = create(&mut desk, new(1, Role::Owner));
    desk.act_as(actor(2, Role::Manager));
    let promote = Command::CreateKey(new(2, Role::Owner));
    assert_eq!(desk.refused(&promote), Refusal::OnlyForOwners);
    let depose = Command::RevokeKey { key: owner };
    assert_eq!(desk.refused(&depose), Refusal::OnlyForOwners);
    desk.act_as(limited_to(2, Role::Manager, "halifax"));
    let site = site_id("dartmouth");
    let refusal = Refusal::SiteNotAllowed { site };
    let everywhere = Command::CreateKey(new(2, Role::FrontDesk));
    assert_eq!(desk.refused(&everywhere), refusal);
    let at = |site: &str| CreateKey {
        sites: Sites::Only(BTreeSet::from([site_id(site)])),
        ..new(2, Role::FrontDesk)
    };
    assert_eq!(desk.refused(&Command::CreateKey(at("dartmouth"))), refusal);
    create(&mut desk, at("halifax"));
}

#[test]
fn a_key_elsewhere_is_as_one_that_does_not_exist() {
    let (mut desk, _) = Desk::open();
    let of = |hash, sites: &[&str]| CreateKey {
        sites: Sites::Only(sites.iter().copied().map(site_id).collect()),
        ..new(hash, Role::FrontDesk)
    };
    let there = create(&mut desk, of(1, &["dartmouth"]));
    let both = create(&mut desk, of(2, &["dartmouth", "halifax"]));
    for key in [there, KeyId::new(9)] {
        let what = RecordId::Key(key);
        desk.act_as(limited_to(77, Role::Owner, "halifax"));
        for command in [Command::RevokeKey { key }, set(key, "x")] {
            assert_eq!(desk.refused(&command), Refusal::NotFound { what });
        }
        // Who sets nobody else's is told no more.
        desk.act_as(limited_to(78, Role::FrontDesk, "halifax"));
        assert_eq!(desk.refused(&set(key, "x")), Refusal::OnlyForOwners);
    }
    // One that reaches further is in the list, and not theirs.
    desk.act_as(limited_to(77, Role::Owner, "halifax"));
    let site = site_id("dartmouth");
    let revoke = Command::RevokeKey { key: both };
    assert_eq!(desk.refused(&revoke), Refusal::SiteNotAllowed { site });
}

#[test]
fn an_owner_always_remains() {
    let (mut desk, _) = Desk::open();
    desk.act_as(Actor::system());
    let first = create(&mut desk, new(1, Role::Owner));
    assert!(first.number() > Actor::SYSTEM.number());
    let revoke = |key| Command::RevokeKey { key };
    assert_eq!(
        desk.refused(&revoke(first)),
        Refusal::LastOwner { key: first }
    );
    let expires = desk.now + 1.hour();
    let second = create(
        &mut desk,
        CreateKey {
            expires: Some(expires),
            ..new(2, Role::Owner)
        },
    );
    for now in [desk.now, expires] {
        desk.now = now;
        assert_eq!(
            desk.refused(&revoke(first)),
            Refusal::LastOwner { key: first },
            "the other expires"
        );
    }
    desk.done(&revoke(second));
    create(&mut desk, new(3, Role::Owner));
    desk.done(&revoke(first));
}

fn set(key: KeyId, hash: &str) -> Command {
    Command::SetPassphrase(SetPassphrase {
        key,
        passphrase: (!hash.is_empty()).then(|| PassphraseHash(hash.into())),
    })
}

#[test]
fn a_passphrase_is_ones_own_or_set_by_an_owner() {
    let (mut desk, _) = Desk::open();
    let mine = create(&mut desk, new(1, Role::FrontDesk));
    let named = |hash, name: &str| CreateKey {
        name: name.to_owned(),
        ..new(hash, Role::FrontDesk)
    };
    let other = create(&mut desk, named(2, "Night"));
    desk.done(&set(mine, "by an owner"));
    desk.actor = actor(mine.number(), Role::FrontDesk);
    desk.done(&set(mine, "my own"));
    let kept = desk.clinic.key(mine).unwrap().passphrase.clone();
    assert_eq!(kept, Some(PassphraseHash("my own".into())));
    assert_eq!(desk.refused(&set(other, "x")), Refusal::OnlyForOwners);
    desk.actor = actor(77, Role::Manager);
    assert_eq!(desk.refused(&set(mine, "x")), Refusal::OnlyForOwners);
    desk.actor = limited_to(77, Role::Owner, "halifax");
    assert_eq!(desk.refused(&set(mine, "x")).reason(), "SITE_NOT_ALLOWED");
    // Nor has such an owner it judged again, but their own.
    let sees_to = |desk: &Desk, key| sees_to_passphrase(&desk.clinic, key, &desk.context());
    let refused = sees_to(&desk, mine).map_err(|refusal| refusal.reason());
    assert_eq!(refused, Err("SITE_NOT_ALLOWED"));
    desk.actor = limited_to(mine.number(), Role::Owner, "halifax");
    assert_eq!(sees_to(&desk, mine), Ok(()));
    desk.actor = actor(77, Role::Owner);
    assert_eq!(sees_to(&desk, mine), Ok(()));
    desk.done(&set(mine, ""));
    assert_eq!(desk.clinic.key(mine).unwrap().passphrase, None);
    desk.done(&Command::RevokeKey { key: mine });
    assert_eq!(
        desk.refused(&set(mine, "x")),
        Refusal::KeyRevoked { key: mine }
    );
    let nobody = KeyId::new(9);
    assert_eq!(desk.refused(&set(nobody, "x")).reason(), "NOT_FOUND");
}

#[test]
fn a_passphrase_is_a_persons_and_its_name_is_theirs_alone() {
    let (mut desk, _) = Desk::open();
    for (hash, role) in [(1, Role::Integration), (2, Role::Wallboard)] {
        let key = create(&mut desk, new(hash, role));
        assert_eq!(desk.refused(&set(key, "x")).reason(), "INVALID");
        desk.done(&set(key, ""));
    }
    let one = create(&mut desk, new(3, Role::FrontDesk));
    let loud = CreateKey {
        name: "DESK".to_owned(),
        ..new(4, Role::Manager)
    };
    let other = create(&mut desk, loud);
    desk.done(&set(one, "x"));
    desk.done(&set(one, "y"));
    assert_eq!(desk.refused(&set(other, "x")).reason(), "INVALID");
    desk.done(&Command::RevokeKey { key: one });
    desk.done(&set(other, "x"));
}
