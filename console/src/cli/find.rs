//! Clients and appointments as people name them.

use treadwell_client::v1;

use super::{failure::Failure, session::Session};
use crate::tui::{time, words};

/// Which of a room's appointments is meant by the room's name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InRoom {
    /// The one whose session runs.
    Running,
    /// The one that is due, or the next one while a session runs.
    Coming,
    /// The one whose session runs or is just over.
    Recent,
}

/// The id of a client: an id as it is, otherwise the only client with this in name or phone.
pub(crate) async fn client(session: &Session, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.starts_with("cli-") {
        return Ok(text.to_owned());
    }
    let request = v1::ListClientsRequest {
        query: text.to_owned(),
        page_size: 20,
        page_token: String::new(),
    };
    let found = session.client.list_clients(request).await?.clients;
    the_client(text, &found)
}

/// The one client meant; several are told apart by birth date and phone.
fn the_client(text: &str, found: &[v1::Client]) -> Result<String, Failure> {
    let exact: Vec<_> = found
        .iter()
        .filter(|client| client.name.eq_ignore_ascii_case(text))
        .collect();
    match (found, exact.as_slice()) {
        ([only], _) => Ok(only.id.clone()),
        (_, [only]) => Ok(only.id.clone()),
        ([], _) => Err(
            Failure::usage(format!("no client has {text:?} in name or phone"))
                .advise("Add one: `treadwell clients add NAME --phone PHONE`."),
        ),
        (several, _) => {
            let mut failure = Failure::usage(format!(
                "{text:?} may be more than one client; name one by id:"
            ));
            for client in several {
                let born = client
                    .born
                    .as_ref()
                    .map(|date| format!(", born {}", time::birthday(date)));
                let born = born.unwrap_or_default();
                failure = failure.advise(format!(
                    "  {}  {}{born}, {}",
                    client.id, client.name, client.phone
                ));
            }
            Err(failure)
        }
    }
}

/// The id of an appointment: an id as it is, otherwise the one in a room (`H1`, `next H1`).
pub(crate) async fn appointment(
    session: &Session,
    text: &str,
    which: InRoom,
) -> Result<String, Failure> {
    let text = text.trim();
    if text.starts_with("apt-") {
        return Ok(text.to_owned());
    }
    let (name, next) = match text.strip_prefix("next ") {
        Some(rest) => (
            rest.trim_start()
                .trim_start_matches("in ")
                .trim_start_matches("room "),
            true,
        ),
        None => (text, false),
    };
    let names = session.names().await?;
    let room_id = names.find_room(name).map_err(|failure| {
        failure.advise("Appointments are named by id (apt-...), or by a room for the one that is in it or due in it.")
    })?;
    let board = session
        .client
        .get_board(v1::GetBoardRequest::default())
        .await?;
    let room = board
        .sites
        .iter()
        .flat_map(|site| &site.rooms)
        .find(|room| room.room_id == room_id);
    let id = room
        .map(|room| in_room(room, which, next))
        .filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| {
        let what = match which {
            InRoom::Running => "no session runs",
            InRoom::Recent => "no session runs or is just over",
            InRoom::Coming => "nothing more is booked today",
        };
        Failure::usage(format!("{what} in room {}", names.room(&room_id)))
    })
}

fn in_room(room: &v1::RoomStatus, which: InRoom, next: bool) -> &str {
    let state = words::state_of_word(&room.appointment_state);
    let running = matches!(room.state(), v1::RoomState::InSession | v1::RoomState::Over)
        || state == v1::AppointmentState::InSession;
    // In turnover the room still names the session that ended.
    let over = room.state() == v1::RoomState::Turnover || state == v1::AppointmentState::Completed;
    match which {
        InRoom::Running if running && !next => &room.appointment_id,
        InRoom::Recent if (running || over) && !next => &room.appointment_id,
        InRoom::Coming if next || running || over || room.appointment_id.is_empty() => {
            &room.next_appointment_id
        }
        InRoom::Coming => &room.appointment_id,
        InRoom::Running | InRoom::Recent => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, name: &str) -> v1::Client {
        v1::Client {
            id: id.to_owned(),
            name: name.to_owned(),
            phone: "902-555-0100".to_owned(),
            born: Some(v1::LocalDate {
                year: 1980,
                month: 3,
                day: 2,
            }),
            ..v1::Client::default()
        }
    }

    #[test]
    fn a_client_is_found_when_only_one_is_meant() {
        let (ann, anna) = (person("cli-1", "Ann Lee"), person("cli-2", "Anna Leeson"));
        assert_eq!(
            the_client("ann", std::slice::from_ref(&ann)).expect("one"),
            "cli-1"
        );
        let both = [ann, anna];
        assert_eq!(the_client("ann lee", &both).expect("exactly one"), "cli-1");
        let several = the_client("ann", &both).expect_err("two");
        assert_eq!(several.class.exit_code(), 2);
        assert_eq!(
            several.text(None),
            "treadwell: \"ann\" may be more than one client; name one by id:\n  \
             cli-1  Ann Lee, born 2 Mar 1980, 902-555-0100\n  cli-2  Anna Leeson, born 2 Mar 1980, 902-555-0100\n"
        );
        assert_eq!(
            the_client("bob", &[]).expect_err("none").class.exit_code(),
            2
        );
    }

    #[test]
    fn a_room_stands_for_the_appointment_that_the_verb_is_about() {
        let room = |state: v1::RoomState, now: &str, word: &str, next: &str| v1::RoomStatus {
            state: state.into(),
            appointment_id: now.to_owned(),
            appointment_state: word.to_owned(),
            next_appointment_id: next.to_owned(),
            ..v1::RoomStatus::default()
        };
        let busy = room(v1::RoomState::InSession, "apt-1", "in session", "apt-2");
        assert_eq!(in_room(&busy, InRoom::Running, false), "apt-1");
        assert_eq!(in_room(&busy, InRoom::Coming, false), "apt-2");
        let due = room(v1::RoomState::Held, "apt-3", "arrived", "apt-4");
        assert_eq!(in_room(&due, InRoom::Running, false), "");
        assert_eq!(in_room(&due, InRoom::Coming, false), "apt-3");
        assert_eq!(in_room(&due, InRoom::Coming, true), "apt-4");
        let turnover = room(v1::RoomState::Turnover, "apt-1", "completed", "apt-2");
        assert_eq!(in_room(&turnover, InRoom::Coming, false), "apt-2");
        assert_eq!(in_room(&turnover, InRoom::Running, false), "");
        assert_eq!(in_room(&turnover, InRoom::Recent, false), "apt-1");
        assert_eq!(in_room(&busy, InRoom::Recent, false), "apt-1");
        assert_eq!(in_room(&due, InRoom::Recent, false), "");
        let free = room(v1::RoomState::Vacant, "", "", "apt-5");
        assert_eq!(in_room(&free, InRoom::Coming, false), "apt-5");
    }
}
