//! A display on the wall: which bar rooms are free now, and until when. It survives lost lines and a server that restarts.
//!
//! ```sh
//! TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... cargo run -p treadwell-client --example wallboard
//! ```
//!
//! The key's role is `wallboard`: it sees rooms and states, of clients initials at most. A number as argument ends it after so
//! many changes of the display.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use treadwell_client::{
    Client, Event, Link, Options, WatchOptions,
    v1::{self, ResourceKind, watch_event::Resource},
};

/// The appointments as the watch has told them.
type Appointments = BTreeMap<String, v1::Appointment>;

/// Puts one event into what is known: a whole appointment, or that one is gone (or out of this key's sight).
fn take(known: &mut Appointments, event: v1::WatchEvent) {
    match event.resource {
        Some(Resource::Appointment(appointment)) => {
            known.insert(appointment.id.clone(), appointment);
        }
        Some(Resource::Tombstone(gone)) => {
            known.remove(&gone.id);
        }
        _ => {}
    }
}

/// What is free is the server's to say: planned work, turnover, outages and inspections all count.
async fn line(clinic: &Client, known: &Appointments) -> Result<String> {
    let request = v1::ListFreeRoomsRequest {
        bars: true,
        ..Default::default()
    };
    let mut rooms = Vec::new();
    for room in clinic.list_free_rooms(request).await?.rooms {
        let until = room.free_until.or(room.closes_at).unwrap_or_default();
        let until = Timestamp::from_second(until.seconds)?.strftime("%H:%MZ");
        rooms.push(format!("{} until {until}", room.name));
    }
    let running = known
        .values()
        .filter(|it| it.state() == v1::AppointmentState::InSession)
        .count();
    let rooms = if rooms.is_empty() {
        "none".to_owned()
    } else {
        rooms.join(", ")
    };
    Ok(format!(
        "bar rooms free now: {rooms}; sessions running: {running}"
    ))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut left = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => u64::MAX,
    };
    let clinic = Client::new(Options::from_env()?)?;
    // The watch reconnects by itself and goes on after the last whole commit: nothing is missed, and nothing comes twice.
    let mut watch = clinic.watch(WatchOptions {
        kinds: vec![
            ResourceKind::Room,
            ResourceKind::Appointment,
            ResourceKind::Outage,
        ],
        ..WatchOptions::default()
    });
    let (mut known, mut shown) = (Appointments::new(), String::new());
    while left > 0 {
        match watch.next().await.context("the watch has ended")? {
            // The whole state: it replaces all that came before.
            Event::Snapshot(all) => {
                known.clear();
                all.events.into_iter().for_each(|it| take(&mut known, it));
            }
            Event::Commit(change) => {
                change
                    .events
                    .into_iter()
                    .for_each(|it| take(&mut known, it));
            }
            // Comes after each snapshot and commit, and with each checkpoint, at least every 5 seconds: so the passing of time
            // is seen, too.
            Event::Link(Link::Live { .. }) => {
                // A line that breaks just now is told as the next event.
                let Ok(line) = line(&clinic, &known).await else {
                    continue;
                };
                if line != shown {
                    println!("{line}");
                    shown = line;
                    left -= 1;
                }
            }
            Event::Link(Link::Stale { problem, .. }) => {
                println!("line lost; it comes back by itself: {problem}");
            }
            Event::Link(Link::Connecting { .. }) => {}
            // The key was revoked, or may not watch: trying again does not help.
            Event::Ended(error) => bail!("the server refuses the watch: {error}"),
        }
    }
    Ok(())
}
