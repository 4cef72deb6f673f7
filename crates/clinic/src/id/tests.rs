use super::*;
use proptest::prelude::*;

#[test]
fn slugs_hold_what_a_manager_types() {
    for text in [
        "h1",
        "halifax",
        "ashiatsu-60",
        "7",
        "a23456789012345678901234",
    ] {
        assert_eq!(SiteId::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn slugs_refuse_everything_else() {
    let cases = [
        ("", ParseIdError::Empty),
        ("-h1", ParseIdError::Character { at: 0 }),
        ("H1", ParseIdError::Character { at: 0 }),
        ("h 1", ParseIdError::Character { at: 1 }),
        ("caf\u{e9}", ParseIdError::Character { at: 3 }),
        ("h\0", ParseIdError::Character { at: 1 }),
        (
            "a234567890123456789012345",
            ParseIdError::TooLong { length: 25 },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(RoomId::parse(text), Err(expected), "{text:?}");
    }
}

#[test]
fn serials_carry_their_kind() {
    assert_eq!(AppointmentId::new(0).to_string(), "apt-0");
    assert_eq!(AppointmentId::new(31).to_string(), "apt-z");
    assert_eq!(HoldId::new(32).to_string(), "hold-10");
    assert_eq!(KeyId::new(u64::MAX).to_string(), "key-fzzzzzzzzzzzz");
    assert_eq!(
        "cli-4w8".parse::<AppointmentId>(),
        Err(ParseIdError::Prefix { expected: "apt" })
    );
    assert_eq!(
        "apt".parse::<AppointmentId>(),
        Err(ParseIdError::Prefix { expected: "apt" })
    );
}

#[test]
fn one_number_has_one_text() {
    for text in [
        "apt-",
        "apt-01",
        "apt-A",
        "apt-u",
        "apt-gzzzzzzzzzzzz",
        "apt-00000000000001",
        "apt-é",
    ] {
        assert_eq!(
            text.parse::<AppointmentId>(),
            Err(ParseIdError::Number),
            "{text:?}"
        );
    }
}

#[test]
fn a_commit_numbers_what_it_creates() {
    let mut ids = Ids::new(7);
    assert_eq!(ids.take(), Some(7 * 1024));
    assert_eq!(ids.take(), Some(7 * 1024 + 1));
    let taken = std::iter::from_fn(|| ids.take()).last();
    assert_eq!(
        taken,
        Some(8 * 1024 - 1),
        "the next commit's numbers stay its own"
    );
    assert_eq!(ids.take(), None);
}

proptest! {
    #[test]
    fn serials_survive_the_round_trip(number: u64) {
        let text = ClientId::new(number).to_string();
        prop_assert_eq!(text.parse::<ClientId>(), Ok(ClientId::new(number)));
    }

    #[test]
    fn slugs_are_ordered_as_text(a in "[a-z0-9][a-z0-9-]{0,23}", b in "[a-z0-9][a-z0-9-]{0,23}") {
        let (x, y) = (Slug::parse(&a).unwrap(), Slug::parse(&b).unwrap());
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }
}
