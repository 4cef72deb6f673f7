//! Starting and leaving: by key, by signal, by a panic; and the demo. The terminal is given back each time.

use std::process::{Command, Stdio};

use anyhow::Result;
use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use treadwell_console::tui;
use treadwell_tests::{process::binary, terminal::Terminal};

use crate::clinic::{Clinic, MORNING, SMALL, treadwell};

#[tokio::test(flavor = "multi_thread")]
async fn every_way_out_gives_the_terminal_back() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    for way in ["q", "<ctrl-c>"] {
        let mut console = clinic.console(SMALL);
        console.is_taken().sees("Front desk");
        let status = console.keys(way).ends();
        assert!(status.success(), "{way}: {status:?}");
        console.is_restored();
    }
    for way in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut console = clinic.console(SMALL);
        console.is_taken().signal(way)?;
        let status = console.ends();
        assert!(status.success(), "{way:?}: {status:?}");
        console.is_restored();
    }
    Ok(())
}

#[test]
fn a_panic_is_told_on_a_terminal_that_is_given_back() -> Result<()> {
    let mut command = CommandBuilder::new(std::env::current_exe()?);
    command.args([
        "--exact",
        "leave::a_console_that_panics",
        "--ignored",
        "--nocapture",
    ]);
    command.env("TERM", "xterm-256color");
    // A backtrace would scroll the screen away, message and all.
    command.env("RUST_BACKTRACE", "0");
    let mut console = Terminal::start(command, SMALL)?;
    console
        .sees("Waiting for the server")
        .is_taken()
        .signal(Signal::USR1)?;
    let status = console.ends();
    assert!(!status.success(), "a panic is no success");
    console.is_restored().sees("told to panic");
    Ok(())
}

/// Not a test of its own: what the test above runs in a terminal.
#[test]
#[ignore = "runs in the terminal of another test"]
fn a_console_that_panics() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Nobody listens on the discard port of this machine.
    let client = treadwell_client::Options::new("127.0.0.1:9", format!("tw_{}", "A".repeat(43)));
    let options = tui::Options {
        client,
        theme: tui::Theme::default(),
        site: None,
        keys: std::collections::BTreeMap::new(),
        mouse: true,
        lock_after: None,
        lock_at_start: false,
        plain: false,
    };
    runtime.block_on(async {
        let mut told = signal(SignalKind::user_defined1())?;
        tokio::select! {
            left = tui::run(options) => left,
            _ = told.recv() => panic!("told to panic"),
        }
    })
}

#[test]
fn a_demo_goes_on_where_the_last_one_was_left() -> Result<()> {
    let place = TempDir::with_prefix("treadwell-demo-")?;
    let data = place.path().join("demo");
    let printed = || -> Result<String> {
        let output = Command::new(binary("treadwell")?)
            .args(["demo", "--data"])
            .arg(&data)
            .stdin(Stdio::null())
            .output()?;
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {complained}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    };
    let first = printed()?;
    for word in [
        "HALIFAX",
        "DARTMOUTH",
        "IN SESSION",
        "TURNOVER",
        "OUT",
        "HELD",
        "OVER",
        "VACANT",
    ] {
        assert!(first.contains(word), "no {word} in:\n{first}");
    }
    assert!(!first.contains('\u{1b}'), "no terminal, no escapes");
    assert!(first.contains("3/5"), "{first}");

    let mut command = treadwell(place.path())?;
    command.args(["demo", "--data"]);
    command.arg(&data);
    let mut console = Terminal::start(command, SMALL)?;
    console
        .sees("HALIFAX")
        .sees("DARTMOUTH")
        .sees("[LIVE")
        .sees("3/5");
    console.keys("t").sees("[~] H2").sees("3 of 5");
    console.keys("<space>").sees("4 of 5");
    let status = console.keys("q").ends();
    assert!(status.success(), "{status:?}");
    console.is_restored();

    let second = printed()?;
    assert!(second.contains("4/5"), "what was ticked is kept:\n{second}");
    Ok(())
}
