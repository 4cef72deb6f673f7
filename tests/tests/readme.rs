//! The README's tour for an integration works to the letter: its commands are run, with the built binary in the place of
//! `cargo run --release --` and another port, and what they lead to answers the search that it shows.

#![cfg(unix)]

use std::{
    fs,
    net::SocketAddr,
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use treadwell_api::v1::{SearchAvailabilityRequest, SearchAvailabilityResponse};
use treadwell_tests::{
    process::{ServerProcess, binary, free_address},
    root,
    wire::Wire,
};

/// What the README has in the place of an address and of keys.
const ADDRESS: &str = "127.0.0.1:7450";
const OWNER: &str = "tw_owner";
const INTEGRATION: &str = "tw_integration";

/// The commands of a section's shell blocks, in order; a command that goes over several lines is one.
fn commands(section: &str) -> Result<Vec<String>> {
    let readme = fs::read_to_string(root().join("README.md"))?;
    let (_, rest) = readme
        .split_once(&format!("\n## {section}\n"))
        .with_context(|| format!("README.md has no section {section}"))?;
    let text = rest.split("\n## ").next().unwrap_or_default();
    let blocks = text.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    Ok(blocks
        .flat_map(|block| {
            let whole = block.replace("\\\n", " ");
            whole.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect())
}

/// A shell in a folder of its own, which keeps its variables from command to command.
struct Reader {
    place: TempDir,
    address: SocketAddr,
    variables: Vec<String>,
    keys: Vec<(&'static str, String)>,
}

impl Reader {
    fn shell(&self, line: &str) -> Result<Command> {
        let binary = binary("treadwell")?;
        let mut line = line
            .replace("cargo run --release --", &format!("'{}'", binary.display()))
            .replace(ADDRESS, &self.address.to_string());
        for (placeholder, key) in &self.keys {
            line = line.replace(placeholder, key);
        }
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{}\n{line}", self.variables.join("\n")))
            .current_dir(self.place.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.place.path())
            // The tour goes by the address that is the default.
            .env("TREADWELL_SERVER", self.address.to_string());
        Ok(command)
    }

    fn run(&self, line: &str) -> Result<String> {
        let Output {
            status,
            stdout,
            stderr,
        } = self.shell(line)?.output()?;
        let complained = String::from_utf8_lossy(&stderr);
        ensure!(status.success(), "{line}: {status}: {complained}");
        Ok(String::from_utf8(stdout)?)
    }

    /// A command's output has a key: from now on it stands in the place of its name.
    fn learn(&mut self, name: &'static str, printed: &str) -> Result<()> {
        let mut words = printed.split_whitespace();
        let key = words.find(|word| word.starts_with("tw_"));
        let key = key.with_context(|| format!("no key in: {printed}"))?;
        self.keys.push((name, key.to_owned()));
        Ok(())
    }

    /// The search that the README sends with grpcurl, with the key and to the method that stand there.
    async fn search(
        &self,
        server: &ServerProcess,
        line: &str,
    ) -> Result<SearchAvailabilityResponse> {
        ensure!(line.contains(&format!("Bearer {INTEGRATION}")), "{line}");
        let asked = line.split('\'').nth(1).context("a message in quotes")?;
        let asked: Value = serde_json::from_str(asked)?;
        let fields: Vec<&String> = asked
            .as_object()
            .into_iter()
            .flatten()
            .map(|it| it.0)
            .collect();
        assert_eq!(fields, ["limit", "service_id", "site_ids"], "{line}");
        let request = SearchAvailabilityRequest {
            site_ids: serde_json::from_value(asked["site_ids"].clone())?,
            service_id: serde_json::from_value(asked["service_id"].clone())?,
            limit: serde_json::from_value(asked["limit"].clone())?,
            ..SearchAvailabilityRequest::default()
        };
        let mut words = line.split_whitespace().rev();
        let method = words.next().context("a method")?;
        assert_eq!(words.next(), Some(ADDRESS), "{line}");
        let key = self.keys.iter().find(|(name, _)| *name == INTEGRATION);
        let key = key.context("a key was made")?.1.as_str();
        let answer = Wire::open(server, key)
            .await?
            .ask(&format!("/{method}"), &request)
            .await;
        answer.map_err(|no| anyhow::anyhow!("{no:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_for_an_integration_works_as_it_is_written() -> Result<()> {
    let mut reader = Reader {
        place: TempDir::with_prefix("treadwell-readme-")?,
        address: free_address()?,
        variables: Vec::new(),
        keys: Vec::new(),
    };
    let mut server = None;
    let mut found = None;
    for line in commands("A tour for an integration")? {
        if line.contains(" serve ") {
            let command = reader.shell(&line.replace("cargo", "exec cargo"))?;
            let log = reader.place.path().join("server.log");
            server = Some(ServerProcess::run(command, reader.address, &log).await?);
        } else if line.starts_with("export ") {
            let value = reader
                .keys
                .iter()
                .fold(line, |line, (name, key)| line.replace(name, key));
            reader.variables.push(value);
        } else if line.starts_with("grpcurl ") {
            let server = server.as_ref().context("a server was started")?;
            found = Some(reader.search(server, &line).await?);
        } else {
            let printed = reader.run(&line)?;
            if line.contains(" init ") {
                reader.learn(OWNER, &printed)?;
            } else if line.contains(" keys create ") {
                reader.learn(INTEGRATION, &printed)?;
            }
        }
    }
    let found = found.context("the tour ends with a search")?;
    assert_eq!(found.proposals.len(), 5, "{found:?}");
    Ok(())
}
