//! What the sites keep in stock, and what runs low.

use std::cmp::Reverse;
use std::sync::Arc;

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::stock_service_server::StockService;
use treadwell_clinic::Command;
use treadwell_clinic::alerts;
use treadwell_clinic::id::{MovementId, StockItemId};
use treadwell_clinic::model::{RecordId, StockItem, StockMovement};

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use crate::access::Caller;
use crate::convert;
use crate::engine::Engine;

paged!(ListMovementsRequest);

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
}

impl Service {
    /// The service on this engine.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

/// An item as its resource.
pub(super) fn show(caller: &Caller, item: &StockItem) -> v1::StockItem {
    let id = RecordId::StockItem(item.site, item.item);
    convert::stock::show(item, caller.clinic().revision_of(&id).unwrap_or(0))
}

#[tonic::async_trait]
impl StockService for Service {
    async fn put_item(&self, request: Request<v1::PutItemRequest>) -> Answer<v1::PutItemResponse> {
        let (caller, message) = call::open(request)?;
        let (options, put) = call::read(|f| {
            let options = call::options("PutItem", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let item = f.required("item", message.item.as_ref())?;
            let put = convert::stock::read(item, etag, &mut f.inside("item"));
            Some((options?, put?))
        })?;
        let command = Command::PutStockItem(put);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::PutItemResponse {
            revision: done.revision,
            item: Some(call::answer(&done, &caller, pick!(StockItem))?),
        }
        .into())
    }

    async fn list_items(
        &self,
        request: Request<v1::ListItemsRequest>,
    ) -> Answer<v1::ListItemsResponse> {
        let (caller, message) = call::open(request)?;
        let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
        let sites = call::sites(&caller, &named)?;
        let items = sites
            .iter()
            .flat_map(|&site| caller.clinic().stock_at(site))
            .filter(|item| message.retired || !item.retired)
            .filter(|item| !message.low || item.is_low())
            .map(|item| show(&caller, item))
            .collect();
        Ok(v1::ListItemsResponse {
            revision: caller.published.revision,
            items,
        }
        .into())
    }

    async fn record_movement(
        &self,
        request: Request<v1::RecordMovementRequest>,
    ) -> Answer<v1::RecordMovementResponse> {
        let (caller, message) = call::open(request)?;
        let (options, movement) = call::read(|f| {
            let options = call::options("RecordMovement", &message, message.write.as_ref(), f);
            let movement = convert::stock::read_movement(&message, f);
            Some((options?, movement?))
        })?;
        let write = options.write_of(RecordId::StockItem(movement.site, movement.item));
        let command = Command::MoveStock(movement);
        let done = call::submit(&self.engine, &caller, command, write).await?;
        let movements = call::answers(&done, &caller, pick!(StockMovement)).collect();
        Ok(v1::RecordMovementResponse {
            revision: done.revision,
            movements,
        }
        .into())
    }

    async fn stock_take(
        &self,
        request: Request<v1::StockTakeRequest>,
    ) -> Answer<v1::StockTakeResponse> {
        let (caller, message) = call::open(request)?;
        let (options, counts) = call::read(|f| {
            let options = call::options("StockTake", &message, message.write.as_ref(), f);
            let counts = convert::stock::read_counts(&message, f);
            Some((options?, counts?))
        })?;
        let command = Command::TakeStock(counts);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        let movements = call::answers(&done, &caller, pick!(StockMovement)).collect();
        Ok(v1::StockTakeResponse {
            revision: done.revision,
            movements,
        }
        .into())
    }

    async fn list_movements(
        &self,
        request: Request<v1::ListMovementsRequest>,
    ) -> Answer<v1::ListMovementsResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let (named, item, from) = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let item = f.optional_id::<StockItemId>("item_id", &message.item_id);
            let from = f.optional_instant("from", message.from.as_ref());
            Some((sites?, item?, from?))
        })?;
        let sites = call::sites(&caller, &named)?;
        let before: Option<MovementId> = page.after()?;
        let clinic = caller.clinic();
        // Ids grow with time: what is older than asked for is followed by nothing younger.
        let recent = |it: &&Arc<StockMovement>| from.is_none_or(|from| from <= it.at);
        let mut found: Vec<_> = match item {
            Some(item) => {
                let latest = |site| clinic.movements_of(site, item, before).rev();
                let of_site = |&site| latest(site).take_while(recent).take(page.size() + 1);
                sites.iter().flat_map(of_site).collect()
            }
            None => clinic
                .movements_before(before)
                .take_while(recent)
                .filter(|it| sites.contains(&it.site))
                .take(page.size() + 1)
                .collect(),
        };
        found.sort_by_key(|it| Reverse(it.id));
        let (movements, next_page_token) = page.cut(found.into_iter(), |movement| movement.id);
        let movements = movements.into_iter();
        Ok(v1::ListMovementsResponse {
            revision: caller.published.revision,
            movements: movements
                .map(|movement| convert::stock::show_movement(movement))
                .collect(),
            next_page_token,
        }
        .into())
    }

    async fn list_alerts(
        &self,
        request: Request<v1::ListAlertsRequest>,
    ) -> Answer<v1::ListAlertsResponse> {
        let (caller, message) = call::open(request)?;
        let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
        let clinic = caller.clinic();
        let sites = call::sites(&caller, &named)?;
        let sites = sites.iter().filter_map(|&site| clinic.site(site));
        let found = alerts::alerts(clinic, sites.map(AsRef::as_ref), caller.now);
        Ok(v1::ListAlertsResponse {
            revision: caller.published.revision,
            alerts: found
                .iter()
                .map(|alert| convert::alert::show(alert, clinic, caller.now))
                .collect(),
        }
        .into())
    }
}
