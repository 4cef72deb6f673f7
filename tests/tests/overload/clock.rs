//! Clocks that jump by ten years, and the hour that comes twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tonic::Code;
use treadwell_api::v1::{
    AcceptClockRequest, GetStatusRequest, operations_service_client::OperationsServiceClient,
};
use treadwell_server::{
    Handle, Server,
    clock::{Clock, Jumped, TOLERANCE},
    config::Config,
    sample, setup,
};

use crate::{
    clients::{Desk, What},
    table,
};

/// A machine's clock that a test sets: a jump is not believed until somebody accepts it.
#[derive(Debug)]
struct Wall(Mutex<Course>);

#[derive(Debug)]
struct Course {
    says: Timestamp,
    expected: Timestamp,
}

impl Wall {
    fn at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Course {
            says: start,
            expected: start,
        })))
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody sets the clock.
    fn jumps(&self, by: SignedDuration) {
        self.course().says += by;
    }

    /// Time passes.
    fn passes(&self, by: SignedDuration) {
        let mut course = self.course();
        course.says += by;
        course.expected += by;
    }
}

impl Clock for Wall {
    fn read(&self) -> Result<Timestamp, Jumped> {
        let Course { says, expected } = *self.course();
        if says.duration_since(expected).abs() > TOLERANCE {
            return Err(Jumped {
                wall: says,
                expected,
            });
        }
        Ok(says)
    }

    fn accept(&self) -> Timestamp {
        let mut course = self.course();
        course.expected = course.says;
        course.says
    }

    fn resume(&self, newest: Timestamp) {
        let mut course = self.course();
        course.expected = course.expected.max(newest);
    }

    fn is_injected(&self) -> bool {
        false
    }
}

struct Clinic {
    _folder: TempDir,
    server: Handle,
    desk: Desk,
    clock: Arc<Wall>,
}

impl Clinic {
    async fn open(start: Timestamp) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let made = setup::init(&data, None, sample::CLINIC, Some(start)).await?;
        let mut config = Config::new(&data);
        config.listen = "127.0.0.1:0".parse()?;
        // `init` ran a clock of its own, which was a little later at its end.
        let clock = Wall::at(start + SignedDuration::from_mins(1));
        let server = Server::start(config, Some(Arc::clone(&clock) as _)).await?;
        let url = format!("http://{}", server.address());
        let desk = Desk::open(&url, &made.secret, 1).await?;
        Ok(Self {
            _folder: folder,
            server,
            desk,
            clock,
        })
    }

    /// Of so many calls those that are answered, and those that are refused because nothing can be changed.
    async fn calls(&self, what: What, count: u64) -> Result<(u64, u64)> {
        let (mut done, mut refused) = (0, 0);
        for number in 0..count {
            match self.desk.clone().call(what, number << 8).await {
                Ok(()) => done += 1,
                Err(no) if no.code() == Code::Unavailable => refused += 1,
                Err(no) => return Err(no.into()),
            }
        }
        Ok((done, refused))
    }

    fn operations(&self) -> OperationsServiceClient<tonic::transport::Channel> {
        OperationsServiceClient::new(self.desk.channel())
    }

    async fn now(&self) -> Result<i64> {
        let request = self.desk.ask(GetStatusRequest {});
        let status = self.operations().get_status(request).await?.into_inner();
        Ok(status.now.unwrap_or_default().seconds)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_by_ten_years_changes_nothing_until_somebody_accepts_it() -> Result<()> {
    const CALLS: u64 = 20;
    let ten_years = SignedDuration::from_hours(24 * 3_653);
    for (name, jump) in [
        ("ten years ahead", ten_years),
        ("ten years back", -ten_years),
    ] {
        let clinic = Clinic::open(sample::now()).await?;
        ensure!(clinic.calls(What::Change, CALLS).await? == (CALLS, 0));
        let before = clinic.now().await?;
        clinic.clock.jumps(jump);
        let refused = clinic.calls(What::Change, CALLS).await?;
        let read = clinic.calls(What::Board, CALLS).await?;
        let meanwhile = clinic.now().await?;
        // It comes back by itself: as if nothing had been.
        clinic.clock.jumps(-jump);
        let back = clinic.calls(What::Change, CALLS).await?;
        clinic.clock.jumps(jump);
        let accept = clinic.desk.ask(AcceptClockRequest::default());
        clinic.operations().accept_clock(accept).await?;
        let accepted = clinic.calls(What::Change, CALLS).await?;
        let after = clinic.now().await?;
        let good = refused == (0, CALLS)
            && read == (CALLS, 0)
            && meanwhile == before
            && back == (CALLS, 0)
            && accepted == (CALLS, 0)
            && after == before + jump.as_secs();
        table::row(
            &format!("a clock that jumps {name}"),
            format!(
                "{} of {CALLS} changes refused and {} of {CALLS} reads answered until it comes back or is accepted; then {} of {CALLS} done",
                refused.1, read.0, accepted.0
            ),
            "nothing is decided by it",
            good,
        );
        clinic.server.stop().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_that_comes_twice_and_the_one_that_is_missing_are_like_others() -> Result<()> {
    // In Halifax the clock goes back on 1 November 2026 at 05:00 UTC, and forward on 14 March 2027 at 06:00 UTC.
    for (name, before) in [
        ("back", "2026-11-01T03:30:00Z"),
        ("forward", "2027-03-14T04:30:00Z"),
    ] {
        let clinic = Clinic::open(before.parse()?).await?;
        let (mut done, mut last) = (0, clinic.now().await?);
        for _ in 0..16 {
            clinic.clock.passes(SignedDuration::from_mins(15));
            done += clinic.calls(What::Change, 1).await?.0 + clinic.calls(What::Board, 1).await?.0;
            let now = clinic.now().await?;
            ensure!(now == last + 900, "{now} after {last}");
            last = now;
        }
        table::row(
            &format!("the local clock that goes {name} by an hour"),
            format!("{done} of 32 calls done, a quarter of an hour apart across it"),
            "time goes on",
            done == 32,
        );
        clinic.server.stop().await;
    }
    Ok(())
}
