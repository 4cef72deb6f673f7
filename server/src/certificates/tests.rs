use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn now() -> Timestamp {
    "2026-10-14T17:07:00Z".parse().unwrap()
}

fn server(names: &[&str]) -> Wanted {
    Wanted {
        party: Party::Server,
        names: names.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn client(name: &str) -> Wanted {
    Wanted {
        party: Party::Client,
        names: vec![name.to_owned()],
    }
}

#[test]
fn an_authority_makes_certificates_and_renews_them_with_names_and_keys_as_they_are() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("authority");
    let wanted = [
        server(&["halifax.example", "10.0.0.5", "fd00::5"]),
        server(&["dartmouth.example"]),
        client("front-desk"),
    ];
    let made = init(&folder, &wanted, now()).unwrap();
    assert_eq!(made.len(), 3);
    for (one, wanted) in made.iter().zip(&wanted) {
        assert_eq!((one.party, &one.names), (wanted.party, &wanted.names));
        assert_eq!(one.until, now() + LASTS);
    }
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for key in ["authority.key", "halifax.example.key", "front-desk.key"] {
        assert_eq!(mode(&folder.join(key)), 0o600, "{key}");
    }

    // The keys have gone to where they are used.
    fs::remove_file(folder.join("halifax.example.key")).unwrap();
    let key = |name: &str| {
        let pem = pem(&folder.join(name)).unwrap();
        pem.parse_x509().unwrap().public_key().raw.to_vec()
    };
    let before = key("halifax.example.pem");
    let later = now() + SignedDuration::from_hours(300 * 24);
    let again = renew(&folder, &[], later).unwrap();
    let mut names: Vec<_> = again.iter().map(|one| one.names.clone()).collect();
    names.sort_unstable();
    let mut expected: Vec<_> = wanted.iter().map(|one| one.names.clone()).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(again.iter().all(|one| one.until == later + LASTS));
    assert_eq!(key("halifax.example.pem"), before);

    let one = renew(&folder, &["front-desk".to_owned()], later).unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].party, Party::Client);
}

#[test]
fn nothing_is_overwritten_and_names_that_are_none_write_nothing() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("authority");
    for (wanted, expected) in [
        (vec![], "name the servers with --name"),
        (vec![server(&["../up"])], "no name of a server"),
        (
            vec![server(&["halifax.example:7450"])],
            "no name of a server",
        ),
        (vec![server(&["good.example", ""])], "no name of a server"),
        (vec![client("front desk")], "no name of a client"),
        (vec![client(".hidden")], "no name of a client"),
        (
            vec![server(&["a.example"]), client("a.example")],
            "a.example is named twice",
        ),
    ] {
        let said = init(&folder, &wanted, now()).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
        assert!(!folder.exists(), "{expected}");
    }
    let missing = add(&folder, &[server(&["a.example"])], now());
    assert!(matches!(
        missing,
        Err(CertificatesError::NoAuthority { .. })
    ));

    init(&folder, &[server(&["a.example"])], now()).unwrap();
    let kept = fs::read(folder.join("authority.key")).unwrap();
    for wanted in [[server(&["b.example"])], [client("authority")]] {
        let again = init(&folder, &wanted, now());
        assert!(matches!(again, Err(CertificatesError::There { .. })));
    }
    let twice = add(&folder, &[client("b"), server(&["a.example"])], now());
    assert!(matches!(twice, Err(CertificatesError::There { .. })));
    assert!(!folder.join("b.pem").exists(), "all of it or nothing");
    assert_eq!(fs::read(folder.join("authority.key")).unwrap(), kept);
    let unknown = renew(&folder, &["c.example".to_owned()], now());
    assert_eq!(
        unknown.unwrap_err().to_string(),
        format!(
            "there is no certificate c.example.pem in {}: it has a.example",
            folder.display()
        )
    );
}

#[test]
fn an_authority_in_its_last_year_and_a_damaged_one_make_nothing() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    init(folder, &[server(&["a.example"])], now()).unwrap();
    let late = now() + SignedDuration::from_hours(24 * (3_652 - 300));
    let ended = renew(folder, &[], late).unwrap_err();
    assert!(matches!(ended, CertificatesError::Ended { .. }), "{ended}");
    fs::write(folder.join("authority.key"), "none").unwrap();
    let damaged = renew(folder, &[], now()).unwrap_err();
    assert!(
        matches!(damaged, CertificatesError::Damaged { .. }),
        "{damaged}"
    );
}
