//! The programs of `examples/rust` do what they say, each run as it is built, against a server process. Those in Python are run by
//! `tests/python/test_examples.py`.

#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
};

use anyhow::{Context, Result, ensure};
use treadwell_client::{Client, Options as Calls, v1};
use treadwell_tests::process::{Folder, Options, ServerProcess, example};

/// A Wednesday, 09:07 in Halifax.
const NOW: &str = "2026-10-14T12:07:00Z";

/// The sample clinic, served, with its owner's calls.
struct Clinic {
    folder: Folder,
    server: ServerProcess,
    owner: Client,
}

fn options() -> Options {
    Options {
        clock_start: Some(NOW.to_owned()),
        ..Options::default()
    }
}

impl Clinic {
    async fn open() -> Result<Self> {
        let folder = Folder::sample(Some(NOW))?;
        let server = ServerProcess::start(&folder, &options()).await?;
        let owner = Client::new(Calls::new(server.address().to_string(), &folder.owner_key))?;
        Ok(Self {
            folder,
            server,
            owner,
        })
    }

    /// An example with a key of its own, ready to be started.
    async fn example(&self, name: &str, role: v1::Role) -> Result<Command> {
        let request = v1::CreateKeyRequest {
            key: Some(v1::Key {
                name: format!("Example {name}"),
                role: role.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let key = self.owner.create_key(request).await?;
        let mut command = Command::new(example(name)?);
        command
            .env("TREADWELL_SERVER", self.server.address().to_string())
            .env("TREADWELL_KEY", key.secret)
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Books the first place for hands-on work with Luc Tremblay on Tuesday 20 October.
    async fn book(&self) -> Result<v1::Appointment> {
        let client = v1::CreateClientRequest {
            client: Some(v1::Client {
                name: "Ann Booked".to_owned(),
                phone: "+1 902 555 0100".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let client = self.owner.create_client(client).await?.client;
        let day: jiff::Timestamp = "2026-10-20T03:00:00Z".parse()?;
        let search = v1::SearchAvailabilityRequest {
            site_ids: vec!["halifax".to_owned()],
            service_id: "hands-on-60".to_owned(),
            therapist_id: "tremblay".to_owned(),
            from: Some(treadwell_tests::clinic_day::stamp(day)),
            limit: 1,
            ..Default::default()
        };
        let found = self.owner.search_availability(search).await?.proposals;
        let place = found.into_iter().next().context("a free place")?;
        let request = v1::BookAppointmentRequest {
            appointment: Some(v1::Appointment {
                client_id: client.context("a client")?.id,
                service_id: "hands-on-60".to_owned(),
                site_id: place.site_id,
                room_id: place.room_id,
                therapist_id: place.therapist_id,
                start: place.start,
                ..Default::default()
            }),
            ..Default::default()
        };
        let booked = self.owner.book_appointment(request).await?.appointment;
        booked.context("an appointment")
    }
}

fn printed(output: Output) -> Result<String> {
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {complained}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_books_and_is_told_what_else_there_is() -> Result<()> {
    let clinic = Clinic::open().await?;
    let mut command = clinic
        .example("online_booking", v1::Role::Integration)
        .await?;
    let said = printed(command.output()?)?;
    for words in [
        "screening: Incomplete, 11 questions to be asked\n",
        "refused, REASON_SCREENING_INCOMPLETE: ",
        "booked hands-on-60 2026-10-15T",
        "  instead: 2026-10-15T",
        "and near 2026-10-15T",
        "moved to 2026-10-15T",
        "cancelled, in time\n",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    let left = v1::ListAppointmentsRequest::default();
    let left = clinic.owner.list_appointments(left).await?.appointments;
    let states: Vec<_> = left.iter().map(v1::Appointment::state).collect();
    assert_eq!(states, [v1::AppointmentState::Cancelled; 2]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn time_off_says_whom_it_would_hit_before_it_is_entered() -> Result<()> {
    let clinic = Clinic::open().await?;
    let booked = clinic.book().await?;
    let span = ["2026-10-20T07:00-03:00", "2026-10-20T18:00-03:00", "course"];
    let mut tried = clinic.example("time_off", v1::Role::Manager).await?;
    let said = printed(tried.arg("tremblay").args(span).output()?)?;
    assert!(
        said.starts_with("would hit Ann Booked at 2026-10-20T"),
        "{said}"
    );
    assert!(said.ends_with("nothing was changed\n"), "{said}");
    let get = v1::GetAppointmentRequest {
        appointment_id: booked.id,
    };
    let is_off_shift = |answer: v1::GetAppointmentResponse| {
        let flags = answer.appointment.unwrap_or_default().flags;
        flags.iter().any(|it| it.kind() == v1::FlagKind::OffShift)
    };
    let before = clinic.owner.get_appointment(get.clone()).await?;
    assert!(!is_off_shift(before), "it was only tried");
    let mut meant = clinic.example("time_off", v1::Role::Manager).await?;
    meant.args(["--even-if-hit", "tremblay"]).args(span);
    let said = printed(meant.output()?)?;
    assert!(said.ends_with("; 1 flagged for a person\n"), "{said}");
    assert!(is_off_shift(clinic.owner.get_appointment(get).await?));
    Ok(())
}

/// A running display, ended when this is dropped.
struct Display {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Display {
    fn open(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
        Ok(Self { child, lines })
    }

    /// The next line that begins so. It ends with the display, which ends when its line to the server says nothing more.
    fn until(&mut self, begin: &str) -> Result<String> {
        for line in self.lines.by_ref() {
            let line = line?;
            if line.starts_with(begin) {
                return Ok(line);
            }
        }
        anyhow::bail!("the display ended without a line that begins with {begin}")
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallboard_goes_on_after_a_server_was_killed() -> Result<()> {
    let clinic = Clinic::open().await?;
    let mut command = clinic.example("wallboard", v1::Role::Wallboard).await?;
    command.arg("2");
    let mut display = Display::open(command)?;
    let free = display.until("bar rooms free now: ")?;
    assert!(free.contains("H1 until "), "{free}");
    let address = clinic.server.address();
    clinic.server.kill()?;
    display.until("line lost; it comes back by itself: ")?;
    let again = Options {
        address: Some(address),
        ..options()
    };
    let _server = ServerProcess::start(&clinic.folder, &again).await?;
    let out = v1::OpenOutageRequest {
        outage: Some(v1::Outage {
            room_id: "h1".to_owned(),
            support_only: true,
            reason: "loose bolt".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    clinic.owner.open_outage(out).await?;
    let free = display.until("bar rooms free now: ")?;
    assert!(!free.contains("H1"), "{free}");
    assert!(display.child.wait()?.success(), "it ends after two changes");
    Ok(())
}
