//! Stock: what the sites keep, what is below par first.

use ratatui::layout::Rect;
use treadwell_api::v1;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{Pen, Target, pad},
    screens::{self, Screen, find, offset, rows, scroll, step},
    search::sift,
    theme::Role,
    words,
};

/// The items and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What is kept, once loaded.
    items: Option<Vec<v1::StockItem>>,
    /// The revision that they reflect.
    pub(crate) revision: u64,
    /// The item that the focus goes to when it is loaded; none stays.
    wanted: Option<String>,
    /// The row in focus.
    at: usize,
}

/// Asks for the items.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Stock, v1::ListItemsRequest::default())
}

/// Opens the screen with the focus on an item.
pub(crate) fn open_at(model: &mut Model, site_id: &str, item_id: &str) -> Vec<Effect> {
    model.stock.wanted = Some(format!("{site_id} {item_id}"));
    screens::open(model, Screen::Stock)
}

/// They have arrived.
pub(crate) fn loaded(model: &mut Model, answer: v1::ListItemsResponse) {
    screens::relist(model, Screen::Stock, |model| {
        let mut items = answer.items;
        // Stable: by site and item within.
        items.sort_by_key(|item| !item.low);
        model.stock.revision = answer.revision;
        model.stock.items = Some(items);
    });
    if let Some(wanted) = model.stock.wanted.take() {
        focus_on(model, Some(&wanted));
    }
}

fn item_id(item: &v1::StockItem) -> String {
    format!("{} {}", item.site_id, item.item_id)
}

/// The item in focus.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    shown(model).get(model.stock.at).map(|item| item_id(item))
}

/// Puts the focus on the item with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.stock.at;
    let found = find(&mut at, &shown(model), id, |item| item_id(item));
    model.stock.at = at;
    found
}

/// The items as far as the filter lets them through.
fn shown(model: &Model) -> Vec<&v1::StockItem> {
    let all: Vec<&v1::StockItem> = model.stock.items.iter().flatten().collect();
    let text = |item: &v1::StockItem| format!("{} {}", item.name, model.site_name(&item.site_id));
    sift(model.filter.input.value(), all, |item| text(item))
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let shown = shown(model);
    let count = shown.len();
    let focus = shown.get(model.stock.at).map(|item| (*item).clone());
    if let (Command::Enter, Some(item)) = (command, focus) {
        return dialogs::stock::open(model, item);
    }
    if command == Command::NewItem {
        return dialogs::stock::open_new(model);
    }
    step(&mut model.stock.at, count, command);
    Vec::new()
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    screens::click_row(&mut model.stock.at, target)
}

/// Something was recorded.
pub(crate) fn moved(model: &mut Model, movements: &[v1::StockMovement]) {
    let told: Vec<String> = movements
        .iter()
        .map(|movement| {
            format!(
                "{} at {}: {:+}, now {}",
                movement.item_id,
                model.site_name(&movement.site_id),
                movement.change,
                movement.level
            )
        })
        .collect();
    model.say(format!("Recorded. {}.", told.join("; ")));
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let shown = shown(model);
    if shown.is_empty() {
        let text = if model.stock.items.is_some() {
            "Nothing is kept in stock.".to_owned()
        } else {
            screens::asking(model, Purpose::Stock)
        };
        screens::say(pen, area, &text);
        return;
    }
    let head = line("item", "site", "level", "par", "unit", "");
    pen.text(area, area.x + 1, area.y, &head, Role::Dim);
    let fit = rows(area.height.saturating_sub(2));
    let first = scroll(model.stock.at, fit);
    for (at, item) in shown.iter().enumerate().skip(first).take(fit) {
        let text = line(
            &item.name,
            &model.site_name(&item.site_id),
            &item.level.to_string(),
            &item.par.to_string(),
            &item.unit,
            if item.low { "LOW" } else { "" },
        );
        let y = area.y + 1 + offset(at - first);
        pen.row(area, y, &text, at == model.stock.at, Target::Row(0, at));
    }
    let low = shown.iter().filter(|item| item.low).count();
    let hint = format!(
        "{} below par. Enter: received, used, thrown away, sent, or counted.",
        words::count(low, "item")
    );
    pen.text(area, area.x + 1, area.bottom() - 1, &hint, Role::Dim);
}

fn line(item: &str, site: &str, level: &str, par: &str, unit: &str, low: &str) -> String {
    format!(
        "{}{}{level:>9}{par:>9}  {}{low}",
        pad(item, 22),
        pad(site, 16),
        pad(unit, 9)
    )
    .trim_end()
    .to_owned()
}
