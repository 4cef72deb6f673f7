//! Another program's calendar enters time off: first tried, so that a person sees whom it would hit, and then meant.
//!
//! ```sh
//! TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... \
//!     cargo run -p treadwell-client --example time_off -- roy 2026-10-20T08:00-03:00 2026-10-20T18:00-03:00 course
//! ```
//!
//! The key's role is `manager`. With `--even-if-hit` before the name it is entered although appointments lose their therapist:
//! they are flagged for a person, never cancelled.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use anyhow::{Context, Result};
use jiff::Timestamp;
use treadwell_client::{Client, Options, v1};

fn instant(text: &str) -> Result<prost_types::Timestamp> {
    let at: Timestamp = text
        .parse()
        .with_context(|| format!("{text} is not an instant such as 2026-10-20T08:00-03:00"))?;
    Ok(prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: 0,
    })
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let even_if_hit = arguments.first().is_some_and(|it| it == "--even-if-hit");
    arguments.drain(..usize::from(even_if_hit));
    let [therapist, start, end, reason] = &arguments[..] else {
        anyhow::bail!("usage: time_off [--even-if-hit] THERAPIST START END REASON");
    };
    let clinic = Client::new(Options::from_env()?)?;

    let asked = v1::PutTimeOffRequest {
        write: None,
        time_off: Some(v1::TimeOff {
            therapist_id: therapist.clone(),
            start: Some(instant(start)?),
            end: Some(instant(end)?),
            reason: reason.clone(),
            ..Default::default()
        }),
    };
    // The same request, tried first: it is judged as it would be, and nothing is done.
    let tried = v1::PutTimeOffRequest {
        write: Some(v1::WriteOptions {
            validate_only: true,
            ..Default::default()
        }),
        ..asked.clone()
    };
    let hit = clinic.put_time_off(tried).await?.affected_appointments;
    for appointment in &hit {
        let at = Timestamp::from_second(appointment.start.unwrap_or_default().seconds)?;
        println!("would hit {} at {at}", appointment.client_name);
    }
    if !hit.is_empty() && !even_if_hit {
        println!("nothing was changed");
        return Ok(());
    }
    let entered = clinic.put_time_off(asked).await?;
    let entered_as = entered.time_off.unwrap_or_default().id;
    let flagged = entered.affected_appointment_ids.len();
    println!("entered as {entered_as}; {flagged} flagged for a person");
    Ok(())
}
