use super::*;

const FREE: u32 = 10;

fn from(address: &str) -> Origin {
    Origin::from(SocketAddr::new(address.parse().unwrap(), 1))
}

fn waits(attempts: &Attempts, origin: Origin, present: bool) -> Result<u128, TooMany> {
    let wait = attempts.count(origin, Tried::Key, || present)?;
    Ok(wait.time.as_millis())
}

#[test]
fn an_address_is_its_network() {
    for (one, other, same) in [
        ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false),
        ("10.0.0.1", "::ffff:10.0.0.1", true),
        ("2001:db8::1", "2001:db8::2:3:4:5", true),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
    ] {
        assert_eq!(from(one) == from(other), same, "{one} {other}");
    }
    assert_eq!(from("2001:db8::7").to_string(), "2001:db8::/64");
    assert_eq!(Origin::of(&Extensions::new()).to_string(), "unknown");
}

#[tokio::test(start_paused = true)]
async fn failures_are_slowed_down_then_turned_away_and_forgiven() {
    let attempts = Attempts::new(FREE);
    let here = from("10.0.0.1");
    for _ in 0..FREE {
        assert_eq!(waits(&attempts, here, false), Ok(0));
    }
    let slowed: Vec<_> = (0..SLOWED).map(|_| waits(&attempts, here, false)).collect();
    let times: Vec<u128> = slowed.into_iter().map(Result::unwrap).collect();
    assert_eq!(times[..6], [250, 500, 1_000, 2_000, 4_000, 4_000]);
    assert_eq!(times[19], 4_000);
    assert_eq!(waits(&attempts, here, false), Err(TooMany(FORGIVEN)));
    // Others are not meant.
    assert_eq!(waits(&attempts, from("10.0.0.2"), false), Ok(0));
    // However often it is tried meanwhile, one is forgiven in that time.
    for _ in 0..1_000 {
        assert!(waits(&attempts, here, false).is_err());
    }
    tokio::time::advance(FORGIVEN * 2).await;
    assert_eq!(waits(&attempts, here, false), Ok(4_000));
    tokio::time::advance(FORGIVEN * 40).await;
    assert_eq!(waits(&attempts, here, false), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn where_somebody_is_at_work_nobody_is_turned_away() {
    let attempts = Arc::new(Attempts::new(FREE));
    let site = from("10.0.0.1");
    for _ in 0..100 {
        let _ = waits(&attempts, site, false);
    }
    assert!(waits(&attempts, site, false).is_err());
    assert_eq!(waits(&attempts, site, true), Ok(4_000), "a session");
    let (one, other) = (attempts.at_work(site), attempts.at_work(site));
    drop(one);
    assert_eq!(waits(&attempts, site, false), Ok(4_000), "a watch");
    drop(other);
    assert!(waits(&attempts, site, false).is_err());
    assert!(locked(&attempts.at_work).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_program_that_keeps_trying_a_bad_key_makes_no_passphrase_wait() {
    let attempts = Attempts::new(FREE);
    let site = from("10.0.0.1");
    let mut waiting = Vec::new();
    for _ in 0..1_000 {
        waiting.extend(attempts.count(site, Tried::Key, || true));
    }
    assert!(waits(&attempts, site, false).is_err(), "another key");
    let passphrase = attempts.count(site, Tried::Passphrase, || false);
    assert!(passphrase.is_ok_and(|wait| wait.time.is_zero()));
}

#[tokio::test(start_paused = true)]
async fn what_was_right_is_not_counted() {
    let attempts = Attempts::new(FREE);
    let here = from("10.0.0.1");
    for _ in 0..200 {
        assert_eq!(waits(&attempts, here, false), Ok(0));
        attempts.forgive(here, Tried::Key);
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_told_once_a_second_and_how_many_it_was_not_told_of() {
    let attempts = Attempts::new(FREE);
    let here = from("10.0.0.1");
    let mut told = Vec::new();
    for _ in 0..3 {
        for _ in 0..5 {
            drop(attempts.count(here, Tried::Key, || false));
            told.extend(attempts.tell(here, Tried::Key));
        }
        tokio::time::advance(SAY_EVERY).await;
    }
    assert_eq!(told, [0, 4, 4]);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded() {
    let attempts = Attempts::new(FREE);
    for number in 0..2 * u32::try_from(REMEMBERED).unwrap() {
        let origin = Origin(Some(IpAddr::from(number.to_be_bytes())));
        assert_eq!(waits(&attempts, origin, false), Ok(0));
    }
    assert_eq!(locked(&attempts.keys.of).len(), REMEMBERED);
    // So is what waits.
    let mut waiting = Vec::new();
    let busy = from("10.0.0.1");
    let refused = loop {
        match attempts.count(busy, Tried::Key, || true) {
            Ok(wait) => waiting.push(wait),
            Err(too_many) => break too_many,
        }
    };
    assert_eq!(waiting.len(), WAITING + FREE as usize);
    assert_eq!(refused, TooMany(LONGEST));
}
