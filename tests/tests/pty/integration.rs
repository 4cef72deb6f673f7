//! The independent client in Python (`tests/python/day_client.py`) as a process beside the console.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use treadwell_tests::root;

/// A running integration. Dropping it ends it.
pub(crate) struct Integration {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Integration {
    /// Starts it with a key of its own; none where this machine has no Python environment, which in CI is an error.
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    pub(crate) fn start(address: SocketAddr, key: &str) -> Result<Option<Self>> {
        let python = python();
        if !python.is_file() {
            let missing = format!(
                "{} is missing (`cargo xtask test` makes it)",
                python.display()
            );
            if env::var_os("CI").is_some() {
                bail!(missing);
            }
            eprintln!("SKIPPED: {missing}");
            return Ok(None);
        }
        let mut child = Command::new(python)
            .arg(root().join("tests/python/day_client.py"))
            .arg(address.to_string())
            .env("TREADWELL_KEY", key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take().context("its input is a pipe")?;
        let answers = child.stdout.take().context("its output is a pipe")?;
        Ok(Some(Self {
            child,
            requests,
            answers: BufReader::new(answers),
        }))
    }

    /// Asks for something; the answer comes while others do other things.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<()> {
        writeln!(self.requests, "{request}")?;
        Ok(self.requests.flush()?)
    }

    /// The answer to what was asked first of what is not answered yet.
    pub(crate) fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("the Python client has ended; what it says is above")
    }

    /// Asks for a booking.
    pub(crate) fn book(&mut self, client: &str, site: &str, room: &str, start: i64) -> Result<()> {
        let service = "hands-on-60";
        self.ask(&json!({ "book": {
            "client": client, "site": site, "room": room, "service": service, "start": start,
        }}))
    }
}

impl Drop for Integration {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python of the environment that the checks install.
fn python() -> PathBuf {
    root().join(".tools/venv/bin/python")
}
