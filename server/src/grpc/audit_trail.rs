//! The audit trail: what was changed, which is in the journal, and what was read or refused, which is in the trail beside it.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tonic::{Request, Response, Status};
use treadwell_api::v1;
use treadwell_api::v1::audit_service_server::AuditService;
use treadwell_clinic::id::{ClientId, KeyId};

use super::audit as noting;
use super::call::{self, Answer};
use super::page::{Page, paged};
use super::status;
use super::turn::Turn;
use crate::access::Caller;
use crate::audit::{Deed, Ledger};
use crate::convert::audit::{self, Named};
use crate::engine::{Engine, EngineError, Theirs};
use subject::Subject;

paged!(ListAuditEntriesRequest);

mod subject;

/// The longest annotation, in characters.
const ANNOTATION: usize = 500;

/// A page looks at about so many commits and entries; then it is answered with what there was, which may be nothing.
const LOOKS: usize = 64;

/// The service.
#[derive(Clone)]
pub(crate) struct Service {
    engine: Engine,
    ledger: Ledger,
    turn: Turn,
}

impl Service {
    /// The service on this trail. What takes long waits for its turn.
    pub(crate) const fn new(engine: Engine, ledger: Ledger, turn: Turn) -> Self {
        Self {
            engine,
            ledger,
            turn,
        }
    }
}

/// What is asked for.
#[derive(Clone)]
struct Wanted {
    client: Option<ClientId>,
    key: Option<KeyId>,
    kinds: BTreeSet<v1::AuditKind>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Wanted {
    fn read(message: &v1::ListAuditEntriesRequest) -> Result<Self, Status> {
        call::read(|f| {
            let client = f.optional_id("client_id", &message.client_id);
            let key = f.optional_id("key_id", &message.key_id);
            let kinds: BTreeSet<v1::AuditKind> = message.kinds().collect();
            let kinds = if kinds.contains(&v1::AuditKind::Unspecified) {
                f.wrong("kinds", "kinds of the audit trail")
            } else {
                Some(kinds)
            };
            let since = f.optional_instant("since", message.since.as_ref());
            let until = f.optional_instant("until", message.until.as_ref());
            Some(Self {
                client: client?,
                key: key?,
                kinds: kinds?,
                since: since?,
                until: until?,
            })
        })
    }

    /// Whether it is among what is asked for, apart from the client.
    fn takes(&self, entry: &v1::AuditEntry, at: Timestamp, by: Option<KeyId>) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&entry.kind()))
            && self.key.is_none_or(|key| by == Some(key))
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
    }

    fn takes_changes(&self) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&v1::AuditKind::Change)
    }

    fn takes_entries(&self) -> bool {
        let only_changes = [v1::AuditKind::Change].into();
        self.kinds.is_empty() || self.kinds != only_changes
    }
}

/// How far a list has come: changes up to a revision, entries up to a number.
#[derive(Clone, Copy)]
struct Position {
    change: u64,
    entry: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.change, self.entry)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (change, entry) = text.split_once('.').ok_or(())?;
        let number = |digits: &str| digits.parse().map_err(|_| ());
        Ok(Self {
            change: number(change)?,
            entry: number(entry)?,
        })
    }
}

/// One of the two streams: what was found in it and not shown yet, with where each stands, and how far it was looked at.
struct Stream {
    found: VecDeque<(Timestamp, u64, v1::AuditEntry)>,
    looked: u64,
    /// When the last one was done.
    at: Timestamp,
    ended: bool,
}

impl Stream {
    const fn after(looked: u64, wanted: bool) -> Self {
        Self {
            found: VecDeque::new(),
            looked,
            at: Timestamp::MIN,
            ended: !wanted,
        }
    }

    /// Where the next page goes on in it.
    fn position(&self) -> u64 {
        self.found.front().map_or(self.looked, |(_, at, _)| at - 1)
    }

    fn is_over(&self) -> bool {
        self.ended && self.found.is_empty()
    }
}

/// A list being made, on a thread that has the turn.
struct Look {
    engine: Engine,
    ledger: Ledger,
    caller: Caller,
    wanted: Wanted,
    theirs: Option<Theirs>,
}

impl Look {
    async fn page(
        &self,
        page: &Page,
        from: Option<Position>,
    ) -> Result<v1::ListAuditEntriesResponse, String> {
        let from = match from {
            Some(from) => from,
            None => self.beginning().await?,
        };
        let mut changes = Stream::after(from.change, self.wanted.takes_changes());
        let mut entries = Stream::after(from.entry, self.wanted.takes_entries());
        let mut shown = Vec::new();
        for _ in 0..LOOKS {
            if changes.found.is_empty() && !changes.ended {
                self.look_at_changes(&mut changes).await?;
            }
            if entries.found.is_empty() && !entries.ended {
                self.look_at_entries(&mut entries).await?;
            }
            // What comes first is known only of what was looked at.
            while shown.len() < page.size() {
                let first = match (changes.found.front(), entries.found.front()) {
                    (Some((change, ..)), Some((entry, ..))) if change <= entry => &mut changes,
                    (_, Some(_)) if changes.ended || !changes.found.is_empty() => &mut entries,
                    (Some(_), None) if entries.ended => &mut changes,
                    _ => break,
                };
                shown.extend(first.found.pop_front().map(|(_, _, entry)| entry));
            }
            if shown.len() == page.size() || changes.is_over() && entries.is_over() {
                break;
            }
        }
        let over = changes.is_over() && entries.is_over();
        let position = Position {
            change: changes.position(),
            entry: entries.position(),
        };
        Ok(v1::ListAuditEntriesResponse {
            revision: self.caller.published.revision,
            entries: shown,
            next_page_token: if over {
                String::new()
            } else {
                page.token(&position)
            },
        })
    }

    async fn beginning(&self) -> Result<Position, String> {
        let Some(since) = self.wanted.since else {
            return Ok(Position {
                change: 0,
                entry: 0,
            });
        };
        let head = self.caller.published.revision;
        let change = self.engine.history().before(since, head).await;
        Ok(Position {
            change: change.map_err(|error| error.to_string())?,
            entry: self.ledger.before(since).await?,
        })
    }

    async fn look_at_changes(&self, stream: &mut Stream) -> Result<(), String> {
        let theirs = self.theirs.as_ref();
        let client = theirs.map(|theirs| theirs.client);
        let (history, until) = (self.engine.history(), self.caller.published.revision);
        let found = history.trail(theirs, stream.looked, until).await;
        let (found, looked) = found.map_err(|error| error.to_string())?;
        stream.ended = looked == stream.looked;
        stream.looked = looked;
        for trace in found {
            let shown = audit::show_change(self.caller.clinic(), &trace, client);
            if self.wanted.takes(&shown, trace.at, Some(trace.by)) {
                stream.found.push_back((trace.at, trace.revision, shown));
            }
        }
        Ok(())
    }

    async fn look_at_entries(&self, stream: &mut Stream) -> Result<(), String> {
        let found = self.ledger.read(stream.looked).await?;
        stream.ended = found.is_empty();
        for (number, entry) in found {
            stream.looked = number;
            let (shown, at, by) = match entry {
                Ok(entry) => {
                    if !self.is_theirs(number, &entry.deed).await? {
                        continue;
                    }
                    let shown = audit::show(self.caller.clinic(), number, &entry);
                    (shown, entry.at, entry.key)
                }
                // Whose it is can not be told. It has its place, and hides none of the others.
                Err(_) if self.theirs.is_some() => continue,
                Err(why) => (audit::show_unreadable(number, &why), stream.at, None),
            };
            stream.at = at;
            if self.wanted.takes(&shown, at, by) {
                stream.found.push_back((at, number, shown));
            }
        }
        Ok(())
    }

    /// Whether something was done with the record of the client who is asked for, if one is, or written about that.
    async fn is_theirs(&self, number: u64, deed: &Deed) -> Result<bool, String> {
        let Some(theirs) = &self.theirs else {
            return Ok(true);
        };
        match Subject::of(&self.ledger, number, deed).await? {
            Some(Subject::Read(client)) => Ok(client == theirs.client.to_string()),
            Some(Subject::Change(revision)) => self.changed_theirs(theirs, revision).await,
            None => Ok(false),
        }
    }

    async fn changed_theirs(&self, theirs: &Theirs, revision: u64) -> Result<bool, String> {
        let before = revision.saturating_sub(1);
        let found = self
            .engine
            .history()
            .trail(Some(theirs), before, revision)
            .await;
        let (found, _) = found.map_err(|error| error.to_string())?;
        Ok(found
            .first()
            .is_some_and(|first| first.revision == revision))
    }
}

#[tonic::async_trait]
impl AuditService for Service {
    async fn list_audit_entries(
        &self,
        request: Request<v1::ListAuditEntriesRequest>,
    ) -> Answer<v1::ListAuditEntriesResponse> {
        let (caller, message) = call::open(request)?;
        let wanted = Wanted::read(&message)?;
        call::everywhere(&caller)?;
        let page = Page::of(&message)?;
        let from = page.after()?;
        let look = Look {
            engine: self.engine.clone(),
            ledger: self.ledger.clone(),
            theirs: wanted
                .client
                .map(|client| Theirs::of(caller.clinic(), client)),
            caller: caller.clone(),
            wanted,
        };
        let place = self.turn.enter()?;
        // What the journals await is awaited on the thread that has the turn.
        let runtime = Handle::current();
        let answer = place
            .run("audit", move || runtime.block_on(look.page(&page, from)))
            .await?;
        let answer = answer.map_err(|why| status::engine(&EngineError::Stopped(why), &caller))?;
        Ok(Response::new(answer))
    }

    async fn verify_audit(
        &self,
        request: Request<v1::VerifyAuditRequest>,
    ) -> Answer<v1::VerifyAuditResponse> {
        let (caller, _) = call::open(request)?;
        let known = self.engine.history().trail_mark().await;
        let known = known.map_err(|error| error.to_string());
        let verified = match known {
            Ok(known) => self.ledger.verify(known).await,
            Err(why) => Err(why),
        };
        let verified = verified.map_err(|why| {
            tracing::error!(why, "the audit trail can not be verified");
            status::internal("the audit trail can not be verified; the server's log says why")
        })?;
        let (entry_count, problems) = verified;
        for problem in &problems {
            tracing::error!(problem, "verification of the audit trail found a problem");
        }
        Ok(Response::new(v1::VerifyAuditResponse {
            revision: caller.published.revision,
            sound: problems.is_empty(),
            entry_count,
            problems,
        }))
    }

    async fn annotate_audit_entry(
        &self,
        request: Request<v1::AnnotateAuditEntryRequest>,
    ) -> Answer<v1::AnnotateAuditEntryResponse> {
        let (caller, message) = call::open(request)?;
        let (named, text) = call::read(|f| {
            let named = match audit::named(&message.entry_id) {
                Some(named) => Some(named),
                None => f.wrong(
                    "entry_id",
                    "the id of an entry, for example aud-17 or chg-2041",
                ),
            };
            let text = f.text("text", &message.text, 1..=ANNOTATION);
            Some((named?, text?))
        })?;
        call::everywhere(&caller)?;
        let is_there = match named {
            Named::Entry(number) => number <= self.ledger.len(),
            Named::Change(revision) => revision <= caller.published.revision,
        };
        if !is_there {
            return Err(status::not_found("audit entry", message.entry_id));
        }
        let client = subject::client(&self.engine, &self.ledger, &caller, named).await;
        let client = client.map_err(|why| status::engine(&EngineError::Stopped(why), &caller))?;
        let annotated = Deed::Annotated {
            about: message.entry_id,
            client: client.map(|client| client.to_string()).unwrap_or_default(),
            text,
        };
        let noted = noting::noted(&self.ledger, &caller, annotated).await;
        let (number, entry) = noted.map_err(|why| status::not_audited(&why))?;
        Ok(Response::new(v1::AnnotateAuditEntryResponse {
            revision: caller.published.revision,
            entry: Some(audit::show(caller.clinic(), number, &entry)),
        }))
    }
}
