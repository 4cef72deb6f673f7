//! Reports as rows of named figures, the same for the command line and the screens. Pure.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use treadwell_api::v1;

use crate::tui::time;

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Kind {
    /// How rooms, bar rooms and therapists were used
    #[default]
    Utilization,
    /// Who came: no-shows and late cancellations
    Attendance,
    /// What screening said of those who were booked
    Screening,
    /// How long rooms took to be made ready
    Turnover,
    /// What became of those who waited for a place
    Waitlist,
    /// How what is kept in stock came in and went out
    Stock,
}

impl Kind {
    /// Every report, in the order in which a key goes through them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Utilization,
        Self::Attendance,
        Self::Screening,
        Self::Turnover,
        Self::Waitlist,
        Self::Stock,
    ];

    /// Its name in the fields of the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utilization => "utilization",
            Self::Attendance => "attendance",
            Self::Screening => "screening",
            Self::Turnover => "turnover",
            Self::Waitlist => "waitlist",
            Self::Stock => "stock",
        }
    }

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Utilization => "Utilization",
            Self::Attendance => "Attendance",
            Self::Screening => "Screening",
            Self::Turnover => "Turnover times",
            Self::Waitlist => "Waitlist",
            Self::Stock => "Stock use",
        }
    }

    /// Who may see it: what the server grants, in words.
    pub(crate) fn seen_by(self) -> &'static str {
        match self {
            Self::Utilization | Self::Screening => "owners and managers",
            Self::Attendance | Self::Turnover | Self::Waitlist | Self::Stock => {
                "owners, managers and the front desk"
            }
        }
    }
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things.
    Count,
    /// Minutes.
    Minutes,
    /// Seconds.
    Seconds,
    /// A share, in hundredths.
    Percent,
}

/// A number with its name, as the API calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figure {
    /// The name of the field; it ends with the unit, unless that is a count.
    pub(crate) name: &'static str,
    /// The number.
    pub(crate) value: i64,
}

impl Figure {
    /// What it counts.
    pub(crate) fn unit(&self) -> Unit {
        if self.name.ends_with("_minutes") {
            Unit::Minutes
        } else if self.name.ends_with("_seconds") {
            Unit::Seconds
        } else if self.name.ends_with("_percent") {
            Unit::Percent
        } else {
            Unit::Count
        }
    }

    /// What people call it.
    pub(crate) fn label(&self) -> String {
        let units = ["_minutes", "_seconds", "_percent"];
        let bare = units.iter().find_map(|unit| self.name.strip_suffix(unit));
        bare.unwrap_or(self.name).replace('_', " ")
    }

    /// The number for people: minutes as `7h30`, seconds as `12m05s`, shares as `25 %`.
    pub(crate) fn words(&self) -> String {
        match self.unit() {
            Unit::Count => self.value.to_string(),
            Unit::Percent => format!("{} %", self.value),
            Unit::Minutes => format!("{}h{:02}", self.value / 60, self.value % 60),
            Unit::Seconds => format!("{}m{:02}s", self.value / 60, self.value % 60),
        }
    }
}

/// The figures of one site in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Of which report.
    pub(crate) kind: Kind,
    /// The site.
    pub(crate) site_id: String,
    /// The first date of the period.
    pub(crate) period_start: v1::LocalDate,
    /// Whose hours: `rooms`, `bar_rooms`, `therapists`; of which item of the stock; empty in other reports.
    pub(crate) of: String,
    /// What people call that, or empty.
    pub(crate) of_name: String,
    /// In the order of the API.
    pub(crate) figures: Vec<Figure>,
}

impl Row {
    /// The period's first date as `YYYY-MM-DD`.
    pub(crate) fn period(&self) -> String {
        time::iso(&self.period_start)
    }

    /// The figure that says most, made of the others: a share, or a mean. 0 where there is nothing to share.
    pub(crate) fn headline(&self) -> Figure {
        let value = |name: &str| {
            let figure = self.figures.iter().find(|it| it.name == name);
            figure.map_or(0, |figure| figure.value)
        };
        let (name, part, whole) = match self.kind {
            Kind::Utilization => {
                let offered = value("offered_minutes");
                let used = offered - value("idle_minutes");
                ("used_percent", 100 * used, offered)
            }
            Kind::Attendance => {
                let lost = value("no_shows") + value("cancelled_late");
                ("not_kept_percent", 100 * lost, value("appointments"))
            }
            Kind::Screening => ("clear_percent", 100 * value("clear"), value("appointments")),
            Kind::Turnover => ("mean_seconds", value("total_seconds"), value("turnovers")),
            Kind::Waitlist => {
                let booked = value("booked") + value("booked_elsewhere");
                ("placed_percent", 100 * booked, value("entries"))
            }
            Kind::Stock => {
                let used = value("used_in_sessions") + value("used_by_hand");
                ("used", used, 1)
            }
        };
        let value = (part + whole / 2).checked_div(whole).unwrap_or(0);
        Figure { name, value }
    }

    /// The headline and then the others.
    pub(crate) fn all(&self) -> Vec<Figure> {
        let mut all = vec![self.headline()];
        all.extend(&self.figures);
        all
    }

    /// Adds what a later period of the same site has.
    pub(crate) fn add(&mut self, later: &Self) {
        for (sum, more) in self.figures.iter_mut().zip(&later.figures) {
            sum.value = match sum.name {
                "longest_seconds" => sum.value.max(more.value),
                "opening" => sum.value,
                "closing" => more.value,
                _ => sum.value + more.value,
            };
        }
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("report", self.kind.name())?;
        object.serialize_entry("site_id", &self.site_id)?;
        object.serialize_entry("period_start", &self.period())?;
        if !self.of.is_empty() {
            object.serialize_entry("of", &self.of)?;
        }
        for figure in &self.figures {
            object.serialize_entry(figure.name, &figure.value)?;
        }
        object.end()
    }
}

/// Rows as comma-separated values with a head, as RFC 4180 has it. Ids, dates and numbers need no quotes.
pub(crate) fn csv(rows: &[Row]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let mut lines = vec![line(
        first,
        &["site_id", "period_start"].map(str::to_owned),
        "of",
        |figure| figure.name.to_owned(),
    )];
    lines.extend(rows.iter().map(|row| {
        line(
            row,
            &[row.site_id.clone(), row.period()],
            &row.of,
            |figure| figure.value.to_string(),
        )
    }));
    lines.concat()
}

fn line(row: &Row, key: &[String; 2], of: &str, cell: impl Fn(&Figure) -> String) -> String {
    let mut cells = key.to_vec();
    if !row.of.is_empty() {
        cells.push(of.to_owned());
    }
    cells.extend(row.figures.iter().map(cell));
    format!("{}\r\n", cells.join(","))
}

/// Reads figures out of a message by the names of its fields.
macro_rules! figures {
    ($message:ident: $($name:ident),+ $(,)?) => {
        vec![$(Figure { name: stringify!($name), value: $message.$name.into() }),+]
    };
}

fn row(
    kind: Kind,
    site_id: String,
    start: Option<v1::LocalDate>,
    of: &str,
    figures: Vec<Figure>,
) -> Row {
    Row {
        kind,
        site_id,
        period_start: start.unwrap_or_default(),
        of: of.to_owned(),
        of_name: of.replace('_', " "),
        figures,
    }
}

/// The rows of the utilization report: three for each of the API's.
pub(crate) fn utilization(rows: Vec<v1::UtilizationRow>) -> Vec<Row> {
    let three = |it: v1::UtilizationRow| {
        let hours = [
            ("rooms", it.rooms),
            ("bar_rooms", it.bar_rooms),
            ("therapists", it.therapists),
        ];
        hours.map(|(of, hours)| {
            let hours = hours.unwrap_or_default();
            let figures = figures!(hours: offered_minutes, booked_minutes, turnover_minutes, idle_minutes, beyond_minutes);
            row(Kind::Utilization, it.site_id.clone(), it.period_start, of, figures)
        })
    };
    rows.into_iter().flat_map(three).collect()
}

/// Rows of a report with one row for each of the API's.
macro_rules! plain {
    ($($name:ident, $kind:ident: $message:ident { $($field:ident),+ $(,)? })*) => {$(
        #[doc = concat!("The rows of the ", stringify!($name), " report.")]
        pub(crate) fn $name(rows: Vec<v1::$message>) -> Vec<Row> {
            rows.into_iter()
                .map(|it| {
                    let figures = figures!(it: $($field),+);
                    row(Kind::$kind, it.site_id, it.period_start, "", figures)
                })
                .collect()
        }
    )*};
}

plain! {
    attendance, Attendance: AttendanceRow {
        appointments, completed, open, no_shows, cancelled, cancelled_late, lost_minutes,
    }
    screening, Screening: ScreeningOutcomesRow {
        appointments, clear, needs_review, incomplete, excluded_until, excluded, proceed, modify, declined, cancelled,
    }
    turnover, Turnover: TurnoverTimesRow { turnovers, late, total_seconds, longest_seconds }
    waitlist, Waitlist: WaitlistConversionRow {
        entries, booked, booked_elsewhere, withdrawn, waiting, waited_minutes, offers_declined, offers_lapsed,
        offers_released,
    }
}

/// The rows of the stock report, one for each item, called by the names of `items`.
pub(crate) fn stock(rows: Vec<v1::StockUseRow>, items: &[v1::StockItem]) -> Vec<Row> {
    let one = |it: v1::StockUseRow| {
        let is_of =
            |item: &&v1::StockItem| item.site_id == it.site_id && item.item_id == it.item_id;
        let of_name = items.iter().find(is_of).map_or_else(
            || it.item_id.clone(),
            |item| format!("{} ({})", item.name, item.unit),
        );
        let figures = figures!(it: opening, received, transferred_in, counted_more, used_in_sessions, used_by_hand, wasted, transferred_out, counted_less, closing, short);
        Row {
            of_name,
            ..row(
                Kind::Stock,
                it.site_id,
                it.period_start,
                &it.item_id,
                figures,
            )
        }
    };
    rows.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(offered: i64, booked: i64) -> v1::HoursUsed {
        v1::HoursUsed {
            offered_minutes: offered,
            booked_minutes: booked,
            idle_minutes: offered - booked,
            ..v1::HoursUsed::default()
        }
    }

    #[test]
    fn the_headline_is_the_share_that_was_used_and_sums_are_shared_again() {
        let rows = sample();
        let used = |row: &Row| (row.headline().label(), row.headline().words());
        assert_eq!(used(&rows[0]), ("used".to_owned(), "25 %".to_owned()));
        assert_eq!(used(&rows[2]).1, "0 %", "nothing is offered");
        let mut both = rows[0].clone();
        both.add(&rows[1]);
        assert_eq!(used(&both).1, "21 %", "150 of 720");
        let mut times = turnover(vec![
            v1::TurnoverTimesRow {
                turnovers: 2,
                total_seconds: 1_200,
                longest_seconds: 700,
                ..v1::TurnoverTimesRow::default()
            },
            v1::TurnoverTimesRow {
                turnovers: 1,
                total_seconds: 300,
                longest_seconds: 300,
                ..v1::TurnoverTimesRow::default()
            },
        ]);
        let last = times.remove(1);
        times[0].add(&last);
        let words: Vec<String> = times[0].all().iter().map(Figure::words).collect();
        assert_eq!(words, ["8m20s", "3", "0", "25m00s", "11m40s"]);
    }

    #[test]
    fn what_is_there_is_not_added_up_but_what_came_and_went_is() {
        let week = |opening, used, closing| v1::StockUseRow {
            item_id: "oil".to_owned(),
            opening,
            used_in_sessions: used,
            closing,
            ..v1::StockUseRow::default()
        };
        let items = [v1::StockItem {
            item_id: "oil".to_owned(),
            name: "Massage oil".to_owned(),
            unit: "ml".to_owned(),
            ..v1::StockItem::default()
        }];
        let mut weeks = stock(vec![week(100, 30, 70), week(70, 60, 10)], &items);
        let last = weeks.remove(1);
        let both = &mut weeks[0];
        both.add(&last);
        let figure = |name: &str| {
            both.all()
                .iter()
                .find(|it| it.name == name)
                .map(|it| it.value)
        };
        let found = ["used", "opening", "closing", "used_in_sessions"].map(figure);
        assert_eq!(found, [90, 100, 10, 90].map(Some));
        assert_eq!((&*both.of, &*both.of_name), ("oil", "Massage oil (ml)"));
    }

    fn sample() -> Vec<Row> {
        utilization(vec![v1::UtilizationRow {
            site_id: "halifax".to_owned(),
            period_start: Some(v1::LocalDate {
                year: 2026,
                month: 10,
                day: 5,
            }),
            rooms: Some(hours(600, 150)),
            bar_rooms: Some(hours(120, 0)),
            therapists: None,
        }])
    }

    #[test]
    fn csv_has_a_head_and_a_line_for_each_row() {
        let expected = "\
site_id,period_start,of,offered_minutes,booked_minutes,turnover_minutes,idle_minutes,beyond_minutes\r
halifax,2026-10-05,rooms,600,150,0,450,0\r
halifax,2026-10-05,bar_rooms,120,0,0,120,0\r
halifax,2026-10-05,therapists,0,0,0,0,0\r
";
        assert_eq!(csv(&sample()), expected);
        let waited = waitlist(vec![v1::WaitlistConversionRow::default()]);
        assert!(csv(&waited).starts_with("site_id,period_start,entries,booked,"));
        assert_eq!(csv(&[]), "");
    }

    #[test]
    fn an_object_has_its_fields_in_order() {
        let text = serde_json::to_string(&sample()[0]).expect("numbers and words");
        let expected = r#"{"report":"utilization","site_id":"halifax","period_start":"2026-10-05","of":"rooms","offered_minutes":600,"booked_minutes":150,"turnover_minutes":0,"idle_minutes":450,"beyond_minutes":0}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn people_read_hours_and_plain_names() {
        let figure = |name, value| {
            let figure = Figure { name, value };
            (figure.label(), figure.words())
        };
        let said = |label: &str, words: &str| (label.to_owned(), words.to_owned());
        assert_eq!(figure("offered_minutes", 605), said("offered", "10h05"));
        assert_eq!(figure("longest_seconds", 65), said("longest", "1m05s"));
        assert_eq!(figure("no_shows", 7), said("no shows", "7"));
    }
}
