//! Reports: what is asked, and rows of figures.

use treadwell_api::v1;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::limits;
use treadwell_clinic::report::{
    Attendance, Period, Range, Row, ScreeningOutcomes, StockUse, TurnoverTimes, Use, Utilization,
    WaitlistConversion,
};

use super::fields::Fields;
use super::values;

/// Reads the sites that are named and the range of a query.
pub fn read_query(
    query: Option<&v1::ReportQuery>,
    f: &mut Fields<'_>,
) -> Option<(Vec<SiteId>, Range)> {
    let query = f.required("query", query)?;
    let mut f = f.inside("query");
    let sites = f.ids("site_ids", &query.site_ids, limits::SITES_PER_KEY);
    let first = f.date("first", query.first.as_ref());
    let last = f.date("last", query.last.as_ref());
    let by = f.choice("period", query.period, |period| match period {
        v1::ReportPeriod::Unspecified => None,
        v1::ReportPeriod::Day => Some(Period::Day),
        v1::ReportPeriod::Week => Some(Period::Week),
        v1::ReportPeriod::Month => Some(Period::Month),
    });
    let (first, last, by) = (first?, last?, by?);
    match Range::new(first, last, by) {
        Some(range) => Some((sites?, range)),
        None => f.wrong(
            "last",
            format!(
                "not before `first`, and at most {} dates in all",
                limits::REPORT_DAYS
            ),
        ),
    }
}

/// Figures as a row of their own kind of report.
pub trait Shown: Sized + 'static {
    /// The message.
    type Message: Send + 'static;

    /// The row as a message.
    fn show(row: &Row<Self>) -> Self::Message;
}

fn count(figure: u32) -> i32 {
    i32::try_from(figure).unwrap_or(i32::MAX)
}

fn sum(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}

fn hours(used: &Use) -> v1::HoursUsed {
    v1::HoursUsed {
        offered_minutes: sum(used.offered),
        booked_minutes: sum(used.booked),
        turnover_minutes: sum(used.turnover),
        idle_minutes: sum(used.idle),
        beyond_minutes: sum(used.beyond),
    }
}

impl Shown for Utilization {
    type Message = v1::UtilizationRow;

    fn show(row: &Row<Self>) -> v1::UtilizationRow {
        v1::UtilizationRow {
            site_id: row.site.to_string(),
            period_start: Some(values::date(row.period)),
            rooms: Some(hours(&row.figures.rooms)),
            bar_rooms: Some(hours(&row.figures.bar_rooms)),
            therapists: Some(hours(&row.figures.therapists)),
        }
    }
}

impl Shown for Attendance {
    type Message = v1::AttendanceRow;

    fn show(row: &Row<Self>) -> v1::AttendanceRow {
        let it = &row.figures;
        v1::AttendanceRow {
            site_id: row.site.to_string(),
            period_start: Some(values::date(row.period)),
            appointments: count(it.appointments),
            completed: count(it.completed),
            open: count(it.open),
            no_shows: count(it.no_shows),
            cancelled: count(it.cancelled),
            cancelled_late: count(it.cancelled_late),
            lost_minutes: sum(it.lost_minutes),
        }
    }
}

impl Shown for ScreeningOutcomes {
    type Message = v1::ScreeningOutcomesRow;

    fn show(row: &Row<Self>) -> v1::ScreeningOutcomesRow {
        let it = &row.figures;
        v1::ScreeningOutcomesRow {
            site_id: row.site.to_string(),
            period_start: Some(values::date(row.period)),
            appointments: count(it.appointments),
            clear: count(it.clear),
            needs_review: count(it.needs_review),
            incomplete: count(it.incomplete),
            excluded_until: count(it.excluded_until),
            excluded: count(it.excluded),
            proceed: count(it.proceed),
            modify: count(it.modify),
            declined: count(it.declined),
            cancelled: count(it.cancelled),
        }
    }
}

impl Shown for TurnoverTimes {
    type Message = v1::TurnoverTimesRow;

    fn show(row: &Row<Self>) -> v1::TurnoverTimesRow {
        let it = &row.figures;
        v1::TurnoverTimesRow {
            site_id: row.site.to_string(),
            period_start: Some(values::date(row.period)),
            turnovers: count(it.turnovers),
            late: count(it.late),
            total_seconds: sum(it.seconds),
            longest_seconds: sum(it.longest_seconds),
        }
    }
}

impl Shown for WaitlistConversion {
    type Message = v1::WaitlistConversionRow;

    fn show(row: &Row<Self>) -> v1::WaitlistConversionRow {
        let it = &row.figures;
        v1::WaitlistConversionRow {
            site_id: row.site.to_string(),
            period_start: Some(values::date(row.period)),
            entries: count(it.entries),
            booked: count(it.booked),
            booked_elsewhere: count(it.booked_elsewhere),
            withdrawn: count(it.withdrawn),
            waiting: count(it.waiting),
            waited_minutes: sum(it.waited_minutes),
            offers_declined: count(it.declined),
            offers_lapsed: count(it.lapsed),
            offers_released: count(it.released),
        }
    }
}

impl Shown for StockUse {
    type Message = v1::StockUseRow;

    fn show(row: &Row<Self>) -> v1::StockUseRow {
        let it = &row.figures;
        v1::StockUseRow {
            site_id: row.site.to_string(),
            period_start: Some(values::date(row.period)),
            item_id: it.item.to_string(),
            opening: it.opening,
            received: it.received,
            transferred_in: it.transferred_in,
            counted_more: it.counted_more,
            used_in_sessions: it.used_in_sessions,
            used_by_hand: it.used_by_hand,
            wasted: it.wasted,
            transferred_out: it.transferred_out,
            counted_less: it.counted_less,
            closing: it.closing,
            short: it.short,
        }
    }
}
