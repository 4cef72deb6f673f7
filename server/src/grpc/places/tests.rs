use std::task::Waker;

use super::*;

fn peer(address: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, address], port))
}

fn is_told_to_go(place: &Place) -> bool {
    place
        .poll_given_up(&Context::from_waker(Waker::noop()))
        .is_ready()
}

/// So many connections that are not known, of one address, in the order in which they came.
fn crowd(places: &Places, address: u8, ports: std::ops::Range<u16>) -> Vec<Place> {
    ports
        .map(|port| places.take(peer(address, port)).unwrap())
        .collect()
}

#[test]
fn whoever_has_no_key_makes_room_and_who_has_one_stays() {
    let places = Places::new(8);
    let console = places.take(peer(1, 1)).unwrap();
    console.holder.knows_a_key();
    let attackers = crowd(&places, 1, 2..9);
    // From the very address of the attack, again and again.
    let more = crowd(&places, 1, 100..120);
    assert!(attackers.iter().all(is_told_to_go));
    assert_eq!(more.iter().filter(|it| is_told_to_go(it)).count(), 13);
    assert!(
        more[13..].iter().all(|it| !is_told_to_go(it)),
        "the newest stay"
    );
    assert!(!is_told_to_go(&console));
}

#[test]
fn the_address_that_has_most_makes_room() {
    let places = Places::new(8);
    let first = places.take(peer(1, 1)).unwrap();
    let crowd = crowd(&places, 2, 1..8);
    let _new = places.take(peer(3, 1)).unwrap();
    assert!(!is_told_to_go(&first), "it came first, and alone");
    assert!(is_told_to_go(&crowd[0]));
    assert!(crowd[1..].iter().all(|it| !is_told_to_go(it)));
}

#[test]
fn when_all_are_known_the_one_that_was_idle_longest_makes_room() {
    let places = Places::new(3);
    let known: Vec<_> = (1..4)
        .map(|port| {
            let place = places.take(peer(1, port)).unwrap();
            place.holder.knows_a_key();
            place.holder.begins();
            place
        })
        .collect();
    let none = places.take(peer(1, 9)).unwrap_err().to_string();
    assert!(none.contains("under way"), "{none}");
    known[1].holder.ends();
    std::thread::sleep(std::time::Duration::from_millis(2));
    known[0].holder.ends();
    let new = places.take(peer(1, 10)).unwrap();
    new.holder.knows_a_key();
    new.holder.begins();
    assert!(is_told_to_go(&known[1]));
    places.take(peer(1, 11)).unwrap();
    assert!(is_told_to_go(&known[0]));
    assert!(!is_told_to_go(&known[2]), "it has a call under way");
}

#[test]
fn a_place_is_given_back_once_also_when_its_port_came_again() {
    let places = Places::new(1);
    let old = places.take(peer(1, 1)).unwrap();
    let new = places.take(peer(1, 1)).unwrap();
    assert!(is_told_to_go(&old) && !is_told_to_go(&new));
    drop(old);
    let holder = places.holder(peer(1, 1)).unwrap();
    assert!(Arc::ptr_eq(&holder, &new.holder));
    drop(new);
    assert!(places.holder(peer(1, 1)).is_none());
}

#[test]
fn who_is_told_to_go_is_woken() {
    let places = Places::new(1);
    let old = places.take(peer(1, 1)).unwrap();
    let mut waits = waiting(&old);
    assert!(waits.poll().is_pending());
    let _new = places.take(peer(1, 2)).unwrap();
    assert!(waits.woken() && waits.poll().is_ready());
}

/// A task that waits until it is told to go.
struct Waits<'p> {
    place: &'p Place,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

fn waiting(place: &Place) -> Waits<'_> {
    Waits {
        place,
        woken: Arc::default(),
    }
}

impl Waits<'_> {
    fn poll(&mut self) -> Poll<()> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.place.poll_given_up(&Context::from_waker(&waker))
    }

    fn woken(&self) -> bool {
        self.woken.0.load(Ordering::Acquire)
    }
}
