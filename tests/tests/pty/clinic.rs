//! A clinic with its server, and consoles at its front desk.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use portable_pty::CommandBuilder;
use treadwell_api::v1::{
    Answer, AnswerKind, Appointment, CreateKeyRequest, GetCatalogRequest, Key,
    ListAppointmentsRequest, RecordDeclarationRequest, Role, WhoAmIRequest,
};
use treadwell_client::Client;
use treadwell_tests::{
    clinic_day::{self, BEGINS, named, once},
    process::{Folder, Options, ServerProcess, binary},
    terminal::Terminal,
};

/// The size that everything must fit in.
pub(crate) const SMALL: (u16, u16) = (80, 24);
/// Nine o'clock in Halifax on the first working day: both sites are open.
pub(crate) const MORNING: &str = "2026-10-13T12:00:00Z";

/// The sample clinic with a server on it.
pub(crate) struct Clinic {
    folder: Folder,
    server: Option<ServerProcess>,
    address: SocketAddr,
    /// The owner, over the API.
    pub(crate) owner: Client,
    desk_key: String,
}

impl Clinic {
    /// A new clinic whose time is `now`.
    pub(crate) async fn open(now: &str) -> Result<Self> {
        let folder = Folder::sample(Some(BEGINS))?;
        let server = ServerProcess::start(&folder, &at(now, None)).await?;
        let owner = once(&server, &folder.owner_key)?;
        let made = owner
            .create_key(CreateKeyRequest {
                write: named("front desk"),
                key: Some(Key {
                    name: "Front desk".to_owned(),
                    role: Role::FrontDesk.into(),
                    ..Key::default()
                }),
            })
            .await?;
        Ok(Self {
            folder,
            address: server.address(),
            server: Some(server),
            owner,
            desk_key: made.secret,
        })
    }

    /// The server dies as by a power switch.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.server.take().context("the server runs")?.kill()
    }

    /// The server is back at its address, at `now`.
    pub(crate) async fn start(&mut self, now: &str) -> Result<()> {
        let options = at(now, Some(self.address));
        self.server = Some(ServerProcess::start(&self.folder, &options).await?);
        Ok(())
    }

    /// A place for the settings of programs at the desk.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.data()
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A key for a program.
    pub(crate) async fn integration_key(&self, name: &str) -> Result<String> {
        self.key(name, Role::Integration).await
    }

    /// A key; gives its secret.
    pub(crate) async fn key(&self, name: &str, role: Role) -> Result<String> {
        let key = Key {
            name: name.to_owned(),
            role: role.into(),
            ..Key::default()
        };
        let request = CreateKeyRequest {
            write: named(name),
            key: Some(key),
        };
        Ok(self.owner.create_key(request).await?.secret)
    }

    /// The secret of the key that the desk uses.
    pub(crate) fn desk_secret(&self) -> &str {
        &self.desk_key
    }

    /// The id of the key that the desk uses.
    pub(crate) async fn desk_key(&self) -> Result<String> {
        let desk = Client::new(treadwell_client::Options::new(
            self.address.to_string(),
            self.desk_key.as_str(),
        ))?;
        let me = desk.who_am_i(WhoAmIRequest {}).await?;
        Ok(me.key.unwrap_or_default().id)
    }

    /// A console at the front desk, showing the board.
    #[track_caller]
    pub(crate) fn console(&self, size: (u16, u16)) -> Terminal {
        let terminal = self.console_with(size, &[]);
        terminal.sees("[LIVE").sees("HALIFAX").sees("NEEDS YOU");
        terminal
    }

    /// A console at the front desk, with more in its environment.
    #[track_caller]
    pub(crate) fn console_with(&self, size: (u16, u16), environment: &[(&str, &str)]) -> Terminal {
        let mut command = treadwell(&self.home()).expect("the console is built");
        for (name, value) in environment {
            command.env(name, value);
        }
        self.start_at_desk(command, size)
    }

    /// Any program at the front desk: what it starts finds the server, the desk's key and its site.
    #[track_caller]
    pub(crate) fn start_at_desk(&self, mut command: CommandBuilder, size: (u16, u16)) -> Terminal {
        command.env("TREADWELL_SERVER", self.address.to_string());
        command.env("TREADWELL_KEY", &self.desk_key);
        command.env("TREADWELL_SITE", "halifax");
        Terminal::start(command, size).expect("a program in a terminal")
    }

    /// A client whose answers exclude nothing.
    pub(crate) async fn healthy_client(&self, name: &str) -> Result<String> {
        let client_id = clinic_day::client(&self.owner, name).await?;
        self.declare_healthy(&client_id).await?;
        Ok(client_id)
    }

    /// The client answers every question with no.
    pub(crate) async fn declare_healthy(&self, client_id: &str) -> Result<()> {
        let catalog = self.owner.get_catalog(GetCatalogRequest {}).await?;
        let rules = catalog.rule_sets.iter().flat_map(|set| &set.rules);
        let mut conditions: Vec<String> = rules.map(|rule| rule.condition_id.clone()).collect();
        conditions.sort();
        conditions.dedup();
        let no = |condition_id| Answer {
            condition_id,
            kind: AnswerKind::No.into(),
            ..Answer::default()
        };
        self.owner
            .record_declaration(RecordDeclarationRequest {
                write: named(format!("answers of {client_id}")),
                client_id: client_id.to_owned(),
                answers: conditions.into_iter().map(no).collect(),
                replace: false,
            })
            .await?;
        Ok(())
    }

    /// Every appointment there is.
    pub(crate) async fn appointments(&self) -> Result<Vec<Appointment>> {
        let request = ListAppointmentsRequest {
            page_size: 500,
            ..ListAppointmentsRequest::default()
        };
        Ok(self.owner.list_appointments(request).await?.appointments)
    }

    /// The only appointment of the client with this name.
    pub(crate) async fn appointment_of(&self, name: &str) -> Result<Appointment> {
        let mut found = self.appointments().await?;
        found.retain(|visit| visit.client_name == name);
        anyhow::ensure!(found.len() == 1, "{name} has {} appointments", found.len());
        found.pop().context("one was counted")
    }
}

fn at(now: &str, address: Option<SocketAddr>) -> Options {
    Options {
        address,
        clock_start: Some(now.to_owned()),
        flags: Vec::new(),
    }
}

/// The console's binary in an environment of its own: nothing of the machine's settings reaches it.
pub(crate) fn treadwell(home: &Path) -> Result<CommandBuilder> {
    Ok(alone(CommandBuilder::new(binary("treadwell")?), home))
}

/// A program in an environment of its own.
pub(crate) fn alone(mut command: CommandBuilder, home: &Path) -> CommandBuilder {
    command.env_clear();
    command.env("HOME", home);
    command.env("TERM", "xterm-256color");
    command
}
