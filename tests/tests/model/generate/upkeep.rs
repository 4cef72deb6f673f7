//! Random commands about stock, inspections and hygiene.

use treadwell_clinic::command::{
    MoveStock, PutStockItem, RecordInspection, RecordOwnItems, StockMove, TakeStock,
};
use treadwell_clinic::id::StockItemId;
use treadwell_clinic::model::OwnItem;

use super::*;
use crate::upkeep::{item, stock};

impl Generator {
    pub(crate) fn upkeep(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        match self.random.below(12) {
            0 => Command::PutStockItem(self.put_item()),
            1..=5 => Command::MoveStock(self.move_stock()),
            6 => Command::TakeStock(self.take_stock()),
            7 | 8 => Command::RecordInspection(self.inspection(oracle, now)),
            _ => Command::RecordOwnItems(self.own(oracle)),
        }
    }

    fn stock_site(&mut self) -> SiteId {
        let sites = ["halifax", "halifax", "dartmouth", "dartmouth", "yarmouth"];
        world::site(sites[self.random.below(5) as usize])
    }

    fn stock_item(&mut self) -> StockItemId {
        let items = ["lotion", "lotion", "towels", "oil", "oil", "candles"];
        item(items[self.random.below(6) as usize])
    }

    fn put_item(&mut self) -> PutStockItem {
        let all = stock();
        let at = self.random.below(5) as usize;
        let opening = all[at].clone();
        let name = if self.random.below(12) == 0 {
            String::new()
        } else {
            format!("{} {}", opening.item.name, self.random.below(3))
        };
        let site = if self.random.below(12) == 0 {
            world::site("yarmouth")
        } else {
            opening.item.site
        };
        PutStockItem {
            name,
            site,
            ..opening.item
        }
    }

    fn move_stock(&mut self) -> MoveStock {
        let wrong = |site, of, how, quantity| MoveStock {
            site: world::site(site),
            item: item(of),
            how,
            quantity,
            reason: "because".to_owned(),
        };
        let dartmouth = StockMove::Transfer {
            to: world::site("dartmouth"),
        };
        // What seldom comes by chance.
        match self.random.below(16) {
            0 => return wrong("halifax", "towels", StockMove::Use, 1),
            1 => return wrong("halifax", "oil", dartmouth, 1),
            2 => return wrong("dartmouth", "lotion", StockMove::Receive, 1_000_000),
            _ => {}
        }
        let how = match self.random.below(6) {
            0 | 1 => StockMove::Receive,
            2 => StockMove::Use,
            3 => StockMove::Waste,
            _ => StockMove::Transfer {
                to: self.stock_site(),
            },
        };
        let quantity = match self.random.below(12) {
            0 => 0,
            1 | 2 => 1_000_000,
            _ => self.random.below(120),
        };
        MoveStock {
            site: self.stock_site(),
            item: self.stock_item(),
            how,
            quantity,
            reason: "because".to_owned(),
        }
    }

    fn take_stock(&mut self) -> TakeStock {
        let counts = match self.random.below(8) {
            0 => Vec::new(),
            _ => vec![(self.stock_item(), self.random.below(200))],
        };
        TakeStock {
            site: self.stock_site(),
            counts,
            reason: String::new(),
        }
    }

    fn inspection(&mut self, oracle: &Oracle, now: Timestamp) -> RecordInspection {
        let today = now.to_zoned(oracle.zone.clone()).date();
        let days = i64::from(self.random.below(12)) - 1;
        let room = if self.random.below(30) == 0 {
            world::room("h9")
        } else {
            let at = self.random.below(7) as usize;
            world::room(world::ROOMS[at])
        };
        RecordInspection {
            room,
            date: today - days.days(),
            inspector: if self.random.below(20) == 0 {
                String::new()
            } else {
                "Bluenose Rigging".to_owned()
            },
            // A room without sound bars is of little use to the run: most pass.
            passed: (self.random.below(3) != 0).then_some(12),
            note: "bolts".to_owned(),
        }
    }

    fn own(&mut self, oracle: &Oracle) -> RecordOwnItems {
        let all = [
            OwnItem::WashedBefore,
            OwnItem::SockettesOn,
            OwnItem::SockettesBackOn,
            OwnItem::WashedAfter,
        ];
        let ids: Vec<AppointmentId> = oracle.appointments.keys().copied().collect();
        let appointment = if ids.is_empty() || self.random.below(40) == 0 {
            AppointmentId::new(5)
        } else {
            *self.random.choose(&ids)
        };
        let first = self.random.below(4) as usize;
        let last = (first + self.random.below(2) as usize).min(3);
        RecordOwnItems {
            appointment,
            items: all[first..=last].to_vec(),
        }
    }
}
