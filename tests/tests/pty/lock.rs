//! A console that is left alone.

use anyhow::Result;
use treadwell_api::v1::{Role, SetPassphraseRequest};
use treadwell_tests::clinic_day::named;

use crate::clinic::{Clinic, MORNING, SMALL};

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
