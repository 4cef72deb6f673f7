//! What the columns of a file are called, by this product and by others.
//!
//! The names are data: those of Treadwell's own exports first, then those under which Jane, Cliniko and the like write or
//! document the same. Free notes of other products are not among them: what is noted there is often about health, and that
//! has no place in a note for the desk.

use super::sheet::{Row, Sheet};

/// A column that is understood: what it holds, and its names, the preferred one first.
pub(crate) struct Column {
    /// What it holds.
    pub(crate) field: &'static str,
    /// How it is called, in lower case and without anything between words.
    names: &'static [&'static str],
}

const fn column(field: &'static str, names: &'static [&'static str]) -> Column {
    Column { field, names }
}

/// The columns of clients.
pub(crate) const CLIENTS: &[Column] = &[
    column(
        "external_id",
        &[
            "externalid",
            "patientguid",
            "patientid",
            "patientnumber",
            "clientguid",
            "clientid",
            "customerid",
            "id",
        ],
    ),
    column(
        "name",
        &[
            "name",
            "fullname",
            "patientname",
            "clientname",
            "patient",
            "client",
        ],
    ),
    column(
        "first_name",
        &[
            "firstname",
            "givenname",
            "patientfirstname",
            "clientfirstname",
        ],
    ),
    column(
        "last_name",
        &[
            "lastname",
            "surname",
            "familyname",
            "patientlastname",
            "clientlastname",
        ],
    ),
    column(
        "phone",
        &[
            "phone",
            "mobilephone",
            "mobile",
            "cellphone",
            "phonenumber",
            "homephone",
            "workphone",
            "telephone",
        ],
    ),
    column("email", &["email", "emailaddress"]),
    column(
        "born",
        &["born", "birthdate", "dateofbirth", "birthday", "dob"],
    ),
    column(
        "preferred_therapist_id",
        &["preferredtherapistid", "preferredtherapist"],
    ),
    column("note", &["note"]),
];

/// The columns of appointments.
pub(crate) const APPOINTMENTS: &[Column] = &[
    column(
        "external_id",
        &[
            "externalid",
            "appointmentid",
            "appointmentguid",
            "bookingid",
            "id",
        ],
    ),
    column(
        "client_id",
        &[
            "clientexternalid",
            "clientid",
            "clientguid",
            "patientguid",
            "patientid",
            "patientnumber",
            "customerid",
        ],
    ),
    column(
        "client_name",
        &["clientname", "client", "patientname", "patient"],
    ),
    column(
        "first_name",
        &["clientfirstname", "patientfirstname", "firstname"],
    ),
    column(
        "last_name",
        &["clientlastname", "patientlastname", "lastname"],
    ),
    column(
        "client_phone",
        &[
            "clientphone",
            "patientphone",
            "phone",
            "mobilephone",
            "mobile",
            "phonenumber",
        ],
    ),
    column(
        "service",
        &[
            "serviceid",
            "service",
            "treatmentname",
            "treatment",
            "appointmenttype",
            "item",
        ],
    ),
    column("extensions", &["extensionids", "extensions"]),
    column(
        "site",
        &[
            "siteid",
            "site",
            "locationname",
            "location",
            "business",
            "businessname",
        ],
    ),
    column("room", &["roomid", "room"]),
    column(
        "therapist",
        &[
            "therapistid",
            "therapist",
            "staffmembername",
            "staffmember",
            "practitioner",
            "practitionername",
            "staff",
        ],
    ),
    column(
        "start",
        &[
            "start",
            "startat",
            "startsat",
            "starttime",
            "appointmentstart",
        ],
    ),
    column("date", &["date", "appointmentdate"]),
    column("time", &["time", "appointmenttime"]),
    column("state", &["state", "status", "appointmentstatus"]),
    column("note", &["note"]),
];

/// Which of a sheet's columns hold what.
pub(crate) struct Columns {
    /// What a column holds, and where it stands; the preferred one of a kind first.
    found: Vec<(&'static str, usize)>,
    head: Vec<String>,
    /// The columns that nobody asked for.
    pub(crate) unknown: Vec<String>,
}

/// A name of a column with nothing left but its letters and digits, in lower case.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

impl Columns {
    /// Finds columns by the names in a sheet's head.
    pub(crate) fn of(sheet: &Sheet, known: &'static [Column]) -> Self {
        let plain: Vec<String> = sheet.head.iter().map(|name| plain(name)).collect();
        let mut found = Vec::new();
        for column in known {
            for name in column.names {
                let at = plain.iter().position(|its| its == name);
                found.extend(at.map(|at| (column.field, at)));
            }
        }
        let taken = |at: usize| found.iter().any(|&(_, its)| its == at);
        let unknown = sheet.head.iter().enumerate();
        let unknown = unknown.filter(|(at, name)| !taken(*at) && !name.is_empty());
        Self {
            unknown: unknown.map(|(_, name)| name.clone()).collect(),
            head: sheet.head.clone(),
            found,
        }
    }

    /// Whether there is a column for one of these.
    pub(crate) fn has(&self, fields: &[&str]) -> bool {
        self.found.iter().any(|(its, _)| fields.contains(its))
    }

    /// What a row says of something: the first cell that is not empty, of the columns that hold it.
    pub(crate) fn cell<'r>(&self, row: &'r Row, field: &str) -> &'r str {
        let own = self.found.iter().filter(|(its, _)| *its == field);
        let mut cells = own.filter_map(|(_, at)| row.cells.get(*at));
        cells
            .find(|cell| !cell.is_empty())
            .map_or("", |cell| cell.as_str())
    }

    /// What the file calls the column of something; its own name where the file has none.
    pub(crate) fn name<'n>(&'n self, field: &'n str) -> &'n str {
        let own = self.found.iter().find(|(its, _)| *its == field);
        own.and_then(|(_, at)| self.head.get(*at))
            .map_or(field, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(head: &str, cells: &str) -> Sheet {
        let text = format!("{head}\r\n{cells}\r\n");
        Sheet::read(text.as_bytes(), super::super::Form::Csv).expect("a sheet")
    }

    #[test]
    fn names_are_the_same_whatever_stands_between_their_words() {
        for name in [
            "Birth Date",
            "birth_date",
            "BirthDate",
            "DOB",
            "Date of Birth",
        ] {
            let sheet = sheet(name, "1980-03-02");
            let columns = Columns::of(&sheet, CLIENTS);
            assert_eq!(columns.cell(&sheet.rows[0], "born"), "1980-03-02", "{name}");
            assert_eq!(columns.name("born"), name);
            assert!(columns.unknown.is_empty());
        }
    }

    #[test]
    fn of_several_columns_for_one_thing_the_first_that_says_something_counts() {
        let sheet = sheet("Home Phone,Mobile Phone,Health Card", "902-1,,ABC");
        let columns = Columns::of(&sheet, CLIENTS);
        assert_eq!(columns.cell(&sheet.rows[0], "phone"), "902-1");
        assert_eq!(columns.name("phone"), "Mobile Phone");
        assert_eq!(columns.unknown, ["Health Card"]);
    }

    #[test]
    fn no_name_means_two_things() {
        for known in [CLIENTS, APPOINTMENTS] {
            let mut names: Vec<_> = known.iter().flat_map(|column| column.names).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all);
            assert!(names.iter().all(|name| plain(name) == **name));
        }
    }
}
