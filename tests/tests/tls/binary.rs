//! The programs themselves: an authority, a server that speaks TLS, and the command line that calls it.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use treadwell_client::{Client, Options, v1};
use treadwell_tests::process::{self, Folder, ServerProcess, binary, free_address};

/// Runs the command line, and gives what it prints.
fn treadwell(arguments: &[&str]) -> Result<String> {
    let output = Command::new(binary("treadwell")?)
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Waits until the log has this many lines with these words.
fn await_line(log: &Path, words: &str, times: usize) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = fs::read_to_string(log)?;
        if text.matches(words).count() >= times {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("the log does not say {words:?} {times} times: {text}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_made_a_server_speaks_tls_by_it_and_the_command_line_calls_it() -> Result<()>
{
    let folder = Folder::sample(None)?;
    let place = tempfile::tempdir()?;
    let at = |name: &str| place.path().join(name).display().to_string();
    let authority = at("");
    let told = treadwell(&[
        "certificates",
        "init",
        &authority,
        "--name",
        "localhost,127.0.0.1",
        "--client",
        "desk",
    ])?;
    for line in [
        format!("  certificate = \"{}\"", at("localhost.pem")),
        format!("  key = \"{}\"", at("localhost.key")),
        format!("  authority = \"{}\"", at("authority.pem")),
        format!("  client_certificate = \"{}\"", at("desk.pem")),
        "  server = \"https://localhost\"".to_owned(),
    ] {
        assert!(told.lines().any(|told| told == line), "{line} in {told}");
    }
    let again = treadwell(&["certificates", "init", &authority, "--name", "localhost"]);
    let said = again.err().context("it was overwritten")?.to_string();
    assert!(
        said.contains("is there already and is not overwritten"),
        "{said}"
    );

    let address = free_address()?;
    let settings = place.path().join("server.toml");
    fs::write(
        &settings,
        format!(
            "[tls]\ncertificate = {:?}\nkey = {:?}\nclient_authority = {:?}\nrequire_client_certificate = true\n",
            at("localhost.pem"),
            at("localhost.key"),
            at("authority.pem"),
        ),
    )?;
    let mut serve = Command::new(binary("treadwell")?);
    serve
        .arg("serve")
        .arg("--config")
        .arg(&settings)
        .arg("--data")
        .arg(folder.data())
        .args(["--listen", &address.to_string()]);
    let options = Options {
        authority: Some(at("authority.pem").into()),
        identity: Some(treadwell_client::Identity {
            certificate: at("desk.pem").into(),
            key: at("desk.key").into(),
        }),
        ..Options::new(address.to_string(), &folder.owner_key)
    };
    let client = Client::new(options)?;
    let server = ServerProcess::run_until(serve, address, &folder.log(), || async {
        client.get_status(v1::GetStatusRequest {}).await.is_ok()
    })
    .await?;

    let url = format!("https://localhost:{}", address.port());
    let (pem, certificate, key) = (at("authority.pem"), at("desk.pem"), at("desk.key"));
    let mut call = vec![
        "--server",
        &url,
        "--authority",
        &pem,
        "--key",
        &folder.owner_key,
    ];
    let without = treadwell(&[call.as_slice(), &["status"]].concat());
    let said = without.err().context("it was let in")?.to_string();
    assert!(said.contains("certificate of this client"), "{said}");
    call.extend(["--client-certificate", &certificate, "--client-key", &key]);
    let status = treadwell(&[call.as_slice(), &["status"]].concat())?;
    assert!(
        status.contains("Takes changes.") && !status.contains("Warning"),
        "{status}"
    );

    // Renewed, it is taken by itself and when it is asked for.
    treadwell(&["certificates", "renew", &authority, "--name", "localhost"])?;
    await_line(&folder.log(), "the certificate was read anew", 1)?;
    process::send(server.id(), Signal::HUP)?;
    await_line(&folder.log(), "the certificate was read anew", 2)?;
    treadwell(&[call.as_slice(), &["status"]].concat())?;
    ensure!(server.stop()?.success(), "it ends as it should");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_certificate_goes_on_when_it_is_told_to_read_it_anew() -> Result<()> {
    let folder = Folder::sample(None)?;
    let server = ServerProcess::start(&folder, &process::Options::default()).await?;
    process::send(server.id(), Signal::HUP)?;
    await_line(&folder.log(), "there is no certificate to read anew", 1)?;
    let client = Client::new(Options::new(
        server.address().to_string(),
        &folder.owner_key,
    ))?;
    client.get_status(v1::GetStatusRequest {}).await?;
    ensure!(server.stop()?.success(), "it ends as it should");
    Ok(())
}
