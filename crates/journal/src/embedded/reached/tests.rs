use super::*;
use crate::disk::RealDisk;

const OURS: [u8; 16] = [7; 16];

fn reached(revision: Revision, segment: Revision) -> Reached {
    Reached {
        of: [0; 16],
        revision,
        segment,
    }
}

#[test]
fn what_is_said_is_read_and_nothing_else_is() {
    for said in [reached(0, 0), reached(7, 1), reached(u64::MAX, u64::MAX)] {
        let text = said.encode();
        assert_eq!(text.len(), reached(0, 0).encode().len());
        assert_eq!(Reached::decode(&text), Some(said));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Reached::decode(&changed), None, "{changed:?}");
            assert_eq!(Reached::decode(&text[..at]), None);
        }
        assert_eq!(Reached::decode(&format!("{text}\n")), None);
    }
}

#[test]
fn the_furthest_that_was_said_counts_whichever_place_is_damaged_by_the_next_write() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path().to_owned());
    let read = || Reached::read(&RealDisk, &layout, Some(OURS));
    assert_eq!(read(), reached(0, 0));
    let reach = Reach::begin(&RealDisk, layout.clone(), OURS, 5, 1).unwrap();
    assert_eq!(read(), reached(5, 1));
    let steps = [
        ((7, 0), reached(7, 1)),
        ((3, 6), reached(7, 6)),
        ((7, 6), reached(7, 6)),
        ((9, 0), reached(9, 6)),
    ];
    // What is left when a place is damaged, as by a write that is torn.
    let left = |place: usize| {
        let whole = std::fs::read(layout.reached()).unwrap();
        let mut torn = whole.clone();
        torn[place + 90] ^= 1;
        std::fs::write(layout.reached(), torn).unwrap();
        let left = read();
        std::fs::write(layout.reached(), whole).unwrap();
        left
    };
    let mut before = reached(5, 1);
    for ((revision, segment), expected) in steps {
        let said = read();
        reach.say(revision, segment).unwrap();
        assert_eq!(read(), expected);
        if said != expected {
            before = said;
        }
        let mut lefts = [left(0), left(4096)];
        lefts.sort_by_key(|it| (it.revision, it.segment));
        assert_eq!(lefts, [before, expected]);
    }
    reach.end().unwrap();
    assert_eq!([left(0), left(4096)], [reached(9, 6); 2]);
    let closed = Reach::closed(layout.clone());
    closed.say(90, 90).unwrap();
    assert_eq!(read(), reached(9, 6));
    // What another store left behind says nothing, but for whoever does not know which store it is.
    let other = Reached::read(&RealDisk, &layout, Some([8; 16]));
    assert_eq!(other, reached(0, 0));
    assert_eq!(Reached::read(&RealDisk, &layout, None), reached(9, 6));
}
