//! Operation A, availability: the first 20 places of a fortnight at one site, beside the echo of an answer of the same size.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use treadwell_api::v1::{
    ProposalSet, SearchAvailabilityRequest, SearchAvailabilityResponse,
    availability_service_client::AvailabilityServiceClient,
};
use treadwell_tests::{
    seed::Random,
    workload::{PLACES, Search, WINDOW_DAYS, midnight},
};

use crate::{
    connection::{Connection, Target},
    measure::Worker,
    names,
};

/// Asks one search after another.
pub(crate) struct Searcher {
    client: AvailabilityServiceClient<Connection>,
    random: Random,
    sites: u32,
    grid_minutes: u32,
}

impl Worker for Searcher {
    async fn call(&mut self) -> Result<bool> {
        let search = Search::draw(&mut self.random, self.sites);
        let answer = self
            .client
            .search_availability(request(search, self.grid_minutes))
            .await?;
        ensure!(
            !answer.into_inner().proposals.is_empty(),
            "a search found nothing"
        );
        Ok(true)
    }
}

/// So many workers, with seeds of their own.
pub(crate) async fn workers(
    target: &Target,
    in_flight: usize,
    sites: u32,
    grid_minutes: u32,
) -> Result<Vec<Searcher>> {
    let connections = target.spread(in_flight).await?;
    Ok((0..)
        .zip(connections)
        .map(|(seed, connection)| Searcher {
            client: AvailabilityServiceClient::new(connection),
            random: Random::new(seed),
            sites,
            grid_minutes,
        })
        .collect())
}

fn request(search: Search, grid_minutes: u32) -> SearchAvailabilityRequest {
    SearchAvailabilityRequest {
        site_ids: vec![names::site(search.site)],
        service_id: names::ASHIATSU.to_owned(),
        from: Some(proto_time(midnight(search.first_day))),
        until: Some(proto_time(midnight(search.first_day + WINDOW_DAYS))),
        grid_minutes: i32::try_from(grid_minutes).unwrap_or(0),
        limit: i32::try_from(PLACES).unwrap_or(0),
        proposal_set: ProposalSet::EveryCombination.into(),
        ..Default::default()
    }
}

/// An instant as the API carries it.
pub(crate) fn proto_time(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.as_second(),
        nanos: 0,
    }
}

/// Compares answers with the brute-force oracle, and gives one of them for the echo.
pub(crate) async fn check(target: &Target, sites: u32) -> Result<SearchAvailabilityResponse> {
    let mut client = AvailabilityServiceClient::new(target.connect(1).await?.remove(0));
    let mut random = Random::new(5);
    let mut typical = SearchAvailabilityResponse::default();
    for _ in 0..CHECKED {
        let search = Search::draw(&mut random, sites);
        for grid_minutes in [5, 15] {
            typical = client
                .search_availability(request(search, grid_minutes))
                .await?
                .into_inner();
            let found: Vec<(i64, &str, &str)> = typical
                .proposals
                .iter()
                .map(|place| {
                    let start = place.start.as_ref().map_or(0, |start| start.seconds);
                    (start, place.room_id.as_str(), place.therapist_id.as_str())
                })
                .collect();
            let expected: Vec<(i64, String, String)> = search
                .places(grid_minutes)
                .into_iter()
                .map(|(start, room, therapist)| {
                    (
                        start.as_second(),
                        names::room(search.site, room),
                        names::therapist(search.site, therapist),
                    )
                })
                .collect();
            let equal = found.len() == expected.len()
                && found.iter().zip(&expected).all(|(found, expected)| {
                    *found == (expected.0, expected.1.as_str(), expected.2.as_str())
                });
            ensure!(
                equal,
                "{search:?} on a grid of {grid_minutes} min: found {found:?}, expected {expected:?}"
            );
        }
    }
    Ok(typical)
}

/// Searches compared with the oracle, on each of two grids.
pub(crate) const CHECKED: u32 = 40;
