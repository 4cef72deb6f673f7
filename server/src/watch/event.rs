//! One changed record, encoded as a class of view sees it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::id::{ClientId, SiteId};
use treadwell_clinic::model::{Change, Record, RecordId, Sites};
use treadwell_clinic::{Clinic, Commit, Revision};

use super::filter::{CLASSES, ViewClass};
use super::frame;
use super::retold::retold;
use crate::access::View;
use crate::convert;
use crate::convert::store::commit::{ErasedChange, Side};

/// A changed record. The bytes are a whole `events` field of the answer.
#[derive(Debug)]
pub(crate) struct Event {
    /// The kind of resource.
    pub(crate) kind: v1::ResourceKind,
    /// The client whom the resource is about as it is after the change, if it is about one.
    pub(crate) about: Option<ClientId>,
    /// The sites at which it was seen before the change, if it was.
    pub(crate) before: Option<Box<[SiteId]>>,
    /// The resource after the change, if it is seen.
    pub(crate) after: Option<Shown>,
    /// The tombstone, for those who saw it and do not any more.
    pub(crate) gone: Bytes,
}

/// A resource as it is seen.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The sites at which it is seen; none means everywhere.
    pub(crate) sites: Box<[SiteId]>,
    /// Encoded, for whoever reaches every site.
    pub(crate) bytes: Bytes,
    /// What is encoded anew for whoever does not.
    pub(crate) parted: Option<Parted>,
}

/// A record that looks otherwise to those who do not reach all of what it tells of.
#[derive(Debug)]
pub(crate) struct Parted {
    record: Record,
    revision: Revision,
    last_changed: Revision,
}

impl Shown {
    /// The bytes for one view of the class for which this was encoded.
    pub(crate) fn to<'e>(&'e self, view: &View, clinic: &Clinic) -> Option<Cow<'e, [u8]>> {
        let parted = self.parted.as_ref();
        let Some(parted) = parted.filter(|_| view.sites != Sites::All) else {
            return Some(Cow::Borrowed(&self.bytes));
        };
        let (record, last) = (&parted.record, parted.last_changed);
        let resource = convert::resource(clinic, record, last, view)?;
        let bytes = frame::event(&v1::WatchEvent {
            revision: parted.revision,
            resource: Some(resource),
        });
        Some(Cow::Owned(bytes.into()))
    }
}

/// What each class of view sees of a commit, encoded when somebody first asks.
#[derive(Debug, Default)]
pub(crate) struct Seen([OnceLock<Arc<[Event]>>; CLASSES]);

impl Seen {
    /// What a class of view sees of `commit`, shown with the names that `clinic` has. Some of its changes were on those who
    /// were `erased` since.
    pub(crate) fn by(
        &self,
        class: ViewClass,
        commit: &Commit,
        erased: &[ErasedChange],
        clinic: &Clinic,
    ) -> &Arc<[Event]> {
        self.0[class.index()].get_or_init(|| {
            let revision = commit.revision;
            let erased = erased.iter();
            let erased = erased.filter_map(|change| gone_since(change, revision, clinic, class));
            let changes = commit.changes.iter();
            let changes = changes.filter_map(|change| changed(change, revision, clinic, class));
            let again = retold(commit, clinic, class)
                .filter_map(|(record, last)| shown(&record, revision, last, clinic, class));
            changes.chain(erased).chain(again).collect()
        })
    }
}

/// A change as a class of view sees it; none when it never sees such records.
fn changed(
    change: &Change,
    revision: Revision,
    clinic: &Clinic,
    class: ViewClass,
) -> Option<Event> {
    let kind = change.id().kind();
    if !convert::shows(&class.everywhere(), kind) {
        return None;
    }
    // Foot care is shown with its therapist, who does not go when an entry does.
    if let (Some(Record::FootCare(entry)), None) = (change.before(), change.after()) {
        let therapist = clinic.therapist(entry.therapist)?;
        let record = Record::Therapist(Arc::clone(therapist));
        let last = clinic.revision_of(&record.id()).unwrap_or(revision);
        return shown(&record, revision, last, clinic, class);
    }
    let before = change.before().map(sites);
    told(change.id(), before, change.after(), revision, clinic, class)
}

/// A change on somebody who was erased since, as a class of view sees it: what they were is not told any more, that it went is.
fn gone_since(
    change: &ErasedChange,
    revision: Revision,
    clinic: &Clinic,
    class: ViewClass,
) -> Option<Event> {
    if !convert::shows(&class.everywhere(), change.id.kind()) {
        return None;
    }
    let after = match &change.after {
        Side::Nothing => None,
        Side::Whole(record) => Some(record),
        Side::Erased(_) => return None,
    };
    let before = match &change.before {
        Side::Nothing => None,
        Side::Whole(record) => Some(sites(record)),
        Side::Erased(erased) => Some(erased.sites.clone()),
    };
    told(change.id, before, after, revision, clinic, class)
}

/// The event of a record that was seen at the sites `before`, if it was, and is as it is `after`.
fn told(
    id: RecordId,
    before: Option<Box<[SiteId]>>,
    after: Option<&Record>,
    revision: Revision,
    clinic: &Clinic,
    class: ViewClass,
) -> Option<Event> {
    let mut event = match after {
        Some(record) => shown(record, revision, revision, clinic, class)?,
        None => Event {
            kind: convert::kind(id.kind()),
            about: None,
            before: None,
            after: None,
            gone: Bytes::new(),
        },
    };
    event.before = before;
    event.gone = frame::event(&v1::WatchEvent {
        revision,
        resource: Some(Resource::Tombstone(v1::Tombstone {
            kind: event.kind.into(),
            id: id.name(),
        })),
    });
    Some(event)
}

/// A record as a class of view sees it since `revision`. Its own last change, which is its etag, may be an
/// earlier one.
pub(crate) fn shown(
    record: &Record,
    revision: Revision,
    last_changed: Revision,
    clinic: &Clinic,
    class: ViewClass,
) -> Option<Event> {
    let resource = convert::resource(clinic, record, last_changed, &class.everywhere())?;
    let kind = record.id().kind();
    let parted = convert::looks_otherwise_elsewhere(kind).then(|| Parted {
        record: record.clone(),
        revision,
        last_changed,
    });
    Some(Event {
        kind: convert::kind(kind),
        about: record.owner(),
        before: None,
        after: Some(Shown {
            sites: sites(record),
            bytes: frame::event(&v1::WatchEvent {
                revision,
                resource: Some(resource),
            }),
            parted,
        }),
        gone: Bytes::new(),
    })
}

/// The sites at which a record is seen. Therapists are seen everywhere: clients prefer them, and
/// appointments name them.
fn sites(record: &Record) -> Box<[SiteId]> {
    match record {
        Record::Therapist(_) | Record::FootCare(_) => Box::default(),
        _ => record.sites().into(),
    }
}
