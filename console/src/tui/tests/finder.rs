//! Finding a client: only whoever fits what is typed is chosen, and nobody is taken for missing who was not searched for.

use super::desk::Desk;
use crate::tui::screens::client;

#[test]
fn keys_wait_for_the_clients_that_fit_what_is_typed() {
    for (keys, chosen) in [("bAnn", true), ("cAnn", false)] {
        let mut desk = Desk::new();
        desk.keys(keys);
        desk.fake.add_client("cli-anna0", "Anna Abel");
        desk.slow().keys("a<down><enter>");
        desk.misses("not searched yet");
        desk.arrive();
        let id = if chosen {
            desk.model.book.client.as_ref().map(|it| it.id.as_str())
        } else {
            client::shown(&desk.model).map(|it| it.id.as_str())
        };
        assert_eq!(id, Some("cli-anna1"), "the second of the new list");
    }
}

#[test]
fn nobody_is_missed_or_chosen_who_was_not_searched_for() {
    for screen in ["b", "c"] {
        let mut desk = Desk::new();
        desk.keys(screen).keys("Anna").lose_server();
        desk.keys(" Lee").sees("not searched yet");
        desk.keys("<enter><enter>").sees("Not searched for");
        assert!(desk.model.dialog.is_none() && desk.model.book.client.is_none());
        assert!(client::shown(&desk.model).is_none());
        desk.find_server().misses("not searched yet");
        desk.keys("<enter>").sees("902-555-0101");

        let mut desk = Desk::new();
        desk.keys(screen);
        desk.lose_server().keys("bobby<enter><enter>");
        desk.sees("Not searched for").misses("New client");
        desk.find_server().keys("<enter>");
        desk.sees("New client").sees("bobby");

        // The link is there, and the answer is lost.
        let mut desk = Desk::new();
        desk.keys(screen);
        desk.fake.down = true;
        desk.keys("bobby<enter>");
        desk.sees("Not searched for").misses("New client");
    }
}

#[test]
fn a_late_answer_does_not_list_clients_for_a_text_that_is_deleted() {
    let mut desk = Desk::new();
    desk.keys("b").slow().keys("Ann<backspace><backspace>");
    desk.arrive().misses("Anna Lee");
    desk.keys("<enter>").sees("at least 2 letters");
    assert!(desk.model.book.client.is_none() && desk.model.dialog.is_none());
}

#[test]
fn more_clients_than_are_listed_are_not_kept_quiet() {
    let mut desk = Desk::new();
    desk.keys("bAnna").misses("type more letters");
    desk.fake.more_clients = true;
    desk.keys(" Lee").sees("more fit: type more letters");
}
