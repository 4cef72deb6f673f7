//! The encrypted link, over real sockets: who is let in, who is told what, and certificates that change under way.

mod binary;

use std::{fs, net::SocketAddr, path::PathBuf, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use treadwell_client::{Class, Client, Error, Event, Identity, Link, Options, WatchOptions, v1};
use treadwell_server::{
    Handle, Server, StartError,
    certificates::{self, Party, Wanted},
    clock::{Clock as _, Injected, System},
    config, sample, setup,
};
use treadwell_tests::process;

/// Longer than anything here may take.
const LONG: Duration = Duration::from_secs(20);

/// An authority's folder with certificates for a server here and for a client, made a while ago.
struct Authority(TempDir);

impl Authority {
    fn new(days_ago: i64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let one = |party, names: &[&str]| Wanted {
            party,
            names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        let wanted = [
            one(Party::Server, &["localhost", "127.0.0.1"]),
            one(Party::Server, &["halifax.example"]),
            one(Party::Client, &["desk"]),
        ];
        let made = now() - SignedDuration::from_hours(days_ago * 24);
        certificates::init(folder.path(), &wanted, made)?;
        Ok(Self(folder))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn pem(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// A server's settings with the certificate of that name.
    fn server(&self, name: &str) -> config::Tls {
        config::Tls {
            certificate: self.file(&format!("{name}.pem")),
            key: self.file(&format!("{name}.key")),
            client_authority: None,
            require_client_certificate: false,
        }
    }

    fn identity(&self, name: &str) -> Identity {
        Identity {
            certificate: self.file(&format!("{name}.pem")),
            key: self.file(&format!("{name}.key")),
        }
    }
}

/// By the machine's clock, which certificates are judged by.
fn now() -> Timestamp {
    System::new().now()
}

/// A server of the sample clinic in this process.
struct Clinic {
    _folder: TempDir,
    key: String,
    server: Handle,
}

impl Clinic {
    async fn new(tls: Option<config::Tls>) -> Result<Self> {
        Self::with(|config| config.tls = tls).await
    }

    async fn with(change: impl FnOnce(&mut config::Config)) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let made = setup::init(&data, None, sample::CLINIC, Some(sample::now())).await?;
        let mut config = config::Config::new(data);
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        change(&mut config);
        let clock = Arc::new(Injected::standing(sample::now()));
        let server = Server::start(config, Some(clock)).await?;
        Ok(Self {
            _folder: folder,
            key: made.secret,
            server,
        })
    }

    fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// What a client is made with that calls it at this host.
    fn at(&self, host: &str) -> Options {
        Options::new(format!("{host}:{}", self.port()), &self.key)
    }

    /// The same over an encrypted link, judged by this authority.
    fn encrypted(&self, host: &str, authority: &Authority) -> Options {
        Options {
            authority: Some(authority.pem()),
            ..self.at(host)
        }
    }

    async fn warnings(&self, options: Options) -> Result<Vec<String>> {
        let client = Client::new(options)?;
        Ok(client.get_status(v1::GetStatusRequest {}).await?.warnings)
    }
}

async fn ask(options: Options) -> Result<v1::WhoAmIResponse, Error> {
    let client = Client::new(options).expect("the options are good");
    client.who_am_i(v1::WhoAmIRequest {}).await
}

/// The sentence that a client says of a link that can not be made safe.
async fn unsafe_link(options: Options) -> Result<String> {
    let begun = Instant::now();
    let Err(error) = ask(options).await else {
        bail!("it was let in");
    };
    assert!(
        matches!(
            error,
            Error::Unreachable {
                unsafe_link: true,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(3), "at once: {error}");
    Ok(error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_takes_server_key_and_authority_from_the_environment() -> Result<()> {
    let authority = Authority::new(0)?;
    let clinic = Clinic::new(Some(authority.server("localhost"))).await?;
    let mut program = Command::new(process::example("time_off")?);
    let (from, until) = ("2026-10-20T08:00-03:00", "2026-10-20T18:00-03:00");
    program
        .args(["--even-if-hit", "roy", from, until, "course"])
        .env("TREADWELL_SERVER", format!("localhost:{}", clinic.port()))
        .env("TREADWELL_KEY", &clinic.key)
        .env("TREADWELL_AUTHORITY", authority.pem());
    let done = program.output()?;
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(said.contains("entered as off-"), "{done:?}");
    let nobodys = program.env_remove("TREADWELL_KEY").output()?;
    let said = String::from_utf8_lossy(&nobodys.stderr);
    assert!(said.contains("TREADWELL_KEY is not set"), "{nobodys:?}");
    Ok(())
}

#[tokio::test]
async fn whoever_has_the_authority_is_let_in_and_others_are_told_what_to_do() -> Result<()> {
    let (authority, stranger) = (Authority::new(0)?, Authority::new(0)?);
    let clinic = Clinic::new(Some(authority.server("localhost"))).await?;
    for host in ["localhost", "127.0.0.1", "https://localhost"] {
        ask(clinic.encrypted(host, &authority)).await?;
    }
    let said = unsafe_link(clinic.encrypted("localhost", &stranger)).await?;
    assert!(
        said.contains("was not made by the authority that is given"),
        "{said}"
    );
    let said = unsafe_link(clinic.at("127.0.0.1")).await?;
    assert!(
        said.contains("it speaks TLS only; call it by https://"),
        "{said}"
    );

    let elsewhere = Clinic::new(Some(authority.server("halifax.example"))).await?;
    let said = unsafe_link(elsewhere.encrypted("localhost", &authority)).await?;
    assert!(
        said.ends_with("its certificate is for halifax.example; call it by that name"),
        "{said}"
    );

    let old = Authority::new(400)?;
    let expired = Clinic::new(Some(old.server("localhost"))).await?;
    let said = unsafe_link(expired.encrypted("localhost", &old)).await?;
    assert!(
        said.contains("the time of its certificate is over"),
        "{said}"
    );

    let plain = Clinic::new(None).await?;
    let said = unsafe_link(plain.encrypted("localhost", &authority)).await?;
    assert!(
        said.ends_with("it speaks no TLS; call it by http://"),
        "{said}"
    );
    ask(plain.encrypted("http://localhost", &authority)).await?;
    Ok(())
}

/// A client whose certificate is not good is told so, whether the server's alert reaches it in time or only the end of the connection.
async fn turned_away(options: Options) -> Result<()> {
    let error = ask(options).await.err().context("it was let in")?;
    assert_eq!(error.class(), Class::Unreachable);
    let said = error.to_string();
    assert!(said.contains("certificate of this client"), "{said}");
    Ok(())
}

#[tokio::test]
async fn clients_show_certificates_where_they_are_asked_for() -> Result<()> {
    let (authority, stranger) = (Authority::new(0)?, Authority::new(0)?);
    let asking = |require| config::Tls {
        client_authority: Some(authority.pem()),
        require_client_certificate: require,
        ..authority.server("localhost")
    };
    let strict = Clinic::new(Some(asking(true))).await?;
    let lenient = Clinic::new(Some(asking(false))).await?;
    let with = |clinic: &Clinic, identity| Options {
        identity,
        ..clinic.encrypted("localhost", &authority)
    };
    for clinic in [&strict, &lenient] {
        ask(with(clinic, Some(authority.identity("desk")))).await?;
        // Of another authority, and one that says who a server is.
        for bad in [stranger.identity("desk"), authority.identity("localhost")] {
            turned_away(with(clinic, Some(bad))).await?;
        }
    }
    turned_away(with(&strict, None)).await?;
    ask(with(&lenient, None)).await?;
    Ok(())
}

/// Copies a certificate and its key to where the server looks for them, and waits until clients of that authority are let in.
async fn replace(clinic: &Clinic, to: &config::Tls, from: &Authority) -> Result<()> {
    let new = from.server("localhost");
    fs::copy(new.certificate, &to.certificate)?;
    fs::copy(new.key, &to.key)?;
    let deadline = Instant::now() + LONG;
    while let Err(error) = ask(clinic.encrypted("localhost", from)).await {
        if Instant::now() > deadline {
            bail!("the server does not take the new certificate: {error}");
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_replaced_under_open_watches_and_a_mistake_keeps_the_old_one() -> Result<()>
{
    let (first, second) = (Authority::new(0)?, Authority::new(0)?);
    let files = first.server("localhost");
    let clinic = Clinic::new(Some(files.clone())).await?;
    let client = Client::new(clinic.encrypted("localhost", &first))?;
    let mut watch = client.watch(WatchOptions::default());
    while !matches!(
        timeout(LONG, watch.next())
            .await?
            .context("the watch ended")?,
        Event::Snapshot(_)
    ) {}

    replace(&clinic, &files, &second).await?;
    let late = unsafe_link(clinic.encrypted("localhost", &first)).await?;
    assert!(late.contains("was not made by the authority"), "{late}");

    // The watch goes on over the connection that it has, as does its client.
    let new = v1::Client {
        name: "Ada Weir".to_owned(),
        ..v1::Client::default()
    };
    let request = v1::CreateClientRequest {
        client: Some(new),
        ..v1::CreateClientRequest::default()
    };
    let made = client.create_client(request).await?;
    loop {
        match timeout(LONG, watch.next())
            .await?
            .context("the watch ended")?
        {
            Event::Commit(change) if change.revision >= made.revision => break,
            Event::Link(Link::Stale { problem, .. }) => bail!("the link was lost: {problem}"),
            Event::Ended(error) => bail!("the watch ended: {error}"),
            _ => {}
        }
    }

    let there = || clinic.encrypted("localhost", &second);
    assert_eq!(clinic.warnings(there()).await?, [""; 0]);
    fs::write(&files.certificate, "no certificate")?;
    let deadline = Instant::now() + LONG;
    let said = loop {
        if let Some(said) = clinic.warnings(there()).await?.pop() {
            break said;
        }
        anyhow::ensure!(Instant::now() < deadline, "nothing is said of the mistake");
        sleep(Duration::from_millis(50)).await;
    };
    assert!(
        said.starts_with("the old certificate stays in use"),
        "{said}"
    );
    ask(there()).await?;
    let third = Authority::new(0)?;
    replace(&clinic, &files, &third).await?;
    assert_eq!(
        clinic
            .warnings(clinic.encrypted("localhost", &third))
            .await?,
        [""; 0]
    );
    Ok(())
}

#[tokio::test]
async fn whoever_begins_a_handshake_and_stops_holds_nobody_up_and_is_closed() -> Result<()> {
    let authority = Authority::new(0)?;
    let clinic = Clinic::with(|config| {
        config.tls = Some(authority.server("localhost"));
        config.connections = 4;
    })
    .await?;
    let mut stalled = Vec::new();
    for at in 0..300 {
        let tcp = TcpStream::connect(clinic.server.address()).await?;
        if at % 2 == 0 {
            tcp.writable().await?;
            tcp.try_write(&[22, 3, 1])?;
        }
        stalled.push(tcp);
    }
    let begun = Instant::now();
    ask(clinic.encrypted("127.0.0.1", &authority)).await?;
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    for mut tcp in stalled {
        let mut rest = Vec::new();
        // A reset is a close, too.
        let _ = timeout(LONG, tcp.read_to_end(&mut rest)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn plaintext_is_not_spoken_beyond_this_machine_unless_it_is_asked_for_by_name() -> Result<()>
{
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Clinic::with(|config| config.listen = everywhere).await;
    let error = refused.err().context("it serves")?;
    assert!(
        matches!(error.downcast_ref(), Some(StartError::Transport(_))),
        "{error:?}"
    );
    let said = error.to_string();
    assert!(
        said.contains("0.0.0.0") && said.contains("--allow-plaintext-beyond-loopback"),
        "{said}"
    );

    let open = Clinic::with(|config| {
        config.listen = everywhere;
        config.allow_plaintext_beyond_loopback = true;
    })
    .await?;
    let said = open.warnings(open.at("127.0.0.1")).await?;
    assert!(
        said.len() == 1 && said[0].contains("the server speaks plaintext on 0.0.0.0"),
        "{said:?}"
    );
    // Those who do not run the clinic can not see to it.
    let key = v1::Key {
        name: "Board".to_owned(),
        role: v1::Role::Wallboard.into(),
        ..v1::Key::default()
    };
    let request = v1::CreateKeyRequest {
        key: Some(key),
        ..v1::CreateKeyRequest::default()
    };
    let made = Client::new(open.at("127.0.0.1"))?
        .create_key(request)
        .await?;
    let board = Options {
        key: made.secret,
        ..open.at("127.0.0.1")
    };
    assert_eq!(open.warnings(board).await?, [""; 0]);

    let authority = Authority::new(0)?;
    let safe = Clinic::with(|config| {
        config.listen = everywhere;
        config.tls = Some(authority.server("localhost"));
    })
    .await?;
    assert_eq!(
        safe.warnings(safe.encrypted("localhost", &authority))
            .await?,
        [""; 0]
    );
    Ok(())
}
