//! What happened to an item in stock.

use treadwell_api::v1::{self, MovementKind};

use super::form::{self, Form, Kind, choice, text};
use crate::tui::{call::Call, event::Effect, model::Model};

/// What can happen to an item, in the order of [`MOVES`].
const MOVE_WORDS: [&str; 5] = [
    "received",
    "used",
    "thrown away",
    "sent to another site",
    "counted",
];
const MOVES: [MovementKind; 5] = [
    MovementKind::Receive,
    MovementKind::Use,
    MovementKind::Waste,
    MovementKind::Transfer,
    MovementKind::Count,
];

/// Opens the form of an item.
pub(crate) fn open(model: &mut Model, item: v1::StockItem) -> Vec<Effect> {
    let lines = vec![format!(
        "{} at {}: {} {}",
        item.name,
        model.site_name(&item.site_id),
        item.level,
        item.unit
    )];
    let fields = vec![
        choice("what", MOVE_WORDS),
        text("how many", ""),
        text("to site (if sent)", &other_site(model, &item.site_id)),
        text("why", ""),
    ];
    let kind = Kind::Stock(Box::new(item));
    form::open(model, Form::new("Stock", lines, fields, kind))
}

/// The other site, where there is only one.
fn other_site(model: &Model, site_id: &str) -> String {
    let mut others = model.site_ids().into_iter().filter(|id| id != site_id);
    match (others.next(), others.next()) {
        (Some(only), None) => only,
        _ => String::new(),
    }
}

/// What the form says happened to an item, as a call, or says what is wrong with it.
pub(super) fn movement(form: &Form, item: &v1::StockItem) -> Result<Call, String> {
    let Ok(quantity) = form.text(1).parse::<i32>() else {
        return Err("How many? A whole number.".to_owned());
    };
    let kind = MOVES.get(form.chosen(0)).copied().unwrap_or_default();
    if kind == MovementKind::Count {
        let call = v1::StockTakeRequest {
            write: None,
            site_id: item.site_id.clone(),
            counts: vec![v1::StockCount {
                item_id: item.item_id.clone(),
                level: quantity,
            }],
            reason: form.text(3).to_owned(),
        };
        return Ok(call.into());
    }
    if kind == MovementKind::Waste && form.text(3).is_empty() {
        return Err("Why is it thrown away?".to_owned());
    }
    let to = if kind == MovementKind::Transfer {
        form.text(2)
    } else {
        ""
    };
    Ok(Call::from(v1::RecordMovementRequest {
        write: None,
        site_id: item.site_id.clone(),
        item_id: item.item_id.clone(),
        kind: kind.into(),
        quantity,
        to_site_id: to.to_owned(),
        reason: form.text(3).to_owned(),
    }))
}

/// What becomes of an item when it is used, in the order of its choice.
const KINDS: [(v1::StockKind, &str); 2] = [
    (v1::StockKind::Consumable, "is used up"),
    (v1::StockKind::Washable, "is washed and comes back"),
];

/// Opens something new to keep.
pub(crate) fn open_new(model: &mut Model) -> Vec<Effect> {
    let site = model.site_ids().into_iter().next().unwrap_or_default();
    let fields = vec![
        text("name", ""),
        text("id", ""),
        text("site", &site),
        text("unit", ""),
        choice("it", KINDS.map(|(_, words)| words)),
        text("par", "0"),
    ];
    let mut form = Form::new("Keep in stock", Vec::new(), fields, Kind::NewItem);
    form.hints = vec![
        "what people call it: Massage oil".to_owned(),
        "a short word, the same at every site: oil".to_owned(),
        "its id".to_owned(),
        "in what it is counted: ml, pair".to_owned(),
        String::new(),
        "fewer than this raise an alert; 0 never does".to_owned(),
    ];
    form::open(model, form)
}

/// What the form says of a new item, as a call, or what is wrong with it.
pub(super) fn item(model: &Model, form: &Form) -> Result<Call, String> {
    let site_id = form.text(2);
    if !model.site_ids().iter().any(|id| id == site_id) {
        let known = model.site_ids().join(", ");
        return Err(format!("The sites are: {known}."));
    }
    let Ok(par) = form.text(5).parse::<i32>() else {
        return Err("Par? A whole number.".to_owned());
    };
    let kind = KINDS.get(form.chosen(4));
    Ok(Call::from(v1::PutItemRequest {
        // What the site keeps already is not written over.
        write: Some(v1::WriteOptions {
            etag: "0".to_owned(),
            ..v1::WriteOptions::default()
        }),
        item: Some(v1::StockItem {
            site_id: site_id.to_owned(),
            item_id: form.text(1).to_owned(),
            name: form.text(0).to_owned(),
            unit: form.text(3).to_owned(),
            kind: kind.map_or(0, |(kind, _)| (*kind).into()),
            par,
            ..v1::StockItem::default()
        }),
    }))
}
