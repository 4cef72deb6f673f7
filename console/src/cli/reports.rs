//! `report`: figures by site and period, and who may do what, as a table, as CSV or as JSON.

use std::sync::LazyLock;

use clap::{Args, ValueEnum, builder::PossibleValue};
use jiff::ToSpan as _;
use treadwell_client::v1;

use super::{
    args::AtSite,
    failure::Failure,
    names::Names,
    report::{Report, Table, json},
    session::Session,
};
use crate::{
    figures::{self, Figure, Kind, Row},
    standing,
    tui::time,
    when,
};

/// Weeks before this one that a report covers when it is not said from when on.
const WEEKS: i64 = 12;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Which report
    #[arg(value_enum)]
    report: Which,
    #[command(flatten)]
    at_site: AtSite,
    /// The first day [default: the Monday of 12 weeks ago]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day [default: today]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Of entitlements: the day that is asked about [default: today]
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to"])]
    on: Option<String>,
    /// What days are gathered into [default: week]
    #[arg(long, value_enum)]
    by: Option<By>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What can be asked for: figures by site and period, or who may do what.
#[derive(Debug, Clone, Copy)]
enum Which {
    Figures(Kind),
    Entitlements,
}

impl ValueEnum for Which {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Which>> = LazyLock::new(|| {
            let figures = Kind::ALL.map(Which::Figures).into_iter();
            figures.chain([Which::Entitlements]).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Figures(kind) => kind.to_possible_value(),
            Self::Entitlements => {
                let help = "Who may do what until when, or what they lack, on one day";
                Some(PossibleValue::new("entitlements").help(help))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum By {
    /// Days
    Day,
    /// Weeks, from Monday on
    #[default]
    Week,
    /// Months
    Month,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// Columns for people, with a share or a mean: 25 %, 7h30, 12m05s
    #[default]
    Table,
    /// Comma-separated values with a head
    Csv,
    /// One object a line, as with --json
    Json,
}

pub(crate) async fn run(session: &Session, args: &ReportArgs) -> Result<Report, Failure> {
    let names = session.names().await?;
    let site_ids = session.sites(args.at_site.site.as_deref()).await?;
    let kind = match args.report {
        Which::Figures(kind) if args.on.is_none() => kind,
        Which::Figures(_) => {
            let problem = "--on is for entitlements; this report is about days --from and --to";
            return Err(Failure::usage(problem));
        }
        Which::Entitlements => return entitlements(session, args, names, site_ids).await,
    };
    let query = query(args, names, site_ids)?;
    let rows = rows(session, kind, Some(query)).await?;
    Ok(present(args, &rows, names))
}

async fn entitlements(
    session: &Session,
    args: &ReportArgs,
    names: &Names,
    site_ids: Vec<String>,
) -> Result<Report, Failure> {
    if args.from.is_some() || args.to.is_some() || args.by.is_some() {
        let problem =
            "entitlements are those of one day, --on; --from, --to and --by are for figures";
        return Err(Failure::usage(problem));
    }
    let on = match &args.on {
        Some(text) => {
            let now = names.now_at(site_ids.first().map(String::as_str))?;
            Some(time::local_date(when::day(text, &now)?))
        }
        None => None,
    };
    let asked = v1::GetEntitlementsRequest { site_ids, on };
    let standings = session.client.get_entitlements(asked).await?.standings;
    let lines = standing::lines(&standings);
    let mut report = Report::default();
    for line in &lines {
        report.object(line);
    }
    match args.format {
        Format::Csv => report.verbatim(standing::csv(&lines)),
        Format::Json => {
            for line in &lines {
                report.verbatim(format!("{}\n", json(line)));
            }
        }
        Format::Table => standing_tables(&mut report, &standings, names),
    }
    Ok(report)
}

/// What each has to show, and then what each may do.
fn standing_tables(report: &mut Report, standings: &[v1::Standing], names: &Names) {
    let mut shown = Table::new(["therapist", "sites", "registration", "education"]);
    for standing in standings {
        let sites = standing.site_ids.iter().map(|id| names.site(id));
        shown.row([
            names.therapist(&standing.therapist_id),
            sites.collect::<Vec<_>>().join(", "),
            standing::registration(standing),
            standing::education(standing),
        ]);
    }
    report.table(shown);
    let mut may = Table::new(["therapist", "service", "may", "because"]);
    for line in standing::lines(standings) {
        may.row([
            names.therapist(&line.therapist_id),
            names.service(&line.service_id),
            line.may(),
            line.because(),
        ]);
    }
    report.table(may);
}

fn query(
    args: &ReportArgs,
    names: &Names,
    site_ids: Vec<String>,
) -> Result<v1::ReportQuery, Failure> {
    let now = names.now_at(site_ids.first().map(String::as_str))?;
    let last = when::day(args.to.as_deref().unwrap_or("today"), &now)?;
    let first = match &args.from {
        Some(text) => when::day(text, &now)?,
        None => time::monday(last).saturating_sub((7 * WEEKS).days()),
    };
    let period = match args.by.unwrap_or_default() {
        By::Day => v1::ReportPeriod::Day,
        By::Week => v1::ReportPeriod::Week,
        By::Month => v1::ReportPeriod::Month,
    };
    Ok(v1::ReportQuery {
        site_ids,
        first: Some(time::local_date(first)),
        last: Some(time::local_date(last)),
        period: period.into(),
    })
}

async fn rows(
    session: &Session,
    kind: Kind,
    query: Option<v1::ReportQuery>,
) -> Result<Vec<Row>, Failure> {
    let client = &session.client;
    Ok(match kind {
        Kind::Utilization => {
            let asked = v1::GetUtilizationRequest { query };
            figures::utilization(client.get_utilization(asked).await?.rows)
        }
        Kind::Attendance => {
            let asked = v1::GetAttendanceRequest { query };
            figures::attendance(client.get_attendance(asked).await?.rows)
        }
        Kind::Screening => {
            let asked = v1::GetScreeningOutcomesRequest { query };
            figures::screening(client.get_screening_outcomes(asked).await?.rows)
        }
        Kind::Turnover => {
            let asked = v1::GetTurnoverTimesRequest { query };
            figures::turnover(client.get_turnover_times(asked).await?.rows)
        }
        Kind::Waitlist => {
            let asked = v1::GetWaitlistConversionRequest { query };
            figures::waitlist(client.get_waitlist_conversion(asked).await?.rows)
        }
        Kind::Stock => {
            let asked = v1::GetStockUseRequest { query };
            let answer = client.get_stock_use(asked).await?;
            figures::stock(answer.rows, &answer.items)
        }
    })
}

fn present(args: &ReportArgs, rows: &[Row], names: &Names) -> Report {
    let mut report = Report::default();
    for row in rows {
        report.object(row);
    }
    match args.format {
        Format::Csv => report.verbatim(figures::csv(rows)),
        Format::Json => {
            for row in rows {
                report.verbatim(format!("{}\n", json(row)));
            }
        }
        Format::Table => report.table(table(rows, names)),
    }
    report
}

fn table(rows: &[Row], names: &Names) -> Table {
    let figures = rows.first().map(Row::all).unwrap_or_default();
    let key = ["site", "from", "of"].map(str::to_owned);
    let mut table = Table::new(key.into_iter().chain(figures.iter().map(Figure::label)));
    for row in rows {
        let key = [names.site(&row.site_id), row.period(), row.of_name.clone()];
        table.row(key.into_iter().chain(row.all().iter().map(Figure::words)));
    }
    table
}
