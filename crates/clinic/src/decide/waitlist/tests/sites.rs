//! Desks of several sites that write on one entry.

use super::*;

fn wants(id: WaitlistId, sites: &[&str]) -> Command {
    Command::UpdateWaitlistEntry(UpdateWaitlistEntry {
        entry: entry(id),
        service: Patch::Keep,
        extensions: Patch::Keep,
        sites: Patch::Set(sites.iter().copied().map(site_id).collect()),
        windows: Patch::Keep,
        therapist: Patch::Keep,
        note: Patch::Keep,
    })
}

#[test]
fn a_desk_changes_the_sites_that_it_reaches_and_the_others_stay() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let both = ["dartmouth", "halifax"].map(site_id);
    let id = desk.waits(
        clear,
        Wanted {
            sites: both.to_vec(),
            ..wanted("ashiatsu-60")
        },
    );
    desk.act_as(limited_to(2, Role::FrontDesk, "halifax"));
    desk.done(&wants(id, &["halifax"]));
    assert_eq!(desk.entry(id).wanted.sites, both);
    // It would not see any more what it has done.
    let refusal = desk.refused(&wants(id, &["dartmouth"]));
    assert_eq!(refusal.reason(), "INVALID");

    desk.act_as(actor(1, Role::Owner));
    desk.done(&wants(id, &["dartmouth"]));
    assert_eq!(desk.entry(id).wanted.sites, [site_id("dartmouth")]);
    // Out of reach now, and told of as what does not exist, also where the change is wrong.
    desk.act_as(limited_to(2, Role::FrontDesk, "halifax"));
    for sites in [&["halifax"][..], &["halifax", "halifax"]] {
        assert_eq!(desk.refused(&wants(id, sites)).reason(), "NOT_FOUND");
    }
    desk.act_as(limited_to(3, Role::FrontDesk, "dartmouth"));
    let added = desk.refused(&wants(id, &["halifax", "dartmouth"]));
    assert_eq!(added.reason(), "SITE_NOT_ALLOWED");
}
