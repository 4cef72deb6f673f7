//! Signing in by passphrase: sessions, what ends them, and what is not told by trying.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use treadwell_api::v1::{
    Key, LiftLockOutRequest, LiftLockOutResponse, ListKeysRequest, ListKeysResponse, Reason,
    RevokeKeyRequest, RevokeKeyResponse, Role, SetPassphraseRequest, SetPassphraseResponse,
    SignInRequest, SignInResponse, SignOutRequest, SignOutResponse, WatchRequest, WhoAmIRequest,
    WhoAmIResponse, WriteOptions,
};
use treadwell_tests::{
    clinic_day::named,
    process::binary,
    wire::{No, Wire, refused},
};

use crate::clinic::{Clinic, said};
use crate::watch::begin;

pub(crate) const WORDS: &str = "correct horse battery staple";
const OTHER: &str = "another four good words";

pub(crate) async fn sign_in(
    wire: &Wire,
    name: &str,
    passphrase: &str,
) -> Result<SignInResponse, No> {
    let request = SignInRequest {
        name: name.to_owned(),
        passphrase: passphrase.to_owned(),
    };
    wire.with_key(None)
        .ask("AccessService/SignIn", &request)
        .await
}

async fn who(wire: &Wire) -> Result<Key, No> {
    let answer: WhoAmIResponse = wire.ask("AccessService/WhoAmI", &WhoAmIRequest {}).await?;
    Ok(answer.key.unwrap_or_default())
}

pub(crate) async fn set(
    wire: &Wire,
    name: &str,
    key: &str,
    passphrase: &str,
    current: &str,
) -> Result<Key, No> {
    let request = SetPassphraseRequest {
        write: named(name),
        key_id: key.to_owned(),
        passphrase: passphrase.to_owned(),
        current_passphrase: current.to_owned(),
    };
    let answer: SetPassphraseResponse = wire.ask("AccessService/SetPassphrase", &request).await?;
    Ok(answer.key.unwrap_or_default())
}

/// A key of the desk with a passphrase: its id, its secret and the secret of a session.
async fn desk(clinic: &Clinic) -> Result<(String, String, String)> {
    let (id, secret) = clinic
        .key("Robin Hale", Role::FrontDesk, &["halifax"])
        .await?;
    let own = clinic.owner.with_key(Some(&secret));
    let key = said(set(&own, "mine", "", WORDS, "").await);
    assert!(key.has_passphrase && key.id == id);
    let opened = said(sign_in(&own, "robin hale", WORDS).await);
    assert_eq!(opened.key.unwrap_or_default().id, id);
    assert_eq!(opened.idle_minutes, 30);
    assert!(opened.secret.starts_with("tw_session_"));
    Ok((id, secret, opened.secret))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_its_key_and_ends_when_it_is_signed_out_or_the_passphrase_changes()
-> Result<()> {
    let clinic = Clinic::open().await?;
    let (id, secret, session) = desk(&clinic).await?;
    let own = clinic.owner.with_key(Some(&secret));
    let in_session = clinic.owner.with_key(Some(&session));
    let me = said(who(&in_session).await);
    assert_eq!((me.id.as_str(), me.role()), (id.as_str(), Role::FrontDesk));
    assert_eq!(me.site_ids, ["halifax"]);
    assert!(me.last_used_at.is_some());
    let (mut watching, _) = said(begin(&in_session, &WatchRequest::default()).await);
    let out: SignOutResponse = said(
        in_session
            .ask("AccessService/SignOut", &SignOutRequest {})
            .await,
    );
    assert!(out.signed_out);
    refused(who(&in_session).await, Reason::KeyInvalid);
    loop {
        match watching.next().await {
            Ok(message) => assert!(message.is_some(), "a watch ends with a reason"),
            Err(no) => {
                refused(Err::<(), _>(no), Reason::KeyInvalid);
                break;
            }
        }
    }
    let out: SignOutResponse = said(own.ask("AccessService/SignOut", &SignOutRequest {}).await);
    assert!(!out.signed_out, "a key is no session");
    said(who(&own).await);
    // Another passphrase closes what the former one opened. Whoever is signed in by it has to know it.
    let again = said(sign_in(&own, &id, WORDS).await).secret;
    let in_session = clinic.owner.with_key(Some(&again));
    refused(
        set(&in_session, "guessed", "", OTHER, "not the words at all").await,
        Reason::SignInFailed,
    );
    said(who(&in_session).await);
    said(set(&in_session, "known", "", OTHER, WORDS).await);
    refused(who(&in_session).await, Reason::KeyInvalid);
    refused(sign_in(&own, &id, WORDS).await, Reason::SignInFailed);
    // So does revoking the key.
    let last = said(sign_in(&own, &id, OTHER).await).secret;
    let in_session = clinic.owner.with_key(Some(&last));
    said(who(&in_session).await);
    let revoke = RevokeKeyRequest {
        write: named("leaves"),
        key_id: id.clone(),
    };
    let _: RevokeKeyResponse = said(clinic.owner.ask("AccessService/RevokeKey", &revoke).await);
    refused(who(&in_session).await, Reason::KeyInvalid);
    refused(sign_in(&own, &id, OTHER).await, Reason::SignInFailed);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_outlives_a_restart_and_a_session_does_not() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (id, secret, session) = desk(&clinic).await?;
    let again = |clinic: &Clinic| clinic.owner.with_key(Some(&session));
    said(who(&again(&clinic)).await);
    let clinic = clinic.restart().await?;
    refused(who(&again(&clinic)).await, Reason::KeyInvalid);
    let key = said(who(&clinic.owner.with_key(Some(&secret))).await);
    assert!(key.has_passphrase);
    said(sign_in(&clinic.owner, &id, WORDS).await);
    let kept = std::fs::read_to_string(clinic.folder.log())?;
    for secret in [WORDS, &secret, &session, "$argon2id"] {
        assert!(!kept.contains(secret), "{secret} is in the log");
    }
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_passphrases_lock_it_until_an_owner_lifts_that_and_the_key_goes_on() -> Result<()>
{
    let clinic = Clinic::open().await?;
    let (id, secret, session) = desk(&clinic).await?;
    for name in ["Robin Hale", "Nobody Known"] {
        for _ in 0..10 {
            refused(
                sign_in(&clinic.owner, name, "wrong words every time").await,
                Reason::SignInFailed,
            );
        }
        // Whether there is such a name or not, and whether it is right or not.
        let no = refused(
            sign_in(&clinic.owner, name, WORDS).await,
            Reason::TooManyAttempts,
        );
        let seconds: u64 = no.metadata["retry_seconds"].parse()?;
        assert!((880..=900).contains(&seconds), "{seconds}");
        // However it is written: else it would tell that there is no such name.
        let written = format!("  {} ", name.to_uppercase());
        refused(
            sign_in(&clinic.owner, &written, WORDS).await,
            Reason::TooManyAttempts,
        );
    }
    // A key's id is as a name of its own, for the same reason.
    refused(
        sign_in(&clinic.owner, &id, "wrong words every time").await,
        Reason::SignInFailed,
    );
    said(who(&clinic.owner.with_key(Some(&secret))).await);
    said(who(&clinic.owner.with_key(Some(&session))).await);
    let lift = LiftLockOutRequest {
        key_id: id,
        reason: "they had the wrong one".to_owned(),
    };
    let manager = clinic.of(Role::Manager);
    let answer: Result<LiftLockOutResponse, _> =
        manager.ask("AccessService/LiftLockOut", &lift).await;
    refused(answer, Reason::RoleNotAllowed);
    let lifted: LiftLockOutResponse =
        said(clinic.owner.ask("AccessService/LiftLockOut", &lift).await);
    assert!(lifted.was_locked);
    said(sign_in(&clinic.owner, "Robin Hale", WORDS).await);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn passphrases_are_tried_no_faster_at_once_than_one_after_the_other() -> Result<()> {
    let clinic = Clinic::strict(&[]).await?;
    let (_, secret, _) = desk(&clinic).await?;
    // Somebody is at work at this address: it is slowed down, and not turned away.
    let own = clinic.owner.with_key(Some(&secret));
    let (watching, _) = said(begin(&own, &WatchRequest::default()).await);
    let begun = Instant::now();
    let all: Vec<_> = (0..16)
        .map(|at| {
            let wire = clinic.owner.clone();
            tokio::spawn(async move { sign_in(&wire, &format!("Nobody {at}"), WORDS).await })
        })
        .collect();
    for no in all {
        refused(no.await?, Reason::SignInFailed);
    }
    assert!(
        begun.elapsed() >= Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    // The right one waits as long, and is heard.
    let right = said(sign_in(&clinic.owner, "Robin Hale", WORDS).await);
    assert!(!right.secret.is_empty());
    drop(watching);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_long_enough_and_acted_on_once() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (id, secret, _) = desk(&clinic).await?;
    let own = clinic.owner.with_key(Some(&secret));
    for wrong in ["fourteen chars", &"a".repeat(129)] {
        refused(
            set(&own, "wrong", "", wrong, "").await,
            Reason::FieldsInvalid,
        );
    }
    let before = clinic.revision().await;
    let first = said(set(&own, "once", "", OTHER, "").await);
    let again = said(set(&own, "once", "", OTHER, "").await);
    assert_eq!(first, again);
    assert_eq!(clinic.revision().await, before + 1);
    refused(
        set(&own, "once", "", WORDS, "").await,
        Reason::RequestIdReused,
    );
    let dry = SetPassphraseRequest {
        write: Some(WriteOptions {
            validate_only: true,
            ..WriteOptions::default()
        }),
        key_id: id.clone(),
        ..SetPassphraseRequest::default()
    };
    let _: SetPassphraseResponse = said(own.ask("AccessService/SetPassphrase", &dry).await);
    said(sign_in(&own, &id, OTHER).await);
    refused(
        set(&clinic.of(Role::Manager), "theirs", &id, WORDS, "").await,
        Reason::RoleNotAllowed,
    );
    let none = said(set(&clinic.owner, "by the owner", &id, "", "").await);
    assert!(!none.has_passphrase);
    refused(sign_in(&own, &id, OTHER).await, Reason::SignInFailed);
    let list = ListKeysRequest::default();
    let keys: ListKeysResponse = said(clinic.owner.ask("AccessService/ListKeys", &list).await);
    let used = keys.keys.iter().filter(|key| key.last_used_at.is_some());
    assert!(used.count() >= 3, "the owner, the manager, the desk");
    clinic.is_sound().await
}

/// What the command line prints as JSON, with a line on its standard input.
fn typed(clinic: &Clinic, key: &str, arguments: &[&str], line: &str) -> Result<serde_json::Value> {
    let mut command = Command::new(binary("treadwell")?);
    command
        .args(arguments)
        .arg("--json")
        .env("TREADWELL_SERVER", clinic.server.address().to_string())
        .env("TREADWELL_KEY", key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().context("it is piped")?;
    writeln!(input, "{line}")?;
    drop(input);
    let output = child.wait_with_output()?;
    let said = if output.status.success() {
        output.stdout
    } else {
        output.stderr
    };
    let first = said.split(|&byte| byte == b'\n').next();
    Ok(serde_json::from_slice(first.unwrap_or_default())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_signs_in_and_out() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (id, secret) = clinic.key("Robin Hale", Role::FrontDesk, &[]).await?;
    let owner = clinic.folder.owner_key.clone();
    let set = typed(&clinic, &secret, &["keys", "passphrase"], WORDS)?;
    assert_eq!(set["has_passphrase"], true, "{set}");
    let wrong = typed(&clinic, "", &["sign-in", "Robin Hale"], OTHER)?;
    assert_eq!(wrong["error"]["reason"], "SIGN_IN_FAILED", "{wrong}");
    assert_eq!(wrong["error"]["exit_code"], 7);
    let opened = typed(&clinic, "", &["sign-in", "Robin Hale"], WORDS)?;
    assert_eq!(opened["key"]["id"], id.as_str());
    let session = opened["secret"].as_str().context("a secret")?;
    let out = typed(&clinic, session, &["sign-out"], "")?;
    assert_eq!(out["signed_out"], true);
    let unlocked = typed(&clinic, &owner, &["keys", "unlock", &id], "")?;
    assert_eq!(unlocked["was_locked"], false);
    let removed = typed(
        &clinic,
        &owner,
        &["keys", "passphrase", &id, "--remove"],
        "",
    )?;
    assert_eq!(removed["has_passphrase"], false, "{removed}");
    let table = typed(&clinic, &owner, &["access", "table"], "")?;
    assert_eq!(table["method"], "AccessService/CreateKey");
    assert_eq!(table["roles"], serde_json::json!(["owner", "manager"]));
    clinic.is_sound().await
}
