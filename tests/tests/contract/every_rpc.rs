//! Every call of the API, found by its descriptors, with a request that is right in all but its key.

use std::collections::BTreeSet;

use anyhow::Result;
use treadwell_api::v1::{Reason, Role};
use treadwell_tests::wire::{No, refused};

use crate::access::{NO_KEY, PUBLIC, bad_keys, may};
use crate::bodies::{SITE, questions};
use crate::clinic::{Clinic, ROLES, call, methods};
use crate::redaction::Canary;

/// Every method with a request for it, and whether its answer is a stream.
fn all(questions: Vec<(String, Vec<u8>)>) -> Vec<((String, bool), Vec<u8>)> {
    let methods = methods();
    let with = |(name, body): (String, Vec<u8>)| {
        let found = methods.iter().find(|(method, _)| *method == name);
        (found.expect("requests are of methods").clone(), body)
    };
    questions.into_iter().map(with).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_refused_without_a_good_key_and_by_roles_that_may_not() -> Result<()> {
    let clinic = Clinic::open().await?;
    let canary = Canary::make(&clinic).await?;
    let questions = all(questions(&canary.names.of("refused")));
    let asked: BTreeSet<&str> = questions
        .iter()
        .map(|((name, _), _)| name.as_str())
        .collect();
    for (method, _) in methods() {
        assert!(
            asked.contains(method.as_str()),
            "bodies/all.rs has no request of {method}"
        );
    }
    let before = clinic.revision().await;
    let bad = bad_keys(&clinic).await?;
    let made = clinic.revision().await;
    assert!(before < made, "keys were made and revoked");
    for (method, body) in &questions {
        let keys = bad.iter().filter(|_| !PUBLIC.contains(&method.0.as_str()));
        for (what, wire) in keys {
            let no = refused(call(wire, method, body.clone()).await, Reason::KeyInvalid);
            assert_eq!(no.message, NO_KEY, "with {what}, to {}", method.0);
        }
        for role in ROLES.into_iter().filter(|&role| !may(role, &method.0)) {
            refused(
                call(&clinic.of(role), method, body.clone()).await,
                Reason::RoleNotAllowed,
            );
        }
    }
    assert_eq!(clinic.revision().await, made, "nothing was done");
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_requests_are_heard_with_a_good_key() -> Result<()> {
    let clinic = Clinic::open().await?;
    let canary = Canary::make(&clinic).await?;
    let mut mistakes = Vec::new();
    for (method, body) in all(questions(&canary.names.of("heard"))) {
        let Err(no) = call(&clinic.owner, &method, body).await else {
            continue;
        };
        let reason = no.reason.as_deref();
        let wrong = ["FIELDS_INVALID", "MESSAGE_MALFORMED", "NOT_FOUND"];
        if reason.is_none_or(|reason| wrong.contains(&reason)) {
            mistakes.push(format!("{}: {:?} {}", method.0, no.code, no.message));
        }
    }
    assert!(mistakes.is_empty(), "in bodies/all.rs: {mistakes:#?}");
    clinic.is_sound().await
}

/// All of a refusal, the bytes of its details too, each id that was asked for replaced by the one that was made up for it.
fn told(answer: Result<(), No>, pairs: &[(String, String)]) -> (String, Vec<u8>) {
    let Err(no) = answer else {
        return ("it is answered".to_owned(), Vec::new());
    };
    let mut text = format!(
        "{:?} {} {:?} {:?} {:?} {:?}",
        no.code, no.message, no.reason, no.metadata, no.fields, no.rules
    );
    let mut details = no.details;
    for (real, made_up) in pairs {
        text = text.replace(real, made_up);
        details = replaced(&details, real.as_bytes(), made_up.as_bytes());
    }
    // A receipt's number as what a map has for "id".
    details = replaced(&details, b"\x12\x011", b"\x12\x019");
    // Of a map the order is another one in each answer.
    details.sort_unstable();
    (text, details)
}

fn replaced(bytes: &[u8], of: &[u8], by: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(of.len()).position(|part| part == of) {
        bytes.splice(at + found..at + found + of.len(), by.iter().copied());
        at += found + by.len();
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_another_site_is_refused_as_what_does_not_exist() -> Result<()> {
    let clinic = Clinic::open().await?;
    let canary = Canary::make(&clinic).await?;
    let (_, secret) = clinic
        .key("Across the harbour", Role::Owner, &["dartmouth"])
        .await?;
    let across = clinic.owner.with_key(Some(&secret));
    let names = canary.names.of("across");
    let pairs = names.pairs();
    let real = all(questions(&names));
    let made_up = all(questions(&names.made_up()));
    let (mut compared, mut wrong) = (0, Vec::new());
    for ((method, body), (_, other)) in real.into_iter().zip(made_up) {
        let names_site = body.windows(SITE.len()).any(|part| part == SITE.as_bytes());
        if body == other && !names_site {
            continue;
        }
        compared += 1;
        let there = told(call(&across, &method, body).await, &pairs);
        let nowhere = told(call(&across, &method, other).await, &pairs);
        let refused = ["NOT_FOUND", "SITE_NOT_ALLOWED", "HOLD_GONE"];
        let refused = refused.iter().any(|reason| there.0.contains(reason));
        if there != nowhere || !refused {
            wrong.push(format!("{}: {} and {}", method.0, there.0, nowhere.0));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{compared} requests compared");
    assert!(compared > 70, "{compared}");
    clinic.is_sound().await
}
