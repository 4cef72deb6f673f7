use super::NewClient;
use crate::id::ClientId;
use crate::model::Wish;

/// The lines of a file that another product wrote, or the clinic itself.
///
/// All become part of the clinic, or none does. A line whose external id is known is as it shall be already, whatever
/// became of it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import<L> {
    /// 1 to [`crate::limits::IMPORT_LINES`], in the order of the file: each is judged after those before it.
    pub lines: Vec<L>,
    /// Whether a line is passed over that is about what the clinic has already, though under no external id: a client of
    /// the same name and phone number, or the client's appointment for the same service and start. Otherwise it is refused.
    pub skip_existing: bool,
}

/// A client in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLine {
    /// Where it stands in the file, for the report.
    pub line: u32,
    /// See [`crate::model::Client::external`].
    pub external: String,
    /// Who.
    pub client: NewClient,
}

/// An appointment in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentLine {
    /// Where it stands in the file, for the report.
    pub line: u32,
    /// See [`crate::model::Appointment::external`]; or empty.
    pub external: String,
    /// Whose.
    pub client: ClientNamed,
    /// What, where and when. Its client is the one that is named.
    pub wish: Wish,
    /// Whether the client has confirmed.
    pub confirmed: bool,
    /// A note for the desk, or empty.
    pub note: String,
}

/// How a file names a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientNamed {
    /// By the clinic's own id.
    Id(ClientId),
    /// By the id under which they were imported. A file of the clinic itself has its own ids, by which another clinic that
    /// imported them knows its clients; so such an id counts too, but with the name alone: elsewhere it is somebody else's.
    External {
        /// The id.
        id: String,
        /// The name, or empty.
        name: String,
    },
    /// By name and phone number, both as on the record but for capitals and punctuation.
    NameAndPhone {
        /// The name.
        name: String,
        /// The phone number; one without a digit finds nobody.
        phone: String,
    },
}
