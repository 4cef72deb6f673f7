//! Rows of a sheet as the API takes them. Pure; what is wrong with a row is told whole.

use jiff::{Zoned, civil::Date};
use treadwell_client::v1;

use crate::{
    cli::names::Names,
    exchange::{Columns, Row},
    tui::time,
    when,
};

/// A line that says nothing that the API could take.
pub(super) struct Bad {
    /// Where it stands in the file.
    pub(super) line: i32,
    /// What is wrong: the field, empty for the line as a whole; and what to do.
    pub(super) problems: Vec<(&'static str, String)>,
}

/// Reads rows.
pub(super) struct Reader<'a> {
    names: &'a Names,
    columns: &'a Columns,
    /// The site of a line that names none.
    site: Option<String>,
}

/// Whether an appointment is to come, as files put it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Booked,
    Confirmed,
    Over,
}

/// Collects what is wrong with a row.
struct Cells<'a> {
    reader: &'a Reader<'a>,
    row: &'a Row,
    problems: Vec<(&'static str, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(names: &'a Names, columns: &'a Columns, site: Option<String>) -> Self {
        Self {
            names,
            columns,
            site,
        }
    }

    fn cells(&'a self, row: &'a Row) -> Cells<'a> {
        let mut cells = Cells {
            reader: self,
            row,
            problems: Vec::new(),
        };
        if let Some(count) = row.uneven {
            let expected = row.cells.len();
            cells.wrong(
                "",
                format!(
                    "it has {count} cells, and the head {expected}; is a quotation mark missing?"
                ),
            );
        }
        cells
    }

    pub(super) fn client(&self, row: &Row) -> Result<v1::ClientLine, Bad> {
        let mut cells = self.cells(row);
        let client = v1::Client {
            name: cells.name("name", &["first_name", "last_name"]),
            phone: cells.text("phone"),
            email: cells.text("email"),
            born: cells.date("born"),
            note: cells.text("note"),
            preferred_therapist_id: cells.therapist("preferred_therapist_id"),
            external_id: cells.text("external_id"),
            ..v1::Client::default()
        };
        cells.finish(|line| v1::ClientLine {
            line,
            client: Some(client),
        })
    }

    pub(super) fn appointment(&self, row: &Row) -> Result<v1::AppointmentLine, Bad> {
        let mut cells = self.cells(row);
        let room_id = cells.room();
        let site_id = cells.site(&room_id);
        let service_id = cells.service();
        let confirmed = match cells.state() {
            Some(State::Over) => {
                cells.wrong("state", "only what is booked or confirmed is imported; leave the line out, or say --coming".to_owned());
                false
            }
            state => state == Some(State::Confirmed),
        };
        let client_external_id = cells.text("client_id");
        let named = client_external_id.is_empty();
        let appointment = v1::Appointment {
            extension_ids: cells.extensions(&service_id),
            therapist_id: cells.therapist("therapist"),
            start: cells.start(&site_id),
            note: cells.text("note"),
            external_id: cells.text("external_id"),
            service_id,
            site_id,
            room_id,
            ..v1::Appointment::default()
        };
        let (client_name, client_phone) = if named {
            (
                cells.name("client_name", &["first_name", "last_name"]),
                cells.text("client_phone"),
            )
        } else {
            // With an id of the clinic's own it says whether that is meant.
            (cells.text("client_name"), String::new())
        };
        cells.finish(|line| v1::AppointmentLine {
            line,
            appointment: Some(appointment),
            client_external_id,
            client_name,
            client_phone,
            confirmed,
        })
    }

    /// Whether an appointment is to come: what can not be told is, so that it is not passed over in silence.
    pub(super) fn is_coming(&self, row: &Row) -> bool {
        let mut cells = self.cells(row);
        if cells.state() == Some(State::Over) {
            return false;
        }
        let room = cells.room();
        let site = cells.site(&room);
        let start = cells.start(&site);
        start.is_none_or(|start| time::instant(&start) >= self.names.now)
    }
}

impl Cells<'_> {
    fn wrong(&mut self, field: &'static str, problem: String) {
        self.problems.push((field, problem));
    }

    fn cell(&self, field: &str) -> &str {
        self.reader.columns.cell(self.row, field)
    }

    fn text(&self, field: &str) -> String {
        self.cell(field).to_owned()
    }

    /// A whole name, or one put together out of its parts.
    fn name(&mut self, field: &'static str, parts: &[&str]) -> String {
        let whole = self.text(field);
        if !whole.is_empty() {
            return whole;
        }
        let parts = parts.iter().map(|part| self.cell(part));
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        let name = parts.join(" ");
        if name.is_empty() {
            self.wrong(field, "there is no name".to_owned());
        }
        name
    }

    fn date(&mut self, field: &'static str) -> Option<v1::LocalDate> {
        let text = self.text(field);
        if text.is_empty() {
            return None;
        }
        let date: Option<Date> = text.parse().ok();
        if date.is_none() {
            self.wrong(
                field,
                "write the date as 1980-03-02: others may be read in two ways".to_owned(),
            );
        }
        date.map(time::local_date)
    }

    fn state(&mut self) -> Option<State> {
        let text = self.cell("state").to_lowercase().replace(['_', '-'], " ");
        let state = match text.as_str() {
            "" | "booked" | "unconfirmed" | "scheduled" | "active" | "upcoming" => State::Booked,
            "confirmed" => State::Confirmed,
            "arrived" | "in session" | "completed" | "complete" | "checked out" | "cancelled"
            | "canceled" | "late cancelled" | "no show" | "noshow" | "did not arrive"
            | "deleted" | "archived" => State::Over,
            _ => {
                self.wrong(
                    "state",
                    "one of booked, confirmed, completed, cancelled, no_show".to_owned(),
                );
                return None;
            }
        };
        Some(state)
    }

    /// The id of something that is named by id or name, exactly: what is only alike may be something else.
    fn named<'n>(
        &mut self,
        field: &'static str,
        what: &str,
        all: impl Iterator<Item = (&'n str, Vec<&'n str>)>,
    ) -> String {
        let wanted = self.cell(field).to_lowercase();
        if wanted.is_empty() {
            return String::new();
        }
        let all: Vec<_> = all.collect();
        let is_it = |(id, names): &&(&str, Vec<&str>)| {
            *id == wanted || names.iter().any(|name| name.to_lowercase() == wanted)
        };
        let found: Vec<_> = all.iter().filter(is_it).collect();
        if let [(id, _)] = found[..] {
            return (*id).to_owned();
        }
        let ids: Vec<_> = all.iter().map(|(id, _)| *id).collect();
        let problem = if found.is_empty() {
            format!(
                "there is no such {what} here; there are: {}",
                ids.join(", ")
            )
        } else {
            format!(
                "there are several such {what}s; name one by id: {}",
                ids.join(", ")
            )
        };
        self.wrong(field, problem);
        String::new()
    }

    fn therapist(&mut self, field: &'static str) -> String {
        let names = self.reader.names;
        let all = names.therapists.iter().filter(|it| !it.retired);
        let all = all.map(|it| {
            (
                it.id.as_str(),
                vec![it.name.as_str(), it.short_name.as_str()],
            )
        });
        self.named(field, "therapist", all)
    }

    fn room(&mut self) -> String {
        let names = self.reader.names;
        let all = names.catalog.rooms.iter().filter(|it| !it.retired);
        self.named(
            "room",
            "room",
            all.map(|it| (it.id.as_str(), vec![it.name.as_str()])),
        )
    }

    fn service(&mut self) -> String {
        if self.cell("service").is_empty() {
            self.wrong("service", "there is no service".to_owned());
        }
        let names = self.reader.names;
        let all = names.catalog.services.iter().filter(|it| !it.retired);
        self.named(
            "service",
            "service",
            all.map(|it| (it.id.as_str(), vec![it.name.as_str()])),
        )
    }

    fn extensions(&mut self, service_id: &str) -> Vec<String> {
        let text = self.text("extensions");
        let names = self.reader.names;
        let service = names.catalog.services.iter().find(|it| it.id == service_id);
        let known: Vec<_> = service.into_iter().flat_map(|it| &it.extensions).collect();
        let mut ids = Vec::new();
        for wanted in text.split(';').map(str::trim).filter(|it| !it.is_empty()) {
            let lower = wanted.to_lowercase();
            match known
                .iter()
                .find(|it| it.id == lower || it.name.to_lowercase() == lower)
            {
                Some(it) => ids.push(it.id.clone()),
                // Without its service nothing can be said of them.
                None if service.is_none() => {}
                None => self.wrong("extensions", "the service has no such extension".to_owned()),
            }
        }
        ids
    }

    /// The site that is named, or that of the room, or the one for lines that name none.
    fn site(&mut self, room_id: &str) -> String {
        let names = self.reader.names;
        let all = names.catalog.sites.iter();
        let named = self.named(
            "site",
            "site",
            all.map(|it| (it.id.as_str(), vec![it.name.as_str()])),
        );
        if !named.is_empty() || !self.cell("site").is_empty() {
            return named;
        }
        if !room_id.is_empty() {
            return names.site_of(room_id);
        }
        let Some(site) = &self.reader.site else {
            self.wrong(
                "site",
                "no site is named; say --site SITE for all lines without one".to_owned(),
            );
            return String::new();
        };
        site.clone()
    }

    fn start(&mut self, site_id: &str) -> Option<prost_types::Timestamp> {
        let whole = self.text("start");
        let text = if whole.is_empty() {
            format!("{} {}", self.cell("date"), self.cell("time"))
        } else {
            whole
        };
        let zone = self.reader.names.zone_of(site_id);
        match start(&text, &self.reader.names.now.to_zoned(zone)) {
            Ok(at) => Some(time::wire(at)),
            Err(problem) => {
                self.wrong("start", problem);
                None
            }
        }
    }

    fn finish<L>(self, line: impl FnOnce(i32) -> L) -> Result<L, Bad> {
        let at = i32::try_from(self.row.line).unwrap_or(i32::MAX);
        if self.problems.is_empty() {
            return Ok(line(at));
        }
        Err(Bad {
            line: at,
            problems: self.problems,
        })
    }
}

/// A moment with its whole date: in a file there is no today, and a day before a month is a month before a day elsewhere.
fn start(text: &str, now: &Zoned) -> Result<jiff::Timestamp, String> {
    let text = text.trim();
    let year = text.get(..5).is_some_and(|year| {
        year.ends_with('-') && year[..4].bytes().all(|digit| digit.is_ascii_digit())
    });
    if !year {
        return Err(
            "write the start as 2026-10-14 14:00: others may be read in two ways".to_owned(),
        );
    }
    let minutes = text
        .strip_suffix(":00")
        .filter(|rest| rest.matches(':').count() == 1);
    let local = minutes.unwrap_or(text).replacen('T', " ", 1);
    text.parse()
        .or_else(|_| when::moment(&local, now))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::tests::fixture,
        exchange::{Form, Sheet, columns},
    };

    /// What is wrong with each line of a file of appointments.
    fn wrong(file: &str) -> Vec<(i32, Vec<&'static str>)> {
        let sheet = Sheet::read(file.as_bytes(), Form::Csv).expect("a sheet");
        let columns = Columns::of(&sheet, columns::APPOINTMENTS);
        let names = fixture::names();
        let reader = Reader::new(&names, &columns, Some("halifax".to_owned()));
        let bad = sheet
            .rows
            .iter()
            .filter_map(|row| reader.appointment(row).err());
        bad.map(|bad| {
            (
                bad.line,
                bad.problems.iter().map(|(field, _)| *field).collect(),
            )
        })
        .collect()
    }

    #[test]
    fn a_start_has_a_whole_date_and_is_no_time_that_the_clocks_skip() {
        let names = fixture::names();
        let now = names.now_at(Some("halifax")).expect("a site");
        let at = |text: &str| start(text, &now).map(|at| at.to_string());
        for text in [
            "2026-10-14 14:00",
            "2026-10-14T14:00",
            "2026-10-14 14:00:00",
            "2026-10-14T14:00:00-03:00",
            "2026-10-14T17:00:00Z",
            "2026-10-14 2:00 pm",
        ] {
            assert_eq!(at(text).as_deref(), Ok("2026-10-14T17:00:00Z"), "{text}");
        }
        for text in [
            "tomorrow 14:00",
            "10/14/2026 14:00",
            "2026-10-14",
            "",
            "2027-03-14 02:30",
            "2026-11-01 01:30",
        ] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_every_line_is_told() {
        let file = "\
Appointment ID,Patient First Name,Patient Last Name,Mobile Phone,Treatment,Staff Member,Location,Start At,Status\r
1,Ann,Bell,902 555 0101,Ashiatsu 60,Mei Chen,Halifax,2026-10-15 10:00,booked\r
2,,,,Ashiatsu,Nobody,Toronto,soon,maybe\r
3,Ann,Bell,902 555 0101,Hands-on 60,chen,,2026-10-15 12:00,Cancelled\r
4,Ann,Bell\r
";
        assert_eq!(
            wrong(file),
            [
                (
                    3,
                    vec![
                        "site",
                        "service",
                        "state",
                        "therapist",
                        "start",
                        "client_name"
                    ]
                ),
                (4, vec!["state"]),
                (5, vec!["", "service", "start"]),
            ]
        );
    }
}
