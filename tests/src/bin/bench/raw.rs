//! The limit that bookings are measured beside: appending the same bytes to a preallocated file on the same disk, with one
//! `fdatasync` a group, and nothing else.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

/// As large as a segment of the journal.
const SEGMENT_BYTES: usize = 64 * 1024 * 1024;

/// Commits a second when every group holds `group` commits of `bytes` bytes each; the median of three runs.
pub(crate) fn appends_per_second(
    folder: &Path,
    group: usize,
    bytes: usize,
    length: Duration,
) -> Result<f64> {
    let mut rates = Vec::new();
    for _ in 0..3 {
        rates.push(run(folder, group, bytes, length)?);
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates[1])
}

fn run(folder: &Path, group: usize, bytes: usize, length: Duration) -> Result<f64> {
    let mut file = preallocated(folder)?;
    let frame = vec![0xA5_u8; group * bytes];
    let began = Instant::now();
    let mut written = 0;
    let mut commits = 0_u32;
    while began.elapsed() < length {
        if written + frame.len() > SEGMENT_BYTES {
            file.seek(SeekFrom::Start(0))?;
            written = 0;
        }
        file.write_all(&frame)?;
        file.sync_data()?;
        written += frame.len();
        commits += u32::try_from(group)?;
    }
    Ok(f64::from(commits) / began.elapsed().as_secs_f64())
}

/// A file whose blocks are written already, so that an append changes no metadata of the file system.
fn preallocated(folder: &Path) -> Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    let zeros = vec![0_u8; 1024 * 1024];
    for _ in 0..SEGMENT_BYTES / zeros.len() {
        file.write_all(&zeros)?;
    }
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}
