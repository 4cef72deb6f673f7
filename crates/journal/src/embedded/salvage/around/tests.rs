use rustix::io::Errno;

use super::*;
use crate::disk::ReadOnly;
use crate::simulation::Unreadable;

const FILE_BYTES: u64 = 5 * BLOCK_BYTES + 100;

fn failing(places: impl IntoIterator<Item = Range<u64>>, with: Errno) -> Unreadable {
    Unreadable::new("file", places, with.raw_os_error())
}

/// A folder with a file in another, and what is in that.
fn folder() -> (tempfile::TempDir, Vec<u8>) {
    let place = tempfile::tempdir().expect("a folder");
    let content: Vec<u8> = (0..FILE_BYTES)
        .map(|at| u8::try_from(at % 163).expect("a byte"))
        .collect();
    fs::create_dir_all(place.path().join("from/within")).expect("a folder");
    fs::write(place.path().join("from/within/file"), &content).expect("a file");
    (place, content)
}

fn rubbish(mut content: Vec<u8>, holes: &[Range<usize>]) -> Vec<u8> {
    for hole in holes {
        content[hole.clone()].fill(RUBBISH);
    }
    content
}

/// A sector within a block, two blocks that it lies across, and the short one at the end.
#[test]
fn what_can_not_be_read_is_rubbish_and_told_and_what_is_behind_it_is_read() {
    let (place, content) = folder();
    let path = place.path().join("from/within/file");
    let bad = [
        600..1_112,
        3 * 4_096 - 1..3 * 4_096 + 1,
        5 * 4_096..FILE_BYTES,
    ];
    let disk = failing(bad, Errno::IO);
    let around = Around::new(&disk);
    let file = around.open(&path).expect("it opens");
    let mut read = vec![0; content.len() + 10];
    let len = file.read_at(&mut read, 0).expect("it is read");
    assert_eq!(len, content.len());
    let holes = [0..4_096, 2 * 4_096..4 * 4_096, 5 * 4_096..content.len()];
    assert_eq!(read[..len], rubbish(content.clone(), &holes));
    let told: Vec<_> = around.lost().into_iter().map(|it| it.offset).collect();
    assert_eq!(told, [0, 2 * 4_096, 5 * 4_096]);
    let lost = around.lost();
    assert!(lost.iter().all(|it| it.file == path && !it.is_unnamed()));
    assert_eq!(lost[1].what, "8192 bytes that can not be read");
    assert!(around.has_hole(&path, 4_095..4_097));
    assert!(!around.has_hole(&path, 4_096..8_192));

    // A place that was given up is not asked for again, by whoever opens it; what can be read, is.
    let asked = disk.asked();
    let again = around.open(&path).expect("it opens");
    let mut piece = [0; 3_000];
    for (offset, len) in [
        (4_000, 3_000),
        (4_096, 3_000),
        (FILE_BYTES - 50, 50),
        (FILE_BYTES, 0),
    ] {
        assert_eq!(again.read_at(&mut piece, offset).expect("it is read"), len);
        let expected = rubbish(content.clone(), &holes);
        let offset = index(offset);
        assert_eq!(piece[..len], expected[offset..offset + len]);
    }
    assert_eq!(disk.asked(), asked);
}

#[test]
fn what_is_not_of_the_place_is_refused() {
    let (place, _) = folder();
    let path = place.path().join("from/within/file");
    for errno in [Errno::ACCESS, Errno::NOENT, Errno::INVAL] {
        let disk = failing(Some(10..20), errno);
        let around = Around::new(&disk);
        let file = around.open(&path).expect("it opens");
        let said = file.read_at(&mut [0; 30], 0).expect_err("a refusal");
        assert_eq!(said.raw_os_error(), Some(errno.raw_os_error()));
        assert!(around.lost().is_empty());
    }
    let missing = Around::new(&ReadOnly).open(&place.path().join("nothing"));
    assert!(missing.is_err());
}

#[test]
fn a_folder_is_copied_as_far_as_it_can_be_read() {
    let (place, content) = folder();
    for (name, bad, hole) in [
        ("to", None, 0..0),
        ("too", Some(4_100..4_200), 4_096..8_192),
    ] {
        let disk = failing(bad, Errno::BADMSG);
        let around = Around::new(&disk);
        let to = place.path().join(name);
        let copied = around.copy_folder(&place.path().join("from"), &to);
        copied.expect("a copy");
        let copy = fs::read(to.join("within/file")).expect("a file");
        assert_eq!(around.lost().is_empty(), hole.is_empty());
        assert_eq!(copy, rubbish(content.clone(), &[hole]));
    }
}
