//! The doorbell: a watch that says that something has changed. What has changed is then read anew, for what is shown only.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use treadwell_client::{Change, Client, Error, Event as Watched, Link, WatchOptions, v1};

use crate::tui::{
    event::{Event, LinkChange},
    failure::KEY_INVALID,
    locked::SESSION,
};

/// A running watch; dropping it ends it.
pub(super) struct Doorbell {
    task: AbortHandle,
}

impl Doorbell {
    /// Begins to listen with the client's key, as one of the console's `tasks`.
    pub(super) fn start(
        tasks: &mut JoinSet<()>,
        client: Client,
        send: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            task: tasks.spawn(async move {
                // The receiver is gone only when the console is, or another person has signed in.
                let _ = listen(client, send).await;
            }),
        }
    }
}

impl Drop for Doorbell {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Gone = mpsc::error::SendError<Event>;

async fn listen(client: Client, send: mpsc::Sender<Event>) -> Result<(), Gone> {
    let Some(revision) = first_revision(&client, &send).await? else {
        return Ok(());
    };
    // The watch begins after a revision that every read from now on reflects: nothing is missed, and no snapshot of the
    // whole clinic has to travel.
    let mut watch = client.watch(WatchOptions {
        after: Some(revision),
        ..WatchOptions::default()
    });
    while let Some(event) = watch.next().await {
        match event {
            Watched::Link(Link::Live { .. }) => send.send(Event::Link(LinkChange::Live)).await?,
            // The server was heard when its revision was asked for: a watch that has not begun yet is no news, one that
            // can not begin is a lost link.
            Watched::Link(Link::Connecting { problem: None, .. }) => {}
            Watched::Link(
                Link::Connecting {
                    problem: Some(problem),
                    ..
                }
                | Link::Stale { problem, .. },
            ) => {
                send.send(Event::Link(LinkChange::Lost(problem))).await?;
            }
            Watched::Snapshot(change) => {
                send.send(Event::ReferenceChanged).await?;
                send.send(Event::Changed(change.revision)).await?;
            }
            Watched::Commit(change) => {
                if is_reference(&change) {
                    send.send(Event::ReferenceChanged).await?;
                }
                send.send(Event::Changed(change.revision)).await?;
            }
            Watched::Ended(error) => {
                send.send(Event::Link(refused(&client, &error))).await?;
            }
        }
    }
    Ok(())
}

/// What it means that the server lets this client in no more.
fn refused(client: &Client, error: &Error) -> LinkChange {
    if error.reason() != Some(v1::Reason::KeyInvalid) {
        LinkChange::Refused(error.to_string())
    } else if client.options().key.starts_with(SESSION) {
        LinkChange::SessionOver
    } else {
        LinkChange::Refused(KEY_INVALID.to_owned())
    }
}

/// The clinic's revision, asked for until the server answers; none when it refuses the key.
async fn first_revision(client: &Client, send: &mpsc::Sender<Event>) -> Result<Option<u64>, Gone> {
    const PATIENCE: Duration = Duration::from_secs(3);
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    let client = client.with_timeout(PATIENCE);
    let mut wait = Duration::from_millis(200);
    loop {
        match client.who_am_i(v1::WhoAmIRequest {}).await {
            Ok(answer) => {
                send.send(Event::Link(LinkChange::Live)).await?;
                return Ok(Some(answer.revision));
            }
            Err(Error::Unreachable { problem, .. }) => {
                send.send(Event::Link(LinkChange::Connecting(Some(problem))))
                    .await?;
            }
            Err(error) => {
                send.send(Event::Link(refused(&client, &error))).await?;
                return Ok(None);
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// The change concerns what the console reads once and keeps.
fn is_reference(change: &Change) -> bool {
    use v1::{ResourceKind as Kind, watch_event::Resource};
    change.events.iter().any(|event| match &event.resource {
        Some(Resource::Tombstone(gone)) => {
            matches!(
                gone.kind(),
                Kind::Site
                    | Kind::Room
                    | Kind::Service
                    | Kind::RuleSet
                    | Kind::Policy
                    | Kind::Therapist
            )
        }
        Some(
            Resource::Site(_)
            | Resource::Room(_)
            | Resource::Service(_)
            | Resource::RuleSet(_)
            | Resource::Policy(_)
            | Resource::Therapist(_),
        ) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use treadwell_client::{Options, Refusal};

    use super::*;

    #[tokio::test]
    async fn only_a_session_is_over_and_a_person_is_told_what_is_wrong_with_a_key() {
        let refusal = |reason| {
            Error::Refused(Box::new(Refusal {
                code: tonic::Code::Unauthenticated,
                reason: Some(reason),
                message: "no".to_owned(),
                metadata: BTreeMap::new(),
                fields: Vec::new(),
                rules: Vec::new(),
                booking: None,
            }))
        };
        let no = |why: &str| LinkChange::Refused(why.to_owned());
        for (key, reason, means) in [
            (
                "tw_session_1",
                v1::Reason::KeyInvalid,
                LinkChange::SessionOver,
            ),
            ("tw_session_1", v1::Reason::RoleNotAllowed, no("no")),
            ("tw_1", v1::Reason::KeyInvalid, no(KEY_INVALID)),
        ] {
            let client = Client::new(Options::new("127.0.0.1:1", key)).expect("a key");
            assert_eq!(refused(&client, &refusal(reason)), means, "{key}");
        }
    }
}
