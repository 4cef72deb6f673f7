use proptest::prelude::*;

use crate::clinic::Clinic;
use crate::command::{Command, MoveStock, Put, PutStockItem, StockMove, TakeStock};
use crate::decide::desk::{Desk, actor, limited_to, step, wish, with};
use crate::fixture::{massage, site_id};
use crate::id::{AppointmentId, SiteId, StockItemId};
use crate::limits;
use crate::model::{
    Consumption, MovementCause, RecordId, Role, Service, StockItem, StockKind, StockMovement,
};
use crate::refusal::{Refusal, Upkeep};

fn item(slug: &str) -> StockItemId {
    StockItemId::parse(slug).expect("a slug")
}

fn put(site: &str, slug: &str, unit: &str, kind: StockKind) -> PutStockItem {
    PutStockItem {
        site: site_id(site),
        item: item(slug),
        name: slug.to_owned(),
        unit: unit.to_owned(),
        kind,
        par: 10,
        retired: false,
        etag: None,
    }
}

fn movement(site: &str, slug: &str, how: StockMove, quantity: u32) -> MoveStock {
    MoveStock {
        site: site_id(site),
        item: item(slug),
        how,
        quantity,
        reason: "because".to_owned(),
    }
}

fn moved(site: &str, slug: &str, how: StockMove, quantity: u32) -> Command {
    Command::MoveStock(movement(site, slug, how, quantity))
}

fn counted(site: &str, counts: &[(&str, u32)]) -> Command {
    Command::TakeStock(TakeStock {
        site: site_id(site),
        counts: counts.iter().map(|&(slug, n)| (item(slug), n)).collect(),
        reason: String::new(),
    })
}

/// Both sites keep lotion (ml) and Halifax towels; a massage takes 30 ml of lotion and two towels, and
/// a candle that nobody keeps.
fn stocked() -> (Desk, AppointmentId) {
    let (mut desk, clients) = Desk::open();
    for put in [
        put("halifax", "lotion", "ml", StockKind::Consumable),
        put("dartmouth", "lotion", "ml", StockKind::Consumable),
        put("halifax", "towels", "towel", StockKind::Washable),
    ] {
        desk.done(&Command::PutStockItem(put));
    }
    let consumes = [("lotion", 30), ("towels", 2), ("candle", 1)];
    let service = Service {
        consumes: consumes
            .map(|(slug, quantity)| Consumption {
                item: item(slug),
                quantity,
            })
            .to_vec(),
        ..desk
            .clinic
            .service(massage().id)
            .map(|it| Service::clone(it))
            .unwrap()
    };
    desk.done(&Command::PutService(Put {
        resource: service,
        etag: None,
    }));
    let id = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Start(step(id)));
    (desk, id)
}

fn level(desk: &Desk, site: &str, slug: &str) -> u32 {
    let kept = desk.clinic.stock_item(site_id(site), item(slug));
    kept.expect("it is kept").level
}

fn movements(desk: &Desk, site: &str, slug: &str) -> Vec<StockMovement> {
    let all = desk.clinic.movements_of(site_id(site), item(slug), None);
    all.map(|it| StockMovement::clone(it)).collect()
}

fn finish(id: AppointmentId) -> Command {
    Command::Finish {
        step: step(id),
        stopped: None,
    }
}

/// Holds that each level is the sum of its movements, and what the last of them says.
fn levels_add_up(clinic: &Clinic) {
    for site in clinic.sites() {
        for kept in clinic.stock_at(site.id) {
            let all = clinic.movements_of(site.id, kept.item, None);
            let mut sum = 0_u32;
            for movement in all {
                sum = sum
                    .checked_add_signed(movement.change)
                    .expect("never negative");
                assert_eq!(movement.level, sum, "{movement:?}");
            }
            assert_eq!(kept.level, sum, "{kept:?}");
        }
    }
}

#[test]
fn an_item_is_put_again_and_its_level_stays() {
    let (mut desk, _) = stocked();
    desk.done(&moved("halifax", "lotion", StockMove::Receive, 500));
    let renamed = PutStockItem {
        name: "Lotion, unscented".to_owned(),
        par: 600,
        ..put("halifax", "lotion", "ml", StockKind::Consumable)
    };
    desk.done(&Command::PutStockItem(renamed.clone()));
    let kept = desk.clinic.stock_item(renamed.site, renamed.item).unwrap();
    assert_eq!((kept.level, kept.par, kept.is_low()), (500, 600, true));
    let again = desk.done(&Command::PutStockItem(renamed.clone()));
    assert_eq!(again.changes, []);
    let stale = Command::PutStockItem(PutStockItem {
        etag: Some(0),
        ..renamed.clone()
    });
    let what = RecordId::StockItem(renamed.site, renamed.item);
    assert_eq!(desk.refused(&stale), Refusal::AlreadyExists { what });
    let nameless = PutStockItem {
        name: String::new(),
        unit: String::new(),
        ..renamed
    };
    assert_eq!(
        desk.refused(&Command::PutStockItem(nameless)).reason(),
        "INVALID"
    );
}

#[test]
fn a_transfer_is_two_movements_or_none() {
    let (mut desk, _) = stocked();
    let (halifax, dartmouth) = (site_id("halifax"), site_id("dartmouth"));
    let send = |n| {
        moved(
            "halifax",
            "lotion",
            StockMove::Transfer { to: dartmouth },
            n,
        )
    };
    desk.done(&moved("halifax", "lotion", StockMove::Receive, 500));
    let done = desk.done(&send(200));
    assert_eq!(done.changes.len(), 4, "two levels and two movements");
    let causes = |desk: &Desk, site| {
        let all = movements(desk, site, "lotion").into_iter();
        all.map(|it| (it.cause, it.change)).collect::<Vec<_>>()
    };
    assert_eq!(
        causes(&desk, "halifax"),
        [
            (MovementCause::Receive, 500),
            (MovementCause::SentTo(dartmouth), -200)
        ]
    );
    assert_eq!(
        causes(&desk, "dartmouth"),
        [(MovementCause::CameFrom(halifax), 200)]
    );
    desk.done(&Command::Undo);
    assert_eq!(level(&desk, "halifax", "lotion"), 500);
    assert_eq!(level(&desk, "dartmouth", "lotion"), 0);
    assert_eq!(
        movements(&desk, "dartmouth", "lotion").len(),
        2,
        "nothing is removed"
    );

    desk.act_as(limited_to(2, Role::FrontDesk, "halifax"));
    let refusal = Refusal::SiteNotAllowed { site: dartmouth };
    assert_eq!(desk.refused(&send(1)), refusal);
    desk.act_as(actor(1, Role::Owner));
    desk.done(&Command::PutStockItem(put(
        "dartmouth",
        "lotion",
        "l",
        StockKind::Consumable,
    )));
    let refusal = Refusal::from(Upkeep::OtherUnit {
        site: dartmouth,
        item: item("lotion"),
        unit: "l".to_owned(),
    });
    assert_eq!(desk.refused(&send(1)), refusal);
    let home = moved("halifax", "lotion", StockMove::Transfer { to: halifax }, 1);
    assert_eq!(desk.refused(&home).reason(), "INVALID");
    levels_add_up(&desk.clinic);
}

#[test]
fn by_hand_nobody_takes_more_than_there_is() {
    let (mut desk, _) = stocked();
    let (site, lotion, towels) = (site_id("halifax"), item("lotion"), item("towels"));
    desk.done(&moved("halifax", "lotion", StockMove::Receive, 5));
    let short = Refusal::from(Upkeep::StockShort {
        site,
        item: lotion,
        level: 5,
        wanted: 6,
    });
    assert_eq!(
        desk.refused(&moved("halifax", "lotion", StockMove::Use, 6)),
        short
    );
    desk.done(&moved("halifax", "lotion", StockMove::Use, 5));
    let most = limits::STOCK_UNITS;
    desk.done(&moved("halifax", "lotion", StockMove::Receive, most));
    let full = Refusal::from(Upkeep::StockFull {
        site,
        item: lotion,
        most,
    });
    assert_eq!(
        desk.refused(&moved("halifax", "lotion", StockMove::Receive, 1)),
        full
    );
    let washed = Refusal::from(Upkeep::NotConsumed { site, item: towels });
    assert_eq!(
        desk.refused(&moved("halifax", "towels", StockMove::Use, 1)),
        washed
    );
    let silent = Command::MoveStock(MoveStock {
        reason: String::new(),
        ..movement("halifax", "lotion", StockMove::Waste, 1)
    });
    assert_eq!(desk.refused(&silent).reason(), "INVALID");
    let nothing = moved("halifax", "lotion", StockMove::Receive, 0);
    assert_eq!(desk.refused(&nothing).reason(), "INVALID");
    let what = RecordId::StockItem(site, item("candle"));
    let unknown = moved("halifax", "candle", StockMove::Receive, 1);
    assert_eq!(desk.refused(&unknown), Refusal::NotFound { what });
}

#[test]
fn a_stock_take_records_each_difference() {
    let (mut desk, _) = stocked();
    desk.done(&moved("halifax", "lotion", StockMove::Receive, 100));
    desk.done(&counted("halifax", &[("lotion", 80), ("towels", 12)]));
    assert_eq!(level(&desk, "halifax", "lotion"), 80);
    assert_eq!(level(&desk, "halifax", "towels"), 12);
    let same = desk.done(&counted("halifax", &[("lotion", 80)]));
    assert_eq!(same.changes.len(), 1, "that it was counted is kept");
    let changes = movements(&desk, "halifax", "lotion").into_iter();
    assert_eq!(
        changes.map(|it| it.change).collect::<Vec<_>>(),
        [100, -20, 0]
    );
    let twice = counted("halifax", &[("lotion", 1), ("lotion", 2)]);
    assert_eq!(desk.refused(&twice).reason(), "INVALID");
    assert_eq!(desk.refused(&counted("halifax", &[])).reason(), "INVALID");
    levels_add_up(&desk.clinic);
}

#[test]
fn a_session_consumes_what_there_is_and_notes_what_is_short() {
    let (mut desk, id) = stocked();
    desk.done(&counted("halifax", &[("lotion", 20), ("towels", 12)]));
    desk.at(11, 0).done(&finish(id));
    let last = movements(&desk, "halifax", "lotion").pop().unwrap();
    assert_eq!(last.cause, MovementCause::Session(id));
    assert_eq!((last.change, last.level, last.short), (-20, 0, 10));
    assert_eq!(level(&desk, "halifax", "towels"), 12, "towels are washed");
    assert_eq!(movements(&desk, "halifax", "towels").len(), 1);
    levels_add_up(&desk.clinic);
}

#[test]
fn undoing_a_finish_gives_back_although_others_took_meanwhile() {
    let (mut desk, id) = stocked();
    desk.done(&counted("halifax", &[("lotion", 100)]));
    desk.at(11, 0).done(&finish(id));
    desk.act_as(actor(2, Role::FrontDesk));
    desk.done(&moved("halifax", "lotion", StockMove::Use, 60));
    desk.act_as(actor(1, Role::Owner));
    desk.done(&Command::Undo);
    assert!(
        desk.clinic
            .session_in(crate::fixture::room_id("h3"))
            .is_some()
    );
    assert_eq!(level(&desk, "halifax", "lotion"), 40);
    let last = movements(&desk, "halifax", "lotion").pop().unwrap();
    assert!(
        matches!(last.cause, MovementCause::TakenBack(_)),
        "{last:?}"
    );
    levels_add_up(&desk.clinic);
}

#[test]
fn what_was_used_meanwhile_can_not_be_taken_back() {
    let (mut desk, _) = stocked();
    desk.done(&moved("halifax", "lotion", StockMove::Receive, 50));
    desk.act_as(actor(2, Role::FrontDesk));
    desk.done(&moved("halifax", "lotion", StockMove::Use, 20));
    desk.act_as(actor(1, Role::Owner));
    assert_eq!(desk.refused(&Command::Undo).reason(), "STOCK_SHORT");
}

/// Something that is done to one of three items.
#[derive(Clone, Debug)]
enum Ask {
    Move(bool, u8, u32),
    Count(bool, u32),
    Session,
    Undo,
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        4 => (any::<bool>(), 0..4_u8, 0..120_u32).prop_map(|(at, how, n)| Ask::Move(at, how, n)),
        1 => (any::<bool>(), 0..120_u32).prop_map(|(at, n)| Ask::Count(at, n)),
        2 => Just(Ask::Session),
        2 => Just(Ask::Undo),
    ]
}

fn command(ask: &Ask, session: AppointmentId, is_on: bool) -> Command {
    let site = |halifax: bool| if halifax { "halifax" } else { "dartmouth" };
    let other = |halifax: bool| -> SiteId { site_id(site(!halifax)) };
    match *ask {
        Ask::Move(at, how, n) => {
            let how = match how {
                0 => StockMove::Receive,
                1 => StockMove::Use,
                2 => StockMove::Waste,
                _ => StockMove::Transfer { to: other(at) },
            };
            moved(site(at), "lotion", how, n)
        }
        Ask::Count(at, n) => counted(site(at), &[("lotion", n)]),
        Ask::Session if is_on => finish(session),
        Ask::Session | Ask::Undo => Command::Undo,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn levels_are_the_sum_of_their_movements(asks in proptest::collection::vec(ask(), 1..40)) {
        let (mut desk, session) = stocked();
        desk.at(11, 0);
        for ask in asks {
            let is_on = desk.clinic.session_of(crate::fixture::therapist_id("cas")).is_some();
            let command = command(&ask, session, is_on);
            let sum = |clinic: &Clinic| -> u32 {
                let sites = ["halifax", "dartmouth"];
                sites.iter().filter_map(|site| clinic.stock_item(site_id(site), item("lotion")))
                    .map(|kept: &std::sync::Arc<StockItem>| kept.level).sum()
            };
            let before = sum(&desk.clinic);
            let finishing = matches!(command, Command::Finish { .. });
            let transfers = matches!(
                command,
                Command::MoveStock(MoveStock { how: StockMove::Transfer { .. }, .. })
            );
            let done = desk.ask(&command);
            prop_assert!(!finishing || done.is_ok(), "a session never fails for stock");
            if transfers && done.is_ok() {
                prop_assert_eq!(before, sum(&desk.clinic));
            }
            levels_add_up(&desk.clinic);
        }
    }
}
