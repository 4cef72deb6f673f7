//! The terminal under the console: its size, its colours, what is pasted.

use anyhow::Result;
use treadwell_tests::terminal::{Terminal, sgr};

use crate::clinic::{Clinic, MORNING, SMALL};

/// Goes through the screens with the most colours.
fn look_around(console: &mut Terminal) {
    console.sees("[LIVE").sees("NEEDS YOU");
    console.keys("d").sees("by room");
    console.keys("f").sees("Free rooms >");
    console.keys("?").sees("+- Keys -");
    console.keys("<enter>").misses("+- Keys -");
    console.keys("b").sees("name or phone");
}

/// Whether SGR parameters set a colour; 39 and 49, which take one back, count as well.
fn sets_colour(parameters: &str) -> bool {
    parameters.split(';').any(|number| {
        number
            .parse()
            .is_ok_and(|number: u8| matches!(number, 30..=49 | 90..=107))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_color_means_none() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut coloured = clinic.console(SMALL);
    look_around(&mut coloured);
    let used = sgr(&coloured.written_after(0));
    assert!(
        used.iter().any(|it| sets_colour(it)),
        "with colour it has some: {used:?}"
    );
    coloured.keys("<ctrl-c>").ends();
    coloured.is_restored();

    let mut plain = clinic.console_with(SMALL, &[("NO_COLOR", "1")]);
    look_around(&mut plain);
    plain.keys("<ctrl-c>").ends();
    let used = sgr(&plain.written_after(0));
    let colours: Vec<&String> = used.iter().filter(|it| sets_colour(it)).collect();
    assert!(colours.is_empty(), "{colours:?}");
    assert!(!used.is_empty(), "bold and reverse are left");
    plain.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_size_keeps_what_is_typed_into_a_prompt() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut console = clinic.console(SMALL);
    console.keys("b").sees("name or phone");
    console.keys("Vera Walk").sees("a new client: Vera Walk");
    console.keys("<enter>").sees("New client").sees("born");
    console.keys("<tab>902-555").sees("902-555");

    console.resize(120, 40)?;
    console.until("a frame that fills 120 x 40", |screen| {
        let rows: Vec<String> = screen.rows(0, 120).collect();
        let footer = rows[37..].iter().any(|row| row.contains("Esc"));
        let header = rows[0].trim_end().len() > 100;
        header && footer && screen.contents().contains("902-555")
    });
    console.resize(60, 15)?;
    console
        .sees("Treadwell needs 80 x 24.")
        .sees("This terminal is 60 x 15.");
    // Nobody sees what this would do: it is not heard.
    console.keys("999");
    console.resize(61, 15)?;
    console.sees("This terminal is 61 x 15.");
    console.resize(80, 24)?;
    console.sees("New client").sees("902-555");
    console.keys("-0144").sees("902-555-0144");
    console
        .keys("<esc>")
        .misses("New client")
        .sees("name or phone");
    console.keys("<ctrl-c>").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_terminal_says_what_is_needed() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut console = clinic.console_with((60, 15), &[]);
    console
        .sees("Treadwell needs 80 x 24.")
        .sees("This terminal is 60 x 15.");
    console.keys("<ctrl-c>").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pasted_is_typed_and_presses_nothing() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut console = clinic.console(SMALL);
    console.keys("b").sees("name or phone");
    console.paste("Vera\r\n\tWalk\u{3}q");
    console.sees("[VeraWalkq").sees("a new client: VeraWalkq");
    console.keys("!").sees("[VeraWalkq!");
    console.keys("<ctrl-c>").ends();
    console.is_restored();
    Ok(())
}
