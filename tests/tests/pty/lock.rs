//! A console that is left alone.

use std::fs;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use treadwell_api::v1::{RevokeKeyRequest, Role, SetPassphraseRequest};
use treadwell_tests::{clinic_day::named, terminal::Terminal};

use crate::clinic::{Clinic, MORNING, SMALL, treadwell};

const WORDS: &str = "correct horse battery staple";

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_console_shows_nothing_and_opens_by_passphrase_or_to_somebody_else() -> Result<()>
{
    let clinic = Clinic::open(MORNING).await?;
    clinic.healthy_client("Vera Walk").await?;
    let desk = clinic.desk_key().await?;
    clinic
        .owner
        .set_passphrase(SetPassphraseRequest {
            write: named("the desk's words"),
            key_id: desk,
            passphrase: WORDS.to_owned(),
            ..SetPassphraseRequest::default()
        })
        .await?;
    let mut console = clinic.console(SMALL);
    console.keys("b").sees("name or phone");
    console.keys("Vera").sees("Vera Walk");
    console.keys("<f7>").sees("This console is locked.");
    for shown in ["Vera", "Book", "[LIVE", "name or phone"] {
        assert!(!console.text().contains(shown), "{}", console.text());
    }
    console.keys("<ctrl-c>").sees("Unlock it to leave.");
    console.keys("wrong words, all of them<enter>");
    console.sees("do not belong together");
    console.keys(WORDS).keys("<enter>").sees("Vera");
    console.sees("name or phone").misses("is locked");
    // Somebody else takes over, and finds nothing of it.
    let other = clinic.key("Night desk", Role::FrontDesk).await?;
    console.keys("<f7>").sees("This console is locked.");
    console
        .keys(&other)
        .keys("<enter>")
        .sees("Night desk")
        .sees("NEEDS YOU");
    console.keys("b").sees("name or phone").misses("Vera");
    console.keys("<ctrl-c>").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_whose_key_is_revoked_shows_nothing_and_is_not_opened_by_it() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    clinic.healthy_client("Vera Walk").await?;
    let desk = clinic.desk_key().await?;
    let mut console = clinic.console(SMALL);
    console.keys("b").sees("name or phone");
    console.keys("Vera").sees("Vera Walk");
    clinic
        .owner
        .revoke_key(RevokeKeyRequest {
            write: named("they have left"),
            key_id: desk,
        })
        .await?;
    console
        .sees("This console is locked.")
        .sees("The server refuses this key")
        .misses("Vera");
    console.keys(clinic.desk_secret()).keys("<enter>");
    // The server was asked, and says so for itself.
    console
        .sees("The key opens nothing")
        .sees("This console is locked.");
    let other = clinic.key("Night desk", Role::FrontDesk).await?;
    console.keys(&other).keys("<enter>");
    console.sees("Night desk").sees("NEEDS YOU");
    console.keys("b").sees("name or phone").misses("Vera");
    console.keys("<ctrl-c>").ends();
    Ok(())
}

/// What a console has read is in its memory in the clear: there must be no image of it.
#[test]
fn a_console_may_leave_no_core() -> Result<()> {
    let home = TempDir::with_prefix("treadwell-")?;
    let mut command = treadwell(home.path())?;
    command.env("TREADWELL_SERVER", "127.0.0.1:9");
    command.env("TREADWELL_KEY", format!("tw_{}", "A".repeat(43)));
    let console = Terminal::start(command, SMALL)?;
    console.sees("Waiting for the server");
    let id = console.id().context("it runs")?;
    let limits = fs::read_to_string(format!("/proc/{id}/limits"))?;
    let mut limits = limits.lines();
    let core = limits.find(|line| line.starts_with("Max core file size"));
    let core = core.context("the limit of core files")?;
    let none = core.split_whitespace().filter(|word| *word == "0").count();
    assert_eq!(none, 2, "{core}");
    Ok(())
}
