use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

#[test]
fn it_is_there_when_it_is_finished_and_not_before() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("above/clinic");
    let stage = Stage::begin(&target).unwrap();
    fs::write(stage.folder().join("FORMAT"), "1").unwrap();
    assert!(!target.exists());
    stage.finish().unwrap();
    assert_eq!(names(&target), ["FORMAT"]);
    assert_eq!(names(target.parent().unwrap()), ["clinic"]);
    let again = Stage::begin(&target).unwrap_err().to_string();
    assert!(again.contains("there is one already"), "{again}");
}

#[test]
fn what_was_cut_short_is_thrown_away() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("clinic");
    drop(Stage::begin(&target).unwrap());
    assert!(names(home.path()).is_empty(), "given up");
    // As a kill leaves it: a store, without what was to come into it.
    let left = home.path().join("clinic.unfinished");
    fs::create_dir_all(left.join("journal")).unwrap();
    fs::write(left.join("FORMAT"), "1").unwrap();
    let stage = Stage::begin(&target).unwrap();
    assert!(names(stage.folder()).is_empty());
    stage.finish().unwrap();
    assert_eq!(names(home.path()), ["clinic"]);
}

#[test]
fn two_do_not_make_the_same_one() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("clinic");
    let first = Stage::begin(&target).unwrap();
    let second = Stage::begin(&target).unwrap_err().to_string();
    assert!(second.contains("another process is making"), "{second}");
    fs::write(first.folder().join("FORMAT"), "1").unwrap();
    first.finish().unwrap();
    assert_eq!(names(&target), ["FORMAT"]);
}

#[test]
fn an_empty_folder_by_any_name_is_filled_and_others_are_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().join("real");
    fs::create_dir(&real).unwrap();
    let link = home.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let stage = Stage::begin(&link).unwrap();
    fs::write(stage.folder().join("mine"), "1").unwrap();
    stage.finish().unwrap();
    assert_eq!(names(&real), ["mine"]);
    let occupied = Stage::begin(&link).unwrap_err().to_string();
    assert!(occupied.contains("other files lie there"), "{occupied}");
    assert_eq!(names(&real), ["mine"]);
    let nameless = Stage::begin(Path::new("/")).unwrap_err().to_string();
    assert_eq!(nameless.lines().count(), 1, "{nameless}");
}

#[tokio::test]
async fn a_folder_in_use_is_not_thrown_away() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("clinic");
    let options = treadwell_journal::embedded::Options::default();
    let (store, _) = Embedded::create(&target, [7; 16], options).await.unwrap();
    let refused = discard(&target).unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
    assert!(target.join("FORMAT").exists());
    treadwell_journal::Journal::close(&store).await.unwrap();
    discard(&target).unwrap();
    assert!(names(home.path()).is_empty());
}
