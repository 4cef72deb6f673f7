//! A whole server in this process, the sample clinic on Wednesday 14 October 2026, 14:07, and what is said to it.

use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use treadwell_server::clock::Injected;

use super::grammar::parse;
use crate::{
    cli::{Outcome, online, session::Session},
    config::{Config, Given},
};

/// A running demo.
pub(super) struct Demo {
    pub(super) running: treadwell_server::sample::Demo,
    pub(super) address: String,
    folder: TempDir,
}

impl Demo {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let local = "127.0.0.1:0".parse().expect("an address");
        let running = treadwell_server::sample::open(&folder.path().join("demo"), local)
            .await
            .expect("the sample clinic starts");
        Self {
            address: running.handle.address().to_string(),
            running,
            folder,
        }
    }

    /// The same clinic when nothing has to be kept any more of what is in it.
    pub(super) async fn years_later(self) -> Self {
        self.running.handle.stop().await;
        let config = treadwell_server::config::Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            ..treadwell_server::config::Config::new(self.folder.path().join("demo"))
        };
        let later = "2066-10-14T14:07:00Z".parse().expect("an instant");
        let clock = Arc::new(Injected::standing(later));
        let handle = treadwell_server::Server::start(config, Some(clock)).await;
        let handle = handle.expect("it starts again");
        Self {
            address: handle.address().to_string(),
            running: treadwell_server::sample::Demo {
                handle,
                ..self.running
            },
            folder: self.folder,
        }
    }

    /// What the desk gets for this line.
    pub(super) async fn desk(&self, line: &str) -> Outcome {
        say(&self.address, &self.running.desk, line).await
    }

    /// What the owner gets for this line.
    pub(super) async fn owner(&self, line: &str) -> Outcome {
        say(&self.address, &self.running.owner, line).await
    }

    /// The objects of an answer that must be one.
    pub(super) async fn json(&self, line: &str) -> Vec<Value> {
        objects(&self.desk(&format!("{line} --json")).await)
    }
}

pub(super) async fn say(server: &str, key: &str, line: &str) -> Outcome {
    let cli = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let flags = Given {
        server: Some(server.to_owned()),
        key: Some(key.to_owned()),
        timeout: Some("20s".to_owned()),
        ..Given::default()
    };
    let config =
        Config::resolve(None, Given::default(), Given::default(), flags).expect("good values");
    let session = Session::new(&config, cli.global.form()).expect("a good address");
    Box::pin(online(&session, cli.command.expect("a command"))).await
}

pub(super) fn objects(outcome: &Outcome) -> Vec<Value> {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let objects: Vec<Value> = outcome
        .answer
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    objects.iter().for_each(documented);
    objects
}

/// Every field that is ever printed stands in the reference.
fn documented(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let named = format!("`{field}`");
                assert!(
                    crate::cli::docs::JSON.contains(&named),
                    "{field} is not documented"
                );
                documented(value);
            }
        }
        Value::Array(values) => values.iter().for_each(documented),
        _ => {}
    }
}

pub(super) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} of {object}"))
}

/// The reason and exit code of a refusal.
pub(super) fn refused(outcome: &Outcome) -> (String, u8) {
    let error: Value =
        serde_json::from_str(&outcome.complaint).unwrap_or_else(|_| panic!("{outcome:?}"));
    assert_eq!(outcome.answer, "");
    let error = &error["error"];
    assert_eq!(error["exit_code"], u64::from(outcome.code), "{error}");
    (
        error["reason"].as_str().unwrap_or_default().to_owned(),
        outcome.code,
    )
}
