use super::*;

#[tokio::test]
async fn a_watch_that_is_far_behind_has_one_commit_in_hand() {
    let world = World::with(Options {
        history_commits: 64,
        ..options()
    })
    .await;
    let key = key(&world, Role::Owner).await;
    let view = View::of(Role::Owner, Sites::All);
    let before = world.revision();
    for round in 0..24 {
        let rooms = (0..500).map(|number| Room {
            id: format!("room-{number}").parse().unwrap(),
            site: "halifax".parse().unwrap(),
            name: format!(
                "Room {number} as it is named in round {round}, at length, {}",
                "x".repeat(60)
            ),
            equipment: EquipmentSet::EMPTY,
            turnover: Minutes::ZERO,
            checklist: Vec::new(),
            inspection: None,
            retired: false,
        });
        let catalog = Catalog {
            rooms: rooms.collect(),
            ..Catalog::default()
        };
        world.done(Command::ImportCatalog(Box::new(catalog))).await;
    }
    let newest = world.revision();
    let mut watching = Watching::by(&world, key, &view, Some(before));
    let (mut most, mut revision) = (0, before);
    while revision < newest {
        revision = watching.message().await.revision;
        most = most.max(watching.cursor.in_hand());
    }
    // A commit is some 80 kB; 24 of them were once made into messages before the first was taken.
    assert!(most < 1 << 18, "{most} bytes lie ready");
}
