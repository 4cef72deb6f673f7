//! What was noted since the newest change, vouched for without waiting for the next one: every ten minutes, and at the stop.

use std::time::Duration;

use tokio::sync::watch;
use treadwell_clinic::{Actor, Command};

use super::Ledger;
use crate::condition::stopped;
use crate::engine::{Engine, Write};

/// For so long what was noted may be vouched for by no commit. In a clinic at work the next change is there much sooner.
const WITHIN: Duration = Duration::from_mins(10);

/// Has the clinic vouch for the trail again and again, until the server stops.
pub(crate) async fn keep_up(ledger: Ledger, engine: Engine, mut stopping: watch::Receiver<bool>) {
    let mut failing = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(WITHIN) => {}
            () = stopped(&mut stopping) => return,
        }
        let vouched = once(&ledger, &engine).await;
        let was_failing = std::mem::replace(&mut failing, vouched.is_err());
        // On a full disk it fails each time.
        if let Err(why) = vouched
            && !was_failing
        {
            tracing::warn!(
                why,
                "no commit vouches for the newest entries of the audit trail yet; it is tried again"
            );
        }
    }
}

/// Makes a commit that changes nothing, and so vouches for the trail, when the newest one knows another end of it. The error is a sentence.
pub(crate) async fn once(ledger: &Ledger, engine: &Engine) -> Result<(), String> {
    let known = engine.history().trail_mark().await;
    let known = known.map_err(|error| error.to_string())?;
    // Not by their number alone: a trail that was removed and begun anew is shorter.
    if known.unwrap_or_default() == *ledger.mark().borrow() {
        return Ok(());
    }
    let nothing = Command::Rewrite(Vec::new());
    let written = engine.submit(Actor::system(), nothing, Write::default());
    written.await.map(drop).map_err(|error| error.to_string())
}
