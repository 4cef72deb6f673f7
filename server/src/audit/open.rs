//! Opening the trail in a clinic's data folder, and whether it is the one that the clinic's commits knew.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use treadwell_journal::disk::{Disk, RealDisk};
use treadwell_journal::embedded::{self, Embedded};
use treadwell_journal::{Error, Journal};

use super::{Deed, Entry, FOLDER, Ledger, Mark};
use crate::convert::store::commit;
use crate::engine::OpenError;
use crate::keyring::Keyring;

/// Below so much free space nothing is noted any more. It is less than what the clinic's own journal needs, and less than what the ballast
/// gives back: on a full disk nothing is changed, and what is there is still read, which has to be noted.
const WATERMARK_BYTES: u64 = 32 << 20;

/// The trail's segments hold some thousand entries each.
const SEGMENT_BYTES: u64 = 1 << 20;

/// Opens the trail beside the journal of a clinic, which is opened with these options; a store of before there was one begins it.
pub(crate) async fn journal(
    disk: Arc<dyn Disk>,
    data: &Path,
    clinic_id: [u8; 16],
    options: embedded::Options,
) -> Result<Embedded, Error> {
    let folder = data.join(FOLDER);
    let options = embedded::Options {
        segment_bytes: SEGMENT_BYTES,
        group_bytes: SEGMENT_BYTES,
        // The clinic's journal keeps what a start on a full disk needs.
        ballast_bytes: 0,
        watermark_bytes: WATERMARK_BYTES.min(options.watermark_bytes / 4),
        ..options
    };
    let (journal, report) = if Embedded::is_in(&folder) {
        Embedded::open_on(disk, folder, options).await?
    } else {
        Embedded::create_on(disk, folder, clinic_id, options).await?
    };
    if let Some(torn) = &report.torn_tail {
        tracing::warn!(
            after = torn.after,
            file = torn.file,
            "the last entries of the audit trail are not whole and were set aside in audit/quarantine/"
        );
    }
    Ok(journal)
}

/// How far the trail had come as of the newest commit that is known of, if that says so.
pub(crate) async fn known(clinic: &dyn Journal) -> Result<Option<Mark>, OpenError> {
    let newest = clinic.newest().await?;
    let known = newest.as_ref().map(commit::trail_mark).transpose()?;
    Ok(known.flatten())
}

/// Says so, and notes it, when the trail is not the one that the clinic's newest commit knew. The clinic is opened all the same: whoever
/// needs its data today did not remove the trail.
pub(crate) async fn look_for_gap(
    ledger: &Ledger,
    clinic: &dyn Journal,
    now: Timestamp,
) -> Result<(), OpenError> {
    let Some(known) = known(clinic).await? else {
        return Ok(());
    };
    let missing = ledger.missing(&known).await;
    let Some(what) = missing.map_err(OpenError::Trail)? else {
        return Ok(());
    };
    tracing::error!(what, "THE AUDIT TRAIL IS NOT WHOLE");
    ledger.tell(what.clone());
    let gap = Entry {
        at: now,
        key: None,
        address: String::new(),
        deed: Deed::Gap { what },
        more: 0,
    };
    if let Err(why) = ledger.write(vec![gap]).await {
        tracing::error!(%why, "that the audit trail is not whole could not be noted in it");
    }
    Ok(())
}

/// What is wrong with the trail in a folder that no server is using, beside this journal of a clinic.
pub(crate) async fn verify_in(
    data: &Path,
    clinic: &dyn Journal,
    keys: &Arc<Keyring>,
) -> Result<Vec<String>, String> {
    let known = known(clinic).await.map_err(|error| error.to_string())?;
    let folder = data.join(FOLDER);
    if !Embedded::is_in(&folder) {
        let missing = known.filter(|known| known.entries > 0);
        let missing = missing.map(|known| {
            format!(
                "there is no audit trail, and the newest change knew of {} entries",
                known.entries
            )
        });
        return Ok(missing.into_iter().collect());
    }
    let options = embedded::Options::default();
    let journal = match journal(Arc::new(RealDisk), data, [0; 16], options).await {
        Ok(journal) => Arc::new(journal),
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let ledger = Ledger::open(journal, Arc::clone(keys)).await;
    let ledger = ledger.map_err(|error| error.to_string())?;
    let (_, problems) = ledger.verify(known).await?;
    ledger.close().await;
    Ok(problems)
}
