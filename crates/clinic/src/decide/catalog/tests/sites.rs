//! What a manager of one site may change of a therapist who works at another one, too.

use super::*;

fn bea() -> Therapist {
    certified("bea", &["halifax", "dartmouth"])
}

#[test]
fn a_manager_of_one_site_lets_a_therapist_work_on_at_the_other() {
    let (mut desk, _) = Desk::open();
    desk.act_as(limited_to(2, Role::Manager, "halifax"));
    let dartmouth = Refusal::SiteNotAllowed {
        site: site_id("dartmouth"),
    };
    let mut ends = bea();
    ends.credentials[0].expires = Some(date(2026, 11, 24));
    let retired = Therapist {
        retired: true,
        ..bea()
    };
    let uncertified = therapist("bea", &["halifax", "dartmouth"]);
    for changed in [retired, uncertified, ends] {
        let file = Catalog {
            therapists: vec![changed.clone()],
            ..Catalog::default()
        };
        for command in [
            Command::PutTherapist(put(changed)),
            Command::ImportCatalog(Box::new(file)),
        ] {
            assert_eq!(desk.refused(&command), dartmouth, "{command:?}");
        }
    }
    // What no booking rests on is corrected by either, and who works for them alone is theirs.
    let mut corrected = bea();
    corrected.credentials[0].number = "A-301".to_owned();
    desk.done(&Command::PutTherapist(put(corrected)));
    desk.done(&Command::PutTherapist(put(Therapist {
        retired: true,
        ..certified("ann", &["halifax"])
    })));
}
