//! What a terminal's user takes for granted: copying, Ctrl-Z and `fg`, the mouse, `--plain`, and that keys typed in advance
//! answer no question that was not on the screen yet.

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use portable_pty::CommandBuilder;
use treadwell_api::v1::{Appointment, AppointmentState, BookAppointmentRequest};
use treadwell_tests::{
    clinic_day::{self, hands_on},
    process::binary,
};
use vt100::MouseProtocolMode;

use crate::{
    clinic::{Clinic, MORNING, SMALL, alone, treadwell},
    desk::Desk,
};

/// What was put on the clipboard last.
fn copied(written: &[u8]) -> Result<String> {
    let written = String::from_utf8_lossy(written);
    let (_, rest) = written
        .rsplit_once("\x1b]52;c;")
        .context("nothing was copied")?;
    let end = rest.find(['\x1b', '\x07']).context("the sequence ends")?;
    Ok(String::from_utf8(STANDARD.decode(&rest[..end])?)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_reaches_the_clipboard_of_the_terminal() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut desk = Desk {
        console: clinic.console(SMALL),
    };
    desk.room("H3");
    let console = &mut desk.console;
    let mark = console.written();
    console.keys("<ctrl-y>").sees("Copied: ");
    let copied = copied(&console.written_after(mark))?;
    assert!(copied.contains("H3"), "the line in focus: {copied}");
    let words: Vec<&str> = copied.split_whitespace().collect();
    console.sees(&format!("Copied: {}", words.join(" ")));
    console.keys("q").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_console_gives_the_terminal_back_and_takes_it_again() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut shell = alone(CommandBuilder::new("/bin/sh"), &clinic.home());
    shell.env("CONSOLE", binary("treadwell")?);
    // With job control (-m) the console is stopped as under a person's shell.
    let script = "\"$CONSOLE\"; echo 'Back in the shell.'; read -r line; fg; echo 'And out again.'";
    shell.args(["-m", "-c", script]);
    let mut terminal = clinic.start_at_desk(shell, SMALL);
    terminal.sees("[LIVE").sees("NEEDS YOU").is_taken();
    terminal.keys("f").sees("Free rooms >");

    terminal.keys("<ctrl-z>").sees("Back in the shell.");
    terminal.is_restored().misses("Free rooms >");
    // The clinic goes on meanwhile.
    let client = clinic.healthy_client("Nora Field").await?;
    let booked = hands_on("meanwhile", &client, "dartmouth", 0, 0);
    clinic.owner.book_appointment(booked).await?;
    terminal.keys("<enter>").sees("Free rooms >").is_taken();
    terminal.keys("<f5>").sees("Board >").sees("[?] HELD");

    terminal.keys("q").sees("And out again.");
    assert!(terminal.ends().success());
    terminal.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_says_lines_and_paints_nothing() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut command = treadwell(&clinic.home())?;
    command.arg("--plain");
    let mut console = clinic.start_at_desk(command, SMALL);
    console.sees("H3").sees("[ ] VACANT");
    // The last line of the list: all of it is there, however slow the server is.
    console.keys("f").sees("D4       -    [ ] free");
    let mark = console.written();
    console
        .keys("<down>")
        .until("a line with the focus", |screen| {
            screen.contents().matches('>').count() > 1
        });
    let said = console.written_after(mark);
    assert!(
        said.len() < 200,
        "only what is new: {}",
        said.escape_ascii()
    );
    let client = clinic.healthy_client("Nora Field").await?;
    let booked = hands_on("meanwhile", &client, "dartmouth", 0, 0);
    clinic.owner.book_appointment(booked).await?;
    console.keys("<f5>").sees("[?] HELD");
    console.keys("q");
    assert!(console.ends().success());
    console.is_restored();
    // A paste is taken whole, which has to be asked of the terminal; nothing else is.
    let sequences: [&[u8]; 2] = [b"\x1b[?2004h", b"\x1b[?2004l"];
    let written = without(&console.written_after(0), &sequences);
    assert!(
        !written.contains(&0x1b),
        "no escape sequence: {}",
        written.escape_ascii()
    );
    Ok(())
}

/// A booking for now, in H3.
async fn due(clinic: &Clinic, client: &str) -> Result<String> {
    let request = BookAppointmentRequest {
        appointment: Some(Appointment {
            client_id: clinic.healthy_client(client).await?,
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            room_id: "h3".to_owned(),
            start: Some(clinic_day::start(0, 0)),
            ..Appointment::default()
        }),
        ..BookAppointmentRequest::default()
    };
    let booked = clinic.owner.book_appointment(request).await?;
    Ok(booked.appointment.unwrap_or_default().id)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_typed_in_advance_answer_no_question() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    due(&clinic, "Nora Field").await?;
    let mut desk = Desk {
        console: clinic.console(SMALL),
    };
    desk.room("H3");
    desk.console.sees("Nora Field");
    // Whoever types this at once can not have read what would be done. This question opens when the server has answered.
    let asked = "The client did not come.";
    desk.console.keys("Nyyyyyyyy").sees(asked);
    desk.console.keys("<esc>").misses(asked);
    let visit = clinic.appointment_of("Nora Field").await?;
    assert_eq!(visit.state(), AppointmentState::Booked);
    // Once it is on the screen, the answer counts.
    desk.console.keys("N").sees(asked);
    desk.console.keys("y").sees("marked as no-show.");
    let visit = clinic.appointment_of("Nora Field").await?;
    assert_eq!(visit.state(), AppointmentState::NoShow);

    // This one opens at once, so that what was typed with it would be its answer.
    let console = &mut desk.console;
    console.keys("W").sees("walk-in");
    console.go("<down>", "Therapeutic massage 60");
    console.keys("<enter>").sees("[?] HELD until");
    console.keys("<f5>").sees("Board >");
    let asked = "A place is held for";
    console.keys("qyyyyyyyy").sees(asked);
    console.keys("<esc>").misses(asked);
    console.keys("q").sees(asked);
    console.keys("y").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_moves_the_focus_opens_and_can_be_switched_off() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    due(&clinic, "Nora Field").await?;
    let mut console = clinic.console(SMALL);
    console.click(" H5 ").stands_on(">H5");
    console.click(" H3 ").stands_on(">H3").sees("Nora Field");
    // What the footer offers can be clicked as well.
    console.click("Free rooms").sees("Free rooms >");
    console.keys("<f5>").sees("Board >");

    console.keys("<f9>").sees("Mouse off");
    console.until("a mouse that is the terminal's", |screen| {
        screen.mouse_protocol_mode() == MouseProtocolMode::None
    });
    console.keys("<f9>").sees("Mouse on").is_taken();
    console.keys("q").ends();
    console.is_restored();
    Ok(())
}

/// The bytes without these sequences.
fn without(bytes: &[u8], sequences: &[&[u8]]) -> Vec<u8> {
    let mut left = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(sequence) = sequences.iter().find(|sequence| rest.starts_with(sequence)) {
            rest = &rest[sequence.len()..];
        } else {
            left.push(first);
            rest = after;
        }
    }
    left
}
