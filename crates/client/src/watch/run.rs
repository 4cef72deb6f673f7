//! The task of a watch: connects, reads, resumes.

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tonic::{Code, Streaming};
use treadwell_api::v1::{
    Reason, WatchRequest, WatchResponse, watch_service_client::WatchServiceClient,
};

use super::{
    Event, Link, WatchOptions,
    cursor::{Cursor, Step},
};
use crate::{Client, Error, connection::LARGEST_ANSWER};

/// The reader has dropped the watch.
struct Dropped;

/// Why a stream is not read any further.
enum Break {
    /// It may come back.
    Lost(String),
    /// The position is not in the server's history.
    Compacted,
    /// The server will not serve this watch.
    Refused(Error),
}

struct Task {
    client: Client,
    options: WatchOptions,
    events: mpsc::Sender<Event>,
    cursor: Cursor,
    link: Link,
}

pub(super) async fn run(client: Client, options: WatchOptions, events: mpsc::Sender<Event>) {
    let cursor = Cursor::new(options.after);
    let mut task = Task {
        client,
        options,
        events,
        cursor,
        link: Link::NEW,
    };
    // The reader is gone; there is nobody left to tell.
    let (Ok(()) | Err(Dropped)) = task.follow().await;
}

impl Task {
    async fn follow(&mut self) -> Result<(), Dropped> {
        self.tell(Event::Link(self.link.clone())).await?;
        loop {
            self.cursor.restart();
            match self.one_stream().await? {
                Break::Refused(error) => return self.tell(Event::Ended(error)).await,
                Break::Compacted => self.cursor.forget(),
                Break::Lost(problem) => {
                    self.link = self.link.lost(problem);
                    self.tell(Event::Link(self.link.clone())).await?;
                    sleep(self.options.retry.wait(self.link.failures())).await;
                }
            }
        }
    }

    /// Opens a stream and reads it to its end.
    async fn one_stream(&mut self) -> Result<Break, Dropped> {
        let opened = timeout(self.client.options().timeout, self.open()).await;
        let mut stream = match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Ok(self.why(error)),
            Err(_) => return Ok(Break::Lost("no answer".to_owned())),
        };
        loop {
            let message = match timeout(self.options.silence, stream.message()).await {
                Ok(Ok(Some(message))) => message,
                Ok(Ok(None)) => return Ok(Break::Lost("the server ended the watch".to_owned())),
                Ok(Err(status)) => return Ok(self.why(Error::from_status(self.server(), &status))),
                Err(_) => {
                    let seconds = self.options.silence.as_secs_f32();
                    return Ok(Break::Lost(format!("nothing heard for {seconds} s")));
                }
            };
            match self.cursor.accept(message) {
                Ok(step) => self.deliver(step).await?,
                Err(contradiction) => return Ok(Break::Lost(contradiction.to_string())),
            }
        }
    }

    async fn open(&self) -> Result<Streaming<WatchResponse>, Error> {
        let request = self.client.request(WatchRequest {
            after_revision: self.cursor.position(),
            history: self.cursor.history().to_owned(),
            site_ids: self.options.site_ids.clone(),
            kinds: self
                .options
                .kinds
                .iter()
                .map(|kind| i32::from(*kind))
                .collect(),
        });
        WatchServiceClient::new(self.client.channel())
            .max_decoding_message_size(LARGEST_ANSWER)
            .watch(request)
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| Error::from_status(self.server(), &status))
    }

    async fn deliver(&mut self, step: Step) -> Result<(), Dropped> {
        // What makes the state current comes before the word that it is current.
        match step {
            Step::Partial => return Ok(()),
            Step::Checkpoint => {}
            Step::Snapshot(change) => self.tell(Event::Snapshot(change)).await?,
            Step::Commit(change) => self.tell(Event::Commit(change)).await?,
        }
        self.link = Link::heard(tokio::time::Instant::now().into_std());
        self.tell(Event::Link(self.link.clone())).await
    }

    fn why(&self, error: Error) -> Break {
        let Some(refusal) = error.refusal() else {
            return Break::Lost(error.to_string());
        };
        match refusal.code {
            Code::OutOfRange if self.cursor.position().is_some() => Break::Compacted,
            Code::Unauthenticated
            | Code::PermissionDenied
            | Code::InvalidArgument
            | Code::NotFound
            | Code::Unimplemented => Break::Refused(error),
            _ if refusal.reason == Some(Reason::RevisionOutOfRange)
                && self.cursor.position().is_some() =>
            {
                Break::Compacted
            }
            _ => Break::Lost(error.to_string()),
        }
    }

    fn server(&self) -> &str {
        &self.client.options().server
    }

    async fn tell(&self, event: Event) -> Result<(), Dropped> {
        self.events.send(event).await.map_err(|_| Dropped)
    }
}
