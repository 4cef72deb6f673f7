//! The last frames torn at many of their bytes or at each, and frames before them that no power loss can have torn.
//!
//! A round of `TREADWELL_ROUNDS` is a byte of a frame: so many of each are tried, evenly spread.

mod common;

use std::ops::Range;

use common::{Model, Store, campaign, runtime};
use treadwell_journal::simulation::Rng;
use treadwell_journal::{Error, Journal, Revision};

const SEGMENT: &str = "journal/00000000000000000001.log";

/// Bytes of a frame before its keys.
const HEADER_BYTES: usize = 176;

/// The bytes of a frame at which it is torn, as often odd ones as even.
fn places(frame: Range<usize>) -> impl Iterator<Item = usize> {
    let (_, rounds) = campaign(60);
    let step = frame.len() / usize::try_from(rounds.max(1)).expect("not so many");
    frame.step_by(step.max(1) | 1)
}

/// A store of a few groups in one segment, its content, and where its frames lie.
struct Torn {
    store: Store,
    model: Model,
    content: Vec<u8>,
    frames: Vec<Range<usize>>,
}

impl Torn {
    async fn new(closed: bool) -> Torn {
        let store = Store::new();
        let mut model = Model::default();
        let mut rng = Rng::new(3);
        let (engine, _) = store.create().await.expect("a store");
        while store_frames(&store)
            .last()
            .is_none_or(|last| last.end < 1_200)
        {
            let group = model.next_group(&mut rng, "tail");
            let small = group.iter().flat_map(|commit| &commit.changes);
            if small
                .filter_map(|change| change.after.as_ref())
                .all(|value| value.len() < 300)
            {
                assert!(model.append(&engine, group).await);
            }
        }
        if closed {
            engine.close().await.expect("a clean close");
        }
        drop(engine);
        let content = store.disk.content(SEGMENT).expect("a segment");
        let frames = frames(&content);
        assert!(frames.len() > 3);
        Torn {
            store,
            model,
            content,
            frames,
        }
    }

    /// The content with the bytes `from..` of the last frame replaced.
    fn torn(&self, from: usize, rubbish: u8) -> Vec<u8> {
        let last = self.frames.last().expect("a frame").clone();
        let mut content = self.content.clone();
        content[last.start + from..last.end].fill(rubbish);
        content
    }

    /// The model without its last group, which becomes the one in doubt.
    fn without_last(&self) -> Model {
        self.without(1)
    }

    /// The model without its last groups, which become the ones in doubt.
    fn without(&self, groups: usize) -> Model {
        let gone = &self.frames[self.frames.len() - groups..];
        let commits = gone
            .iter()
            .map(|frame| u32_at(&self.content, frame.start + 28));
        let commits = commits.sum::<u32>() as usize;
        let mut model = Model::default();
        let kept = self.model.commits.len() - commits;
        model.accept(self.model.commits[..kept].to_vec());
        model.in_doubt = self.model.commits[kept..].to_vec();
        model
    }

    /// The content with everything from a place on replaced.
    fn torn_from(&self, from: usize) -> Vec<u8> {
        let end = self.frames.last().expect("a frame").end;
        let mut content = self.content.clone();
        content[from..end].fill(rubbish(from));
        content
    }

    /// What has to be found when the frame so many from the end is torn at `from`, and commits up to `served` were served before.
    ///
    /// - At its first byte, which is an even one: zeros to the end, so that there is nothing to see.
    /// - In its header: nothing tells that it was begun, and it is set aside with whatever lies behind.
    /// - In its keys and payload: it was begun. With zeros behind, or nothing, it is set aside; with rubbish behind its end, at an odd
    ///   place of a frame before the last, it is refused, because power can not have torn both.
    /// - In its padding: it is whole, and rubbish behind it is set aside.
    ///
    /// A byte that is what was written anyway, such as a zero of the payload's last ones, is not torn: what counts is what has changed.
    /// Where less is left than was served, it is refused.
    fn expected(&self, back: usize, from: usize, served: Revision) -> Found {
        let frame = &self.frames[self.frames.len() - back];
        let end = self.frames.last().expect("a frame").end;
        let content = self.torn_from(from);
        let is_kept = |part: Range<usize>| content[part.clone()] == self.content[part];
        let is_data = |part: Range<usize>| content[part].iter().any(|&byte| byte != 0);
        let is_whole = is_kept(frame.start..frame.start + unpadded(&self.content, frame.start));
        let is_begun = is_kept(frame.start..frame.start + HEADER_BYTES);
        let head = self.without(back - usize::from(is_whole)).head();
        let next = if is_whole { frame.end } else { frame.start };
        if is_begun && !is_whole && is_data(frame.end..end) {
            Found::Refused { at: head + 1 }
        } else if head < served {
            Found::Refused { at: head }
        } else if is_data(next..end) {
            Found::SetAside { head }
        } else {
            Found::Nothing { head }
        }
    }

    /// Opens the store as it lies there; what is served is what was acknowledged up to there.
    async fn found(&self) -> Found {
        let (engine, report) = match self.store.open().await {
            Ok(opened) => opened,
            Err(Error::Damaged { file, revision, .. }) => {
                assert!(file.ends_with(SEGMENT), "{}", file.display());
                return Found::Refused { at: revision };
            }
            Err(error) => panic!("{error:?}"),
        };
        let head = report.head;
        self.model.until(head).check(&engine).await;
        match report.torn_tail {
            Some(tail) => {
                assert_eq!(tail.after, head);
                Found::SetAside { head }
            }
            None => Found::Nothing { head },
        }
    }
}

/// What an opening makes of a torn tail.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// It ends with whole frames.
    Nothing {
        head: Revision,
    },
    /// What lay behind was set aside, and that is said.
    SetAside {
        head: Revision,
    },
    Refused {
        at: Revision,
    },
}

/// What a tail is overwritten with from a place on: zeros from an even one, rubbish from an odd one.
fn rubbish(from: usize) -> u8 {
    if from.is_multiple_of(2) { 0 } else { 0xa5 }
}

fn store_frames(store: &Store) -> Vec<Range<usize>> {
    store
        .disk
        .content(SEGMENT)
        .map_or(Vec::new(), |content| frames(&content))
}

fn u32_at(content: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(content[at..at + 4].try_into().expect("four bytes"))
}

/// Where the frames lie, by the layout that `frame.rs` documents.
fn frames(content: &[u8]) -> Vec<Range<usize>> {
    let mut frames = Vec::new();
    let mut start = 0;
    while content[start..start + 4] != [0; 4] {
        let end = start + unpadded(content, start).next_multiple_of(8);
        frames.push(start..end);
        start = end;
    }
    frames
}

/// Bytes of a frame before its padding.
fn unpadded(content: &[u8], start: usize) -> usize {
    let [keys, metas, images] = [12, 16, 20].map(|at| u32_at(content, start + at));
    HEADER_BYTES + (keys + metas + images) as usize
}

#[test]
fn a_torn_last_group_is_all_there_or_not_at_all() {
    runtime().block_on(async {
        let torn = Torn::new(false).await;
        let last = torn.frames.last().expect("a frame").len();
        let mut set_aside = 0;
        for from in places(0..last) {
            for rubbish in [0, 0xa5] {
                let content = torn.torn(from, rubbish);
                if content == torn.content {
                    continue;
                }
                torn.store.disk.tamper(SEGMENT, content);
                let mut model = torn.without_last();
                let before = model.head();
                let (engine, report) = torn.store.open().await.expect("a store that opens");
                model.check(&engine).await;
                if model.head() > before {
                    // Only the padding was hit.
                    assert!(from + 8 > last, "a frame torn at {from} was served");
                    return;
                }
                let known = (report.torn_tails, engine.torn_tails());
                if from > 0 || rubbish > 0 {
                    let tail = report.torn_tail.expect("a report of the torn tail");
                    assert_eq!(tail.after, before);
                    let kept = torn.store.disk.content(format!("quarantine/{}", tail.file));
                    assert_eq!(kept.map(|kept| kept.len() as u64), Some(tail.bytes));
                    set_aside += 1;
                }
                assert_eq!(known, (set_aside, set_aside));
            }
        }
    });
}

/// More than power can tear, as when a disk forgets what it had acknowledged.
#[test]
fn a_tail_torn_anywhere_in_the_last_three_groups_is_set_aside_and_said() {
    runtime().block_on(async {
        let torn = Torn::new(false).await;
        let mut served = 0;
        // What an opening has served is in the records from then on: the longer ones later.
        for back in [3, 2, 1] {
            let frame = torn.frames[torn.frames.len() - back].clone();
            for from in places(frame) {
                torn.store.disk.tamper(SEGMENT, torn.torn_from(from));
                let expected = torn.expected(back, from, served);
                let found = torn.found().await;
                assert_eq!(found, expected, "torn at {from}, {back} from the end");
                if let Found::Nothing { head } | Found::SetAside { head } = found {
                    served = head;
                }
            }
        }
    });
}

#[test]
fn a_tail_that_a_checkpoint_covers_is_refused_wherever_it_is_torn() {
    runtime().block_on(async {
        let torn = Torn::new(true).await;
        for back in [3, 2, 1] {
            let before = torn.without(back).head();
            let frame = torn.frames[torn.frames.len() - back].clone();
            for from in places(frame.start..frame.end - 8) {
                torn.store.disk.tamper(SEGMENT, torn.torn_from(from));
                let at = expect_refused(&torn.store).await;
                assert!((before..=before + 1).contains(&at), "{at} for {before}");
            }
        }
    });
}

#[test]
fn a_bad_frame_before_the_last_is_refused() {
    runtime().block_on(async {
        let torn = Torn::new(false).await;
        let mut next = 1;
        for frame in &torn.frames[..torn.frames.len() - 1] {
            let first = next;
            next += u64::from(u32_at(&torn.content, frame.start + 28));
            for at in (frame.start..frame.end - 8).step_by(7) {
                let mut content = torn.content.clone();
                content[at] ^= 0x10;
                torn.store.disk.tamper(SEGMENT, content);
                expect_damaged(&torn.store, first).await;
            }
        }
    });
}

/// The refusal names the segment and the revision.
async fn expect_damaged(store: &Store, at: u64) {
    assert_eq!(expect_refused(store).await, at);
}

/// The revision at which the store is said to be damaged.
async fn expect_refused(store: &Store) -> u64 {
    match store.open().await {
        Err(Error::Damaged { file, revision, .. }) => {
            assert!(file.ends_with(SEGMENT), "{}", file.display());
            revision
        }
        other => panic!("{other:?} instead of a refusal"),
    }
}
