use treadwell_api::v1;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Pay, Put, Step};
use treadwell_clinic::model::{Business, PayMethod, PaymentPart, RecordId, Role, Sites};

use super::{Watching, key, name};
use crate::access::View;
use crate::engine::tests::support::{World, at, book};

/// A payment for an appointment that is booked for it; its id.
async fn pay(world: &World) -> String {
    let booked = world.done(book(world.clients()[0], at(1))).await;
    let [RecordId::Appointment(appointment)] = booked.reply.records[..] else {
        panic!("expected an appointment, got {:?}", booked.reply.records);
    };
    let step = Step {
        appointment,
        etag: None,
    };
    let parts = vec![PaymentPart {
        method: PayMethod::Cash,
        cents: 100,
    }];
    let note = String::new();
    let paid = Command::TakePayment(Pay { step, parts, note });
    world.done(paid).await.reply.records[0].name()
}

#[tokio::test]
async fn money_reaches_only_those_who_may_see_it() {
    let world = World::new().await;
    let business = Put {
        resource: Business::default(),
        etag: None,
    };
    world.done(Command::PutBusiness(business)).await;
    let payment = pay(&world).await;
    let roles = [
        (Role::Owner, true, true),
        (Role::Manager, true, true),
        (Role::FrontDesk, true, true),
        (Role::Integration, true, false),
        (Role::Therapist, false, false),
        (Role::Wallboard, false, false),
    ];
    for (role, prices, accounts) in roles {
        let key = key(&world, role).await;
        let newest = world.revision();
        for after in [None, Some(0)] {
            let mut watching = Watching::by(&world, key, &View::of(role, Sites::All), after);
            tokio::time::pause();
            let events = watching.until(newest).await;
            tokio::time::resume();
            let has = |kind: v1::ResourceKind, id: &str| {
                let resources = events.iter().filter_map(|event| event.resource.as_ref());
                let wanted = (i32::from(kind), id.to_owned());
                resources.map(name).any(|found| found == wanted)
            };
            assert_eq!(has(v1::ResourceKind::Business, ""), prices, "{role:?}");
            let paid = has(v1::ResourceKind::Payment, &payment);
            assert_eq!(paid, accounts, "{role:?}");
        }
    }
}
