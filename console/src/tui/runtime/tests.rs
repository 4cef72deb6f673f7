//! The loop of the console, on a terminal that is nobody's.

use std::{io, time::Duration};

use crossterm::event::Event as TerminalEvent;
use futures::{StreamExt as _, stream};
use treadwell_client::{Client, Options, Retry};

use super::{Input, Runtime, Terminal, perform::present};
use crate::tui::{
    dialogs::Dialog,
    event::{Event, Purpose},
    keys::Chord,
    locked::{Came, Shown},
    sample,
    theme::Theme,
};

/// A console in front of a server that is not there.
fn runtime(input: Input) -> Runtime {
    let size = (80, 24);
    let options = Options::new("127.0.0.1:1", "tw_nobody");
    let client = Client::new(options.clone()).expect("an address and a key");
    let output = Terminal::detached(Box::new(io::sink()), size).expect("nothing can fail");
    let model = sample::model(size, Theme::Sixteen);
    Runtime::new(model, output, input, client, options)
}

async fn run(runtime: &mut Runtime) -> anyhow::Result<()> {
    let run = Box::pin(runtime.run());
    tokio::time::timeout(Duration::from_secs(20), run)
        .await
        .expect("the console leaves")
}

#[tokio::test]
async fn the_console_leaves_when_a_part_of_it_panics() {
    let mut runtime = runtime(Box::pin(stream::pending()));
    runtime.tasks.spawn(async { panic!("as a test wants it") });
    assert!(run(&mut runtime).await.is_err());
}

#[tokio::test]
async fn the_console_leaves_when_a_panic_elsewhere_has_given_the_terminal_back() {
    let mut runtime = runtime(Box::pin(stream::pending()));
    runtime.output.lost().notify_one();
    assert!(run(&mut runtime).await.is_err());
}

#[tokio::test]
async fn a_call_that_ends_leaves_the_console_alone() {
    let quit = Chord::parse("q").expect("a key").event();
    let late = stream::once(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(TerminalEvent::Key(quit))
    });
    let mut runtime = runtime(Box::pin(late.chain(stream::pending())));
    runtime.tasks.spawn(async {});
    assert!(run(&mut runtime).await.is_ok());
}

/// What was typed before a dialog was there to be seen was not meant for it; the console ends with its input.
#[tokio::test]
async fn type_ahead_is_dropped_when_a_dialog_opens() {
    let typed = ["x", "tab", "tab", "l", "e", "a", "k"].map(|key| {
        let event = Chord::parse(key).expect("a key").event();
        Ok(TerminalEvent::Key(event))
    });
    let mut ahead = runtime(Box::pin(stream::iter(typed)));
    run(&mut ahead).await.expect("it leaves");
    let Some(Dialog::Form(form)) = &ahead.model.dialog else {
        panic!("{:?}", ahead.model.dialog);
    };
    assert_eq!(form.at, 0, "neither Tab nor letters have reached it");
}

/// What a task of the person before has said, and nobody has heard yet, may name what the next one must not see.
#[tokio::test]
async fn what_was_said_to_the_person_before_is_not_heard_by_the_next() {
    let mut runtime = runtime(Box::pin(stream::pending()));
    let late = Event::Exported(Purpose::Export, Ok("Bea Client's record".to_owned()));
    runtime.send.send(late).await.expect("there is room");
    runtime.sign_in("tw_another".to_owned());
    assert!(runtime.events.try_recv().is_err());
    runtime
        .send
        .send(Event::Changed(7))
        .await
        .expect("a new line");
    assert!(matches!(runtime.events.try_recv(), Ok(Event::Changed(7))));
}

#[tokio::test]
async fn the_key_that_is_used_opens_without_asking_unless_it_has_to_be_asked_about() {
    let options = Options {
        retry: Retry::NEVER,
        ..Options::new("127.0.0.1:1", "tw_mine")
    };
    for ask in [false, true] {
        let shown = Shown {
            name: String::new(),
            secret: "tw_mine".to_owned(),
            ask,
        };
        let came = Box::pin(present(options.clone(), shown)).await;
        assert_eq!(matches!(came, Ok(Came::SameKey)), !ask, "{came:?}");
    }
}
