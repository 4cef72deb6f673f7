//! Commits as they lie on disk: the metadata, and the records before and after.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::command::Actor;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Change, Kind, RecordId};
use treadwell_clinic::refusal::Impossible;
use treadwell_clinic::{CommandKind, Commit, Revision};

use super::value::{date, forms, instant, instant_form, list};
use super::{Bad, Unreadable, decode, kind_form, kind_of};

/// What a commit says beside its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// When it was decided.
    pub(crate) at: Timestamp,
    /// On whose behalf.
    pub(crate) by: KeyId,
    /// What was asked for.
    pub(crate) kind: CommandKind,
    /// Why, as the caller gave it, or empty.
    pub(crate) reason: String,
    /// The request that caused it, if that had an id.
    pub(crate) request: Option<RequestMeta>,
    /// The records that the command was about, the first one being what the answer shows.
    pub(crate) outcome: Vec<RecordId>,
    /// Future appointments that it made unsound.
    pub(crate) flagged: u32,
    /// The number that the writer drew for the command.
    pub(crate) ticket: u64,
    /// Whether appointments are still to be judged again, as of this commit.
    pub(crate) judging: bool,
    /// For a judging: the revision of the change that caused it, or 0.
    pub(crate) cause: Revision,
    /// For an undo: what it took back.
    pub(crate) undone: Option<CommandKind>,
    /// Those of a series that could not be had.
    pub(crate) impossible: Vec<Impossible>,
}

/// The request that caused a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestMeta {
    /// The caller's id for it.
    pub(crate) id: String,
    /// The hash of its method and payload.
    pub(crate) payload_hash: [u8; 32],
}

impl Meta {
    /// The metadata's bytes.
    pub(crate) fn encode(&self) -> Bytes {
        let meta = stored::CommitMeta {
            at: Some(instant_form(self.at)),
            actor: if self.by == Actor::SYSTEM {
                String::new()
            } else {
                self.by.to_string()
            },
            verb: self.kind.as_str().to_owned(),
            reason: self.reason.clone(),
            request: self.request.as_ref().map(|request| stored::RequestResult {
                request_id: request.id.clone(),
                payload_hash: Bytes::copy_from_slice(&request.payload_hash),
            }),
            outcome: self.outcome.iter().map(reference).collect(),
            flagged_count: self.flagged,
            ticket: self.ticket,
            judging: self.judging,
            cause: self.cause,
            undone: self.undone.map_or("", CommandKind::as_str).to_owned(),
            impossible: forms(&self.impossible),
        };
        meta.encode_to_vec().into()
    }

    /// Reads the metadata of the commit at `revision`.
    pub(crate) fn decode(revision: Revision, bytes: Bytes) -> Result<Self, Unreadable> {
        let unreadable = |why: String| Unreadable {
            what: format!("the commit at revision {revision}"),
            why,
        };
        let form =
            stored::CommitMeta::decode(bytes).map_err(|error| unreadable(error.to_string()))?;
        read(form).map_err(|bad| unreadable(bad.to_string()))
    }
}

fn read(form: stored::CommitMeta) -> Result<Meta, Bad> {
    Ok(Meta {
        at: instant("at", form.at)?,
        by: if form.actor.is_empty() {
            Actor::SYSTEM
        } else {
            form.actor.parse().map_err(|_| Bad("actor"))?
        },
        kind: CommandKind::parse(&form.verb).ok_or(Bad("verb"))?,
        reason: form.reason,
        request: form
            .request
            .map(|request| {
                Ok::<_, Bad>(RequestMeta {
                    id: request.request_id,
                    payload_hash: request
                        .payload_hash
                        .as_ref()
                        .try_into()
                        .map_err(|_| Bad("request.payload_hash"))?,
                })
            })
            .transpose()?,
        outcome: form
            .outcome
            .iter()
            .map(|reference| dereference(reference).ok_or(Bad("outcome")))
            .collect::<Result<_, _>>()?,
        flagged: form.flagged_count,
        ticket: form.ticket,
        judging: form.judging,
        cause: form.cause,
        undone: if form.undone.is_empty() {
            None
        } else {
            Some(CommandKind::parse(&form.undone).ok_or(Bad("undone"))?)
        },
        impossible: list(form.impossible)?,
    })
}

/// Reads a whole commit of the journal.
pub(crate) fn read_commit(
    commit: &treadwell_journal::Commit,
) -> Result<(Meta, Commit), Unreadable> {
    let meta = Meta::decode(commit.revision, commit.meta.clone())?;
    let mut changes = Vec::with_capacity(commit.changes.len());
    for change in &commit.changes {
        let record = |value: &Option<Bytes>| {
            value
                .as_ref()
                .map(|value| decode(&change.key, value.clone()).map(|(record, _)| record))
                .transpose()
        };
        let change = Change::new(record(&change.before)?, record(&change.after)?);
        changes.push(change.ok_or_else(|| Unreadable {
            what: format!("the commit at revision {}", commit.revision),
            why: "a change has neither a record before nor one after".to_owned(),
        })?);
    }
    let commit = Commit {
        revision: commit.revision,
        at: meta.at,
        by: meta.by,
        kind: meta.kind,
        changes: changes.into(),
    };
    Ok((meta, commit))
}

fn reference(id: &RecordId) -> stored::RecordRef {
    stored::RecordRef {
        kind: kind_form(id.kind()).into(),
        id: id.name(),
    }
}

fn dereference(reference: &stored::RecordRef) -> Option<RecordId> {
    let name = reference.id.as_str();
    Some(match kind_of(reference.kind())? {
        Kind::Policy => RecordId::Policy,
        Kind::Site => RecordId::Site(name.parse().ok()?),
        Kind::Room => RecordId::Room(name.parse().ok()?),
        Kind::RuleSet => RecordId::RuleSet(name.parse().ok()?),
        Kind::Service => RecordId::Service(name.parse().ok()?),
        Kind::Therapist => RecordId::Therapist(name.parse().ok()?),
        Kind::FootCare => {
            let (therapist, day) = name.split_once('/')?;
            let number: i32 = day.replace('-', "").parse().ok()?;
            RecordId::FootCare(therapist.parse().ok()?, date("outcome", number).ok()?)
        }
        Kind::WeekTemplate => RecordId::WeekTemplate(name.parse().ok()?),
        Kind::Absence => RecordId::Absence(name.parse().ok()?),
        Kind::Shift => RecordId::Shift(name.parse().ok()?),
        Kind::Client => RecordId::Client(name.parse().ok()?),
        Kind::Declaration => RecordId::Declaration(name.parse().ok()?),
        Kind::Appointment => RecordId::Appointment(name.parse().ok()?),
        Kind::Hold => RecordId::Hold(name.parse().ok()?),
        Kind::Outage => RecordId::Outage(name.parse().ok()?),
        Kind::Turnover => RecordId::Turnover(name.parse().ok()?),
        Kind::Business => RecordId::Business,
        Kind::PriceList => RecordId::PriceList(name.parse().ok()?),
        Kind::Payment => RecordId::Payment(name.parse().ok()?),
        Kind::Receipt => RecordId::Receipt(name.parse().ok()?),
        Kind::Key => RecordId::Key(name.parse().ok()?),
        Kind::SessionRecord => RecordId::SessionRecord(name.parse().ok()?),
        Kind::Aftercare => RecordId::Aftercare(name.parse().ok()?),
        Kind::WaitlistEntry => RecordId::WaitlistEntry(name.parse().ok()?),
        Kind::StockItem => {
            let (site, item) = name.split_once('/')?;
            RecordId::StockItem(site.parse().ok()?, item.parse().ok()?)
        }
        Kind::StockMovement => RecordId::StockMovement(name.parse().ok()?),
        Kind::SupportInspection => RecordId::SupportInspection(name.parse().ok()?),
        Kind::Hygiene => RecordId::Hygiene(name.parse().ok()?),
        Kind::Training => RecordId::Training(name.parse().ok()?),
    })
}
