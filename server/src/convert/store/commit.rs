//! Commits as they lie on disk: the metadata, and the records before and after.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::command::Actor;
use treadwell_clinic::id::ClientId;
use treadwell_clinic::model::{Change, Record, RecordId};
use treadwell_clinic::refusal::Impossible;
use treadwell_clinic::{CommandKind, Commit, Revision};
use treadwell_journal::Newest;

use super::value::{forms, instant, instant_form, list};
use super::{Bad, Erased, Opened, Sealed, Unreadable, decode, kind_form, kind_of, place};
use crate::audit;
use crate::keyring::{Found, KeyId, Keyring, Mark, Sealing};

/// What a commit says beside its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// When it was decided.
    pub(crate) at: Timestamp,
    /// On whose behalf.
    pub(crate) by: treadwell_clinic::id::KeyId,
    /// What was asked for.
    pub(crate) kind: CommandKind,
    /// From where, as far as that is known.
    pub(crate) address: String,
    /// Why, as the caller gave it, or empty. Empty, too, when it went with a client who was erased.
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
    /// Stands for the actor's key and the caller's id for it: see [`Keyring::request_name`].
    pub(crate) name: [u8; 16],
    /// The hash of its method and payload. None when it went with a client who was erased.
    pub(crate) payload_hash: Option<[u8; 32]>,
}

impl Meta {
    /// The metadata's bytes, as the commit at `revision` has them. What could be personal is sealed with the key of `owner`,
    /// whose records alone changed, or with the house's.
    pub(crate) fn encode(
        &self,
        keys: &Keyring,
        revision: Revision,
        owner: Option<ClientId>,
    ) -> Bytes {
        let mark = keys.mark();
        let meta = stored::CommitMeta {
            at: Some(instant_form(self.at)),
            actor: if self.by == Actor::SYSTEM {
                String::new()
            } else {
                self.by.to_string()
            },
            verb: self.kind.as_str().to_owned(),
            reason: String::new(),
            request: self.request.as_ref().map(|request| stored::RequestResult {
                name: Bytes::copy_from_slice(&request.name),
                ..stored::RequestResult::default()
            }),
            outcome: self.outcome.iter().map(reference).collect(),
            flagged_count: self.flagged,
            ticket: self.ticket,
            judging: self.judging,
            cause: self.cause,
            undone: self.undone.map_or("", CommandKind::as_str).to_owned(),
            impossible: Vec::new(),
            address: self.address.clone(),
            private: self.private(keys, revision, owner),
            ring: Some(stored::RingMark {
                house: Bytes::copy_from_slice(&mark.house),
                keys: mark.places,
                erasures: mark.erasures,
            }),
            // How far it has come is known when the commit is appended: see `vouching`.
            trail: None,
        };
        meta.encode_to_vec().into()
    }

    fn private(
        &self,
        keys: &Keyring,
        revision: Revision,
        owner: Option<ClientId>,
    ) -> Option<stored::Sealed> {
        let hash = self
            .request
            .as_ref()
            .and_then(|request| request.payload_hash);
        let private = stored::Private {
            reason: self.reason.clone(),
            payload_hash: hash.map_or_else(Bytes::new, |hash| Bytes::copy_from_slice(&hash)),
            impossible: forms(&self.impossible),
        };
        if private == stored::Private::default() {
            return None;
        }
        Some(sealed(keys, &private_place(revision), owner, &private))
    }

    /// Reads the metadata of the commit at `revision`.
    pub(crate) fn decode(
        keys: &Keyring,
        revision: Revision,
        bytes: Bytes,
    ) -> Result<Self, Unreadable> {
        let what = || format!("the commit at revision {revision}");
        let unreadable = |why: String| Unreadable::new(what(), why);
        let mut form =
            stored::CommitMeta::decode(bytes).map_err(|error| unreadable(error.to_string()))?;
        let sealed = form.private.take();
        let private = match sealed.map(|sealed| opened(keys, &private_place(revision), &sealed)) {
            None => None,
            Some(Ok(private)) => private,
            Some(Err(Sealed::NoKey)) => return Err(Unreadable::no_key(what())),
            Some(Err(Sealed::Changed)) => {
                return Err(unreadable(
                    "what is sealed is not what was written".to_owned(),
                ));
            }
        };
        read(keys, form, private.unwrap_or_default()).map_err(|bad| unreadable(bad.to_string()))
    }
}

/// When a commit was decided, without a key.
pub(crate) fn time_of(commit: &treadwell_journal::Commit) -> Result<Timestamp, Unreadable> {
    time_of_newest(&Newest {
        revision: commit.revision,
        meta: commit.meta.clone(),
    })
}

/// As [`time_of`], of the newest commit that is known of.
pub(crate) fn time_of_newest(newest: &Newest) -> Result<Timestamp, Unreadable> {
    instant("at", form(newest)?.at).map_err(|bad| of(newest, &bad))
}

/// How far the key ring had come as of a commit, by its metadata; none in format 1.
pub(crate) fn mark(newest: &Newest) -> Result<Option<Mark>, Unreadable> {
    let mark = form(newest)?.ring.map(|ring| {
        let house = ring.house.as_ref().try_into();
        Ok(Mark {
            house: house.map_err(|_| of(newest, &Bad("ring.house")))?,
            places: ring.keys,
            erasures: ring.erasures,
        })
    });
    mark.transpose()
}

/// A commit's metadata that says besides how far the audit trail has come. A message that goes on with another one's fields is both
/// in one.
pub(crate) fn vouching(meta: &Bytes, trail: &audit::Mark) -> Bytes {
    let more = stored::CommitMeta {
        trail: Some(stored::TrailMark {
            entries: trail.entries,
            hash: Bytes::copy_from_slice(trail.hash()),
        }),
        ..stored::CommitMeta::default()
    };
    [&meta[..], &more.encode_to_vec()].concat().into()
}

/// How far the audit trail had come as of a commit, by its metadata; none when it does not say so.
pub(crate) fn trail_mark(newest: &Newest) -> Result<Option<audit::Mark>, Unreadable> {
    let mark = form(newest)?.trail.map(|trail| {
        audit::Mark::new(trail.entries, &trail.hash).ok_or_else(|| of(newest, &Bad("trail")))
    });
    mark.transpose()
}

/// The metadata of a commit as it lies there.
fn form(newest: &Newest) -> Result<stored::CommitMeta, Unreadable> {
    stored::CommitMeta::decode(newest.meta.clone()).map_err(|error| of(newest, &error))
}

fn of(newest: &Newest, why: &impl ToString) -> Unreadable {
    let what = format!("the commit at revision {}", newest.revision);
    Unreadable::new(what, why.to_string())
}

/// The place of what is sealed in the metadata of the commit at a revision.
pub(super) fn private_place(revision: Revision) -> Vec<u8> {
    place(b"commit", revision)
}

/// What could be personal, sealed for its place with the key of a client or with the house's.
pub(super) fn sealed(
    keys: &Keyring,
    place: &[u8],
    owner: Option<ClientId>,
    private: &stored::Private,
) -> stored::Sealed {
    let theirs = owner.map(|client| keys.of(client));
    let key = match &theirs {
        Some((id, sealing)) => (id, &**sealing),
        None => keys.house(),
    };
    sealed_with(key, place, private)
}

/// As [`sealed`], with this key.
pub(super) fn sealed_with(
    (id, sealing): (&KeyId, &Sealing),
    place: &[u8],
    private: &stored::Private,
) -> stored::Sealed {
    let (nonce, body) = sealing.seal(place, place, private.encode_to_vec());
    stored::Sealed {
        key_id: Bytes::copy_from_slice(id),
        nonce: Bytes::copy_from_slice(&nonce),
        body: body.into(),
    }
}

/// What was sealed so; none when its key was destroyed.
pub(super) fn opened(
    keys: &Keyring,
    place: &[u8],
    sealed: &stored::Sealed,
) -> Result<Option<stored::Private>, Sealed> {
    let id = KeyId::try_from(&*sealed.key_id).map_err(|_| Sealed::Changed)?;
    let (house, by_house) = keys.house();
    let body = if id == *house {
        by_house.open(&sealed.nonce, place, &sealed.body)
    } else {
        match keys.find(&id) {
            Found::Live(sealing) => sealing.open(&sealed.nonce, place, &sealed.body),
            Found::Destroyed => return Ok(None),
            Found::Unknown => return Err(Sealed::NoKey),
        }
    };
    let body = body.ok_or(Sealed::Changed)?;
    stored::Private::decode(&*body)
        .map(Some)
        .map_err(|_| Sealed::Changed)
}

/// `private` is empty in format 1, which has the same in the clear.
fn read(keys: &Keyring, form: stored::CommitMeta, private: stored::Private) -> Result<Meta, Bad> {
    let by = if form.actor.is_empty() {
        Actor::SYSTEM
    } else {
        form.actor.parse().map_err(|_| Bad("actor"))?
    };
    let request = form
        .request
        .map(|request| request_of(keys, by, &request, &private));
    let impossible = if private.impossible.is_empty() {
        form.impossible
    } else {
        private.impossible
    };
    Ok(Meta {
        at: instant("at", form.at)?,
        by,
        kind: CommandKind::parse(&form.verb).ok_or(Bad("verb"))?,
        address: form.address,
        reason: if private.reason.is_empty() {
            form.reason
        } else {
            private.reason
        },
        request: request.transpose()?,
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
        impossible: list(impossible)?,
    })
}

fn request_of(
    keys: &Keyring,
    by: treadwell_clinic::id::KeyId,
    request: &stored::RequestResult,
    private: &stored::Private,
) -> Result<RequestMeta, Bad> {
    let in_the_clear = request.name.is_empty();
    let hash = if in_the_clear {
        &request.payload_hash
    } else {
        &private.payload_hash
    };
    let hash = (!hash.is_empty()).then(|| <[u8; 32]>::try_from(&**hash));
    Ok(RequestMeta {
        name: if in_the_clear {
            keys.request_name(by, &request.request_id)
        } else {
            let name = request.name.as_ref().try_into();
            name.map_err(|_| Bad("request.name"))?
        },
        payload_hash: hash.transpose().map_err(|_| Bad("request.payload_hash"))?,
    })
}

/// A commit of the journal, as far as it can be read.
#[derive(Debug)]
pub(crate) struct ReadCommit {
    /// What it says of itself.
    pub(crate) meta: Meta,
    /// The changes that can be read whole.
    pub(crate) commit: Commit,
    /// The others: of clients who were erased.
    pub(crate) erased: Vec<ErasedChange>,
}

/// A change of which at least one side was of a client who has been erased since.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErasedChange {
    /// The record.
    pub(crate) id: RecordId,
    /// What was there before.
    pub(crate) before: Side,
    /// What was there after.
    pub(crate) after: Side,
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Side {
    /// No record.
    Nothing,
    /// A record that is nobody's.
    Whole(Record),
    /// One that can not be opened any more.
    Erased(Erased),
}

impl Side {
    fn read(keys: &Keyring, key: &[u8], value: Option<&Bytes>) -> Result<Self, Unreadable> {
        let Some(value) = value else {
            return Ok(Self::Nothing);
        };
        Ok(match decode(keys, key, value.clone())? {
            Opened::Whole(record, _) => Self::Whole(record),
            Opened::Erased(erased) => Self::Erased(erased),
        })
    }

    /// The record, if it can be read.
    pub(crate) fn whole(self) -> Option<Record> {
        match self {
            Self::Whole(record) => Some(record),
            Self::Nothing | Self::Erased(_) => None,
        }
    }
}

/// Reads a whole commit of the journal.
pub(crate) fn read_commit(
    keys: &Keyring,
    commit: &treadwell_journal::Commit,
) -> Result<ReadCommit, Unreadable> {
    let meta = Meta::decode(keys, commit.revision, commit.meta.clone())?;
    let mut changes = Vec::with_capacity(commit.changes.len());
    let mut erased = Vec::new();
    for change in &commit.changes {
        let before = Side::read(keys, &change.key, change.before.as_ref())?;
        let after = Side::read(keys, &change.key, change.after.as_ref())?;
        match (&before, &after) {
            (Side::Erased(Erased { id, .. }), _) | (_, Side::Erased(Erased { id, .. })) => {
                let id = *id;
                erased.push(ErasedChange { id, before, after });
            }
            _ => {
                let change = Change::new(before.whole(), after.whole());
                changes.push(change.ok_or_else(|| {
                    Unreadable::new(
                        format!("the commit at revision {}", commit.revision),
                        "a change has neither a record before nor one after".to_owned(),
                    )
                })?);
            }
        }
    }
    Ok(ReadCommit {
        commit: Commit {
            revision: commit.revision,
            at: meta.at,
            by: meta.by,
            kind: meta.kind,
            changes: changes.into(),
        },
        meta,
        erased,
    })
}

fn reference(id: &RecordId) -> stored::RecordRef {
    stored::RecordRef {
        kind: kind_form(id.kind()).into(),
        id: id.name(),
    }
}

fn dereference(reference: &stored::RecordRef) -> Option<RecordId> {
    RecordId::parse(kind_of(reference.kind())?, &reference.id)
}
