//! Operation C, the day sheet: all appointments of one site and local day with names.

use anyhow::{Result, ensure};
use treadwell_api::v1::{
    GetDaySheetRequest, LocalDate, appointment_service_client::AppointmentServiceClient,
};
use treadwell_tests::{
    seed::Random,
    workload::{DAYS, local_date, site_day},
};

use crate::{
    connection::{Connection, Target},
    measure::Worker,
    names,
};

/// Reads one day sheet after another.
pub(crate) struct Reader {
    client: AppointmentServiceClient<Connection>,
    random: Random,
    sites: u32,
}

impl Worker for Reader {
    async fn call(&mut self) -> Result<bool> {
        let (site, day) = (self.random.below(self.sites) + 1, self.random.below(DAYS));
        self.client.get_day_sheet(request(site, day)).await?;
        Ok(true)
    }
}

/// So many workers, with seeds of their own.
pub(crate) async fn workers(target: &Target, in_flight: usize, sites: u32) -> Result<Vec<Reader>> {
    let connections = target.spread(in_flight).await?;
    Ok((0..)
        .zip(connections)
        .map(|(seed, connection)| Reader {
            client: AppointmentServiceClient::new(connection),
            random: Random::new(seed),
            sites,
        })
        .collect())
}

fn request(site: u32, day: u32) -> GetDaySheetRequest {
    let date = local_date(day);
    GetDaySheetRequest {
        site_id: names::site(site),
        date: Some(LocalDate {
            year: date.year().into(),
            month: date.month().into(),
            day: date.day().into(),
        }),
    }
}

/// Compares some sheets with the workload: as many rows, in order, with names.
pub(crate) async fn check(target: &Target, sites: u32) -> Result<()> {
    let mut client = AppointmentServiceClient::new(target.connect(1).await?.remove(0));
    for day in [0, 68, 69, 89] {
        for site in [1, sites] {
            let sheet = client.get_day_sheet(request(site, day)).await?.into_inner();
            let rows = &sheet.appointments;
            let expected = site_day(site, day).len();
            ensure!(
                rows.len() == expected,
                "site {site}, day {day}: {} rows, not {expected}",
                rows.len()
            );
            ensure!(
                rows.iter().all(|row| !row.client_name.is_empty()),
                "a row lacks the client's name"
            );
            let starts: Vec<i64> = rows
                .iter()
                .map(|row| row.start.as_ref().map_or(0, |start| start.seconds))
                .collect();
            ensure!(
                starts.is_sorted(),
                "rows are not in the order of their start"
            );
        }
    }
    Ok(())
}
