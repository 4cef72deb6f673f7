use treadwell_clinic::id::ClientId;

use super::*;

fn client(name: &str, phone: &str) -> Client {
    Client {
        id: ClientId::new(1),
        name: name.to_owned(),
        phone: phone.to_owned(),
        email: String::new(),
        born: None,
        preferred: None,
        note: String::new(),
        external: String::new(),
        since: None,
    }
}

#[test]
fn a_fragment_is_found_in_name_or_phone() {
    let table = [
        ("", true),
        ("mel", true),
        ("MELAN", true),
        ("is mel", true),
        ("melanie", false),
        ("555-01", true),
        ("(902) 555", true),
        ("5550101", true),
        ("5559", false),
    ];
    for (text, found) in table {
        let fragment = Fragment::new(text).unwrap();
        let iris = client("Iris Melanson", "902-555-0101");
        assert_eq!(fragment.place(&iris).is_some(), found, "{text}");
    }
}

#[test]
fn names_of_any_script_are_found_in_any_case() {
    let fragment = Fragment::new("ÉLO").unwrap();
    assert!(fragment.place(&client("Élodie Côté", "")).is_some());
    assert!(fragment.place(&client("Elodie Cote", "")).is_none());
    assert!(
        Fragment::new("côté")
            .unwrap()
            .place(&client("Élodie CÔTÉ", ""))
            .is_some()
    );
}

#[test]
fn too_little_is_not_looked_for() {
    for text in ["a", "é", "12", "1-2", "-"] {
        assert_eq!(Fragment::new(text), None, "{text}");
    }
}

#[test]
fn the_best_matches_come_first() {
    let fragment = Fragment::new("mar").unwrap();
    let names = [
        "Umar Haddad",
        "Ana Marsh",
        "Maren Solberg",
        "Anne-Marie Roy",
        "Élmar Voss",
        "MARA Lindqvist",
    ];
    let mut found: Vec<_> = names
        .map(|name| (fragment.place(&client(name, "")).unwrap(), name))
        .into();
    found.sort();
    let order: Vec<_> = found.iter().map(|(_, name)| *name).collect();
    assert_eq!(
        order,
        [
            "MARA Lindqvist",
            "Maren Solberg",
            "Ana Marsh",
            "Anne-Marie Roy",
            "Umar Haddad",
            "Élmar Voss",
        ]
    );
    for (place, name) in found {
        let read: Place = place.to_string().parse().unwrap();
        assert_eq!(read, place, "{name}");
    }
    for wrong in ["", "0/1", "x/1/a", "0/x/a"] {
        assert!(wrong.parse::<Place>().is_err(), "{wrong}");
    }
}
