//! Deciding: from a command to a commit of the tip, and the answer that waits for it.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::oneshot;
use treadwell_clinic::id::{ClientId, Ids};
use treadwell_clinic::model::{Change, Record, RecordId};
use treadwell_clinic::{
    Actor, Command, CommandKind, Commit, Context, Decision, Refusal, Reply, Revision, decide,
};
use treadwell_journal::NewCommit;

use super::group::{Done, Prepared, Waiting};
use super::requests::{Known, Name};
use super::writer::{Job, Writer};
use super::{EngineError, Published, Request, Write, erasing};
use crate::access::Pass;
use crate::convert::store;
use crate::convert::store::commit::{Meta, RequestMeta};

/// So many commands are decided before the writer looks whether the disk has answered.
const COMMANDS_AT_ONCE: usize = 16;

impl Writer {
    /// The time passed: what is due is done, and what has become late is said. While groups are refused,
    /// a tick that nobody asked for does so only when it is worth another attempt.
    pub(super) fn tick(&mut self, observer: Option<oneshot::Sender<()>>) {
        let due = self.holding.is_due() || observer.is_some();
        if let Ok(now) = self.now() {
            if due {
                self.expire(now);
                self.roll(now);
            }
            self.late.look(&self.published.borrow().clinic, now);
        }
        if due && self.holding.is_held() && self.judging.has_next() {
            self.judge();
        }
        self.next.observers.extend(observer);
    }

    /// The time by which to decide: the clock's, but never before the newest commit.
    fn now(&self) -> Result<Timestamp, EngineError> {
        match self.clock.read() {
            Ok(now) => Ok(now.max(self.latest)),
            Err(jumped) => Err(EngineError::Stopped(jumped.to_string())),
        }
    }

    /// Decides a command, and some more that wait behind it.
    pub(super) fn take_some(&mut self, first: Job) {
        self.take(first);
        for _ in 1..COMMANDS_AT_ONCE {
            if !self.next.has_room() {
                return;
            }
            match self.queue.try_recv() {
                Ok(job) => self.take(job),
                Err(_) => return,
            }
        }
    }

    /// Decides one command, unless nobody waits for it any more.
    fn take(&mut self, job: Job) {
        if job.answer.as_ref().is_some_and(oneshot::Sender::is_closed) {
            return;
        }
        let ticket = self.ticket();
        self.consider(job, ticket);
    }

    /// Decides one command; its answer waits with the group.
    pub(super) fn consider(&mut self, job: Job, ticket: u64) {
        let prepared = self.prepare(&job, ticket);
        self.next.waiting.push(Waiting {
            job,
            ticket,
            prepared: prepared.unwrap_or_else(Prepared::Refused),
        });
    }

    fn prepare(&mut self, job: &Job, ticket: u64) -> Result<Prepared, EngineError> {
        let now = self.now()?;
        self.expire(now);
        self.may_still(job, now)?;
        let request = job
            .write
            .request
            .as_ref()
            .filter(|_| !job.write.validate_only);
        let request = request.map(|request| self.named(job, request));
        let known = request
            .as_ref()
            .map(|(name, hash)| self.requests.find(name, *hash));
        match known.flatten() {
            Some(Known::Done(revision)) => return Ok(Prepared::Repeat(revision)),
            Some(Known::Reused) => return Err(EngineError::RequestIdReused),
            None => {}
        }
        let refused = |refusal| EngineError::refused(refusal, &self.tip);
        self.latest(job).map_err(refused)?;
        let context = self.context(now, job.actor.clone());
        let decision = decide(&self.tip, &job.command, &context).map_err(refused)?;
        // Only now: who may not touch a record is not told whether it has changed.
        self.unchanged(&job.write).map_err(refused)?;
        if job.write.validate_only {
            return Ok(self.dry(job, now, decision));
        }
        // A commit of nothing vouches for the audit trail, when that is what is asked for.
        let is_kept = request.is_some() || matches!(job.command, Command::Rewrite(_));
        if decision.changes.is_empty() && decision.follow_up.is_empty() && !is_kept {
            return Ok(Prepared::Done(Done {
                revision: self.tip.revision(),
                at: now,
                as_of: self.as_of(&decision.reply, &[]),
                reply: decision.reply,
                undone: None,
                changes: Arc::default(),
                judging: false,
                dry: false,
            }));
        }
        Ok(Prepared::Done(
            self.act(job, ticket, now, request, decision),
        ))
    }

    /// Fails when what the actor came in by opens nothing any more: they may have come in long before it is their turn, and be shut out
    /// by what was decided meanwhile, also when nobody is told of that yet.
    fn may_still(&self, job: &Job, now: Timestamp) -> Result<(), EngineError> {
        let pass = Pass {
            key: job.actor.key,
            session: job.write.session.clone(),
        };
        if pass.key == Actor::SYSTEM || pass.is_good(&self.tip, now) {
            Ok(())
        } else {
            Err(EngineError::KeyGone)
        }
    }

    /// The name by which a request is kept, and the hash of what it asks for.
    fn named(&self, job: &Job, request: &Request) -> (Name, [u8; 32]) {
        let name = self.keys.request_name(job.actor.key, &request.id);
        (name, request.payload_hash)
    }

    /// Fails when the record that the write names has changed since the caller read it.
    fn unchanged(&self, write: &Write) -> Result<(), Refusal> {
        let Some((what, expected)) = write.unchanged else {
            return Ok(());
        };
        let found = self.tip.revision_of(&what).unwrap_or(0);
        if found == expected {
            return Ok(());
        }
        Err(Refusal::Stale {
            what,
            expected,
            found,
        })
    }

    /// Fails when the actor has done something else than the operation that the write names.
    fn latest(&self, job: &Job) -> Result<(), Refusal> {
        let Some(expected) = job.write.latest else {
            return Ok(());
        };
        let latest = self.tip.last_operation(job.actor.key);
        let changed = latest.filter(|operation| operation.revision != expected);
        match changed.and_then(|operation| Some((operation, operation.changes.first()?))) {
            Some((operation, change)) => Err(Refusal::Stale {
                what: change.id(),
                expected,
                found: operation.revision,
            }),
            None => Ok(()),
        }
    }

    /// Makes a decision part of the tip.
    fn act(
        &mut self,
        job: &Job,
        ticket: u64,
        now: Timestamp,
        request: Option<(Name, [u8; 32])>,
        decision: Decision,
    ) -> Done {
        let revision = self.tip.revision() + 1;
        let judging = self.judging.begin(revision, decision.follow_up);
        let commit = Commit {
            revision,
            at: now,
            by: job.actor.key,
            kind: job.command.kind(),
            changes: decision.changes.into(),
        };
        let changes = Arc::clone(&commit.changes);
        let undone = self.undone_by(job);
        let mut meta = self.meta(&commit, &decision.reply, ticket);
        meta.reason.clone_from(&job.write.reason);
        meta.address.clone_from(&job.write.address);
        meta.request = request.map(|(name, payload_hash)| RequestMeta {
            name,
            payload_hash: Some(payload_hash),
        });
        meta.undone = undone;
        self.push(commit, &meta);
        Done {
            revision,
            at: now,
            as_of: self.as_of(&decision.reply, &changes),
            reply: decision.reply,
            undone,
            changes,
            judging,
            dry: false,
        }
    }

    /// The tip, when an answer tells of records that the changes do not show.
    fn as_of(&self, reply: &Reply, changes: &[Change]) -> Option<Arc<Published>> {
        let shown = |id| changes.iter().any(|change| change.id() == id);
        if reply.records.iter().all(|&id| shown(id)) {
            return None;
        }
        Some(Arc::new(Published {
            clinic: self.tip.clone(),
            revision: self.tip.revision(),
        }))
    }

    /// What an undo takes back: the latest operation of its key, as of the tip.
    fn undone_by(&self, job: &Job) -> Option<CommandKind> {
        if job.command != Command::Undo {
            return None;
        }
        let latest = self.tip.last_operation(job.actor.key)?;
        Some(latest.kind)
    }

    /// The answer of a command that is only judged.
    fn dry(&self, job: &Job, now: Timestamp, decision: Decision) -> Prepared {
        let revision = self.tip.revision();
        let commit = Commit {
            revision: revision + 1,
            at: now,
            by: job.actor.key,
            kind: job.command.kind(),
            changes: decision.changes.into(),
        };
        let mut clinic = self.tip.clone();
        clinic.apply(&commit);
        Prepared::Done(Done {
            revision,
            at: now,
            as_of: Some(Arc::new(Published { clinic, revision })),
            reply: decision.reply,
            undone: self.undone_by(job),
            changes: commit.changes,
            judging: false,
            dry: true,
        })
    }

    /// Removes the holds that are due at `now`.
    fn expire(&mut self, now: Timestamp) {
        while self.tip.next_expiry().is_some_and(|due| due <= now) {
            let Some(mut decision) = self.decide_for_the_system(&Command::Expire, now) else {
                return;
            };
            if decision.changes.is_empty() {
                return;
            }
            // What is left to expire is seen by looking again.
            decision.follow_up.retain(|next| *next != Command::Expire);
            self.judging
                .begin(self.tip.revision() + 1, decision.follow_up);
            self.push_for_the_system(&Command::Expire, now, decision.changes, &decision.reply, 0);
        }
    }

    /// Makes the shifts of weekly templates for the days that have come within reach.
    fn roll(&mut self, now: Timestamp) {
        if self.tip.templates_to_roll(now).next().is_none() {
            return;
        }
        if let Some(decision) = self.decide_for_the_system(&Command::RollRoster, now) {
            self.judging
                .begin(self.tip.revision() + 1, decision.follow_up);
            self.push_for_the_system(
                &Command::RollRoster,
                now,
                decision.changes,
                &decision.reply,
                0,
            );
        }
    }

    /// Goes one step further in judging appointments again.
    pub(super) fn judge(&mut self) {
        let Ok(now) = self.now() else { return };
        let Some((cause, command)) = self.judging.next() else {
            return;
        };
        let command = command.clone();
        let decision = self
            .decide_for_the_system(&command, now)
            .unwrap_or_default();
        let ended = self
            .judging
            .stepped(decision.reply.flagged, decision.follow_up);
        if !decision.changes.is_empty() {
            self.push_for_the_system(&command, now, decision.changes, &decision.reply, cause);
            self.judging.made(self.tip.revision(), cause, command);
        }
        self.next.judged.extend(ended);
    }

    fn decide_for_the_system(&self, command: &Command, now: Timestamp) -> Option<Decision> {
        let context = self.context(now, Actor::system());
        match decide(&self.tip, command, &context) {
            Ok(decision) => Some(decision),
            Err(refusal) => {
                // The clinic refuses the system nothing; should it, nothing is lost but this step.
                tracing::error!(reason = refusal.reason(), verb = %command.kind(), "refused to the system");
                None
            }
        }
    }

    fn push_for_the_system(
        &mut self,
        command: &Command,
        now: Timestamp,
        changes: Vec<Change>,
        reply: &Reply,
        cause: Revision,
    ) {
        let commit = Commit {
            revision: self.tip.revision() + 1,
            at: now,
            by: Actor::SYSTEM,
            kind: command.kind(),
            changes: changes.into(),
        };
        let ticket = self.ticket();
        let mut meta = self.meta(&commit, reply, ticket);
        // Nobody is shown what the system did.
        meta.outcome = Vec::new();
        meta.cause = cause;
        self.push(commit, &meta);
    }

    fn context(&self, now: Timestamp, actor: Actor) -> Context {
        Context {
            now,
            actor,
            ids: Ids::new(self.tip.revision() + 1),
        }
    }

    fn meta(&self, commit: &Commit, reply: &Reply, ticket: u64) -> Meta {
        Meta {
            at: commit.at,
            by: commit.by,
            kind: commit.kind,
            address: String::new(),
            reason: String::new(),
            request: None,
            outcome: reply.records.clone(),
            flagged: reply.flagged,
            ticket,
            judging: !self.judging.is_idle(),
            cause: 0,
            undone: None,
            impossible: reply.impossible.clone(),
        }
    }

    /// Makes a commit part of the tip and of the next group.
    fn push(&mut self, commit: Commit, meta: &Meta) {
        let changes = commit
            .changes
            .iter()
            .map(|change| self.stored(change, commit.revision));
        let changes: Vec<_> = changes.collect();
        let mut owner = owner_of(&commit);
        if let Some(key) = self.erasure(&commit) {
            // Why, is to stay; it was given without a name.
            owner = None;
            let entry = erasing::entry(key, commit.revision, meta.ticket, &changes);
            self.next.erasures.push(entry);
            self.next.erased.push(key);
        }
        let append = NewCommit {
            changes,
            meta: meta.encode(&self.keys, commit.revision, owner),
        };
        self.tip.apply(&commit);
        self.latest = commit.at;
        if let Some(request) = &meta.request {
            self.requests.insert(request, commit.revision, commit.at);
        }
        self.next.push(commit, append);
    }

    /// A change as the journal keeps it. The before-image is exactly what lies on disk.
    fn stored(&self, change: &Change, revision: Revision) -> treadwell_journal::Change {
        let id = change.id();
        let before = change.before().map(|record| self.before(id, record));
        treadwell_journal::Change {
            key: store::key(&id),
            before,
            after: change
                .after()
                .map(|record| store::encode(&self.keys, record, revision)),
        }
    }

    fn before(&self, id: RecordId, record: &Record) -> Bytes {
        let revision = self.tip.revision_of(&id).unwrap_or_default();
        match self.stored_otherwise.get(&id) {
            Some((written, bytes)) if *written == revision => bytes.clone(),
            _ => store::encode(&self.keys, record, revision),
        }
    }

    fn ticket(&mut self) -> u64 {
        self.next_ticket = self.next_ticket.wrapping_add(1);
        self.next_ticket
    }
}

/// The client whose records alone a commit changes, if it is one.
fn owner_of(commit: &Commit) -> Option<ClientId> {
    let sides = |change: &'_ Change| {
        let side = |record: Option<&Record>| record.and_then(Record::owner);
        [side(change.before()), side(change.after())]
    };
    let mut owners = commit.changes.iter().flat_map(sides).flatten();
    let first = owners.next()?;
    owners.all(|owner| owner == first).then_some(first)
}
