//! What can be done with one appointment, wherever it has the focus.

use treadwell_api::v1::{self, AppointmentState};

use super::{
    dialogs,
    event::{Effect, Purpose},
    failure::Failure,
    keys::Command,
    model::Model,
    screens, time, words,
};

/// The appointment in focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Focus {
    /// Its id.
    pub(crate) id: String,
    /// Where it is in its life, as far as the screen knows.
    pub(crate) state: AppointmentState,
}

impl Focus {
    /// The appointment of an id, with what the board or the day sheet says of its state.
    pub(crate) fn of_id(model: &Model, id: &str) -> Self {
        let in_room = model
            .sites()
            .flat_map(|site| &site.rooms)
            .find(|room| room.appointment_id == id);
        let on_sheet = || {
            model
                .day
                .sheet
                .iter()
                .flat_map(|sheet| &sheet.appointments)
                .find(|visit| visit.id == id)
        };
        let state = match in_room {
            Some(room) => words::state_of_word(&room.appointment_state),
            None => on_sheet().map_or(AppointmentState::Unspecified, v1::Appointment::state),
        };
        Self {
            id: id.to_owned(),
            state,
        }
    }
}

/// The commands about appointments, in the order in which menus list them.
pub(crate) const COMMANDS: [Command; 13] = [
    Command::CheckIn,
    Command::Start,
    Command::Finish,
    Command::Extend,
    Command::ConfirmVisit,
    Command::Review,
    Command::Move,
    Command::NoShow,
    Command::Cancel,
    Command::OwnItems,
    Command::Record,
    Command::Account,
    Command::OpenClient,
];

/// A command about an appointment.
pub(crate) fn is_command(command: Command) -> bool {
    COMMANDS.contains(&command)
}

/// Whether the life cycle has such a step. With an unknown state the server decides.
pub(crate) fn is_allowed(command: Command, state: AppointmentState) -> bool {
    use AppointmentState as S;
    if state == S::Unspecified {
        return true;
    }
    let before = matches!(state, S::Booked | S::Confirmed);
    match command {
        Command::NoShow | Command::Move => before,
        Command::ConfirmVisit => state == S::Booked,
        Command::Start => state == S::Arrived,
        // Of one who is here it is asked whether anything has changed.
        Command::CheckIn | Command::Review | Command::Cancel => before || state == S::Arrived,
        Command::Finish => state == S::InSession,
        Command::Extend => before || matches!(state, S::Arrived | S::InSession),
        Command::OwnItems => matches!(state, S::Arrived | S::InSession | S::Completed),
        Command::Record => matches!(state, S::InSession | S::Completed),
        Command::OpenClient | Command::Account => true,
        _ => false,
    }
}

/// Whether the person at the desk may take a step at all: only therapists decide on treatment.
pub(crate) fn may(model: &Model, command: Command) -> bool {
    command != Command::Review || model.role() == v1::Role::Therapist
}

/// Whether a step is worth a hint. Of an appointment that is still to come the board does not tell the state.
pub(crate) fn is_likely(command: Command, state: AppointmentState) -> bool {
    let of_use = [
        Command::CheckIn,
        Command::Start,
        Command::Move,
        Command::Cancel,
        Command::OpenClient,
    ];
    is_allowed(command, state)
        && (state != AppointmentState::Unspecified || of_use.contains(&command))
}

/// Does a command about the appointment in focus.
pub(crate) fn command(model: &mut Model, focus: Option<Focus>, command: Command) -> Vec<Effect> {
    let Some(focus) = focus else {
        model.warn("There is no appointment in focus.");
        return Vec::new();
    };
    if !is_allowed(command, focus.state) {
        let name = super::keys::entry(command).map_or("", |entry| entry.name);
        model.warn(format!(
            "This appointment is {}: no {name} from there.",
            words::appointment_state(focus.state)
        ));
        return Vec::new();
    }
    let appointment_id = focus.id;
    match command {
        Command::CheckIn if focus.state != AppointmentState::Arrived => model.write(
            Purpose::Act,
            v1::CheckInRequest {
                appointment_id,
                ..v1::CheckInRequest::default()
            },
        ),
        Command::Start => model.write(
            Purpose::Act,
            v1::StartSessionRequest {
                appointment_id,
                write: None,
            },
        ),
        Command::ConfirmVisit => model.write(
            Purpose::Act,
            v1::ConfirmAppointmentRequest {
                appointment_id,
                write: None,
            },
        ),
        Command::Account => dialogs::account::read(model, appointment_id),
        Command::OwnItems => dialogs::hygiene::open_own(model, appointment_id),
        _ => read_then(model, command, appointment_id),
    }
}

/// Reads the appointment, then goes on with the command. Without a link it says so at once: a dialog that opens long after
/// the key would not be expected any more.
pub(crate) fn read_then(
    model: &mut Model,
    command: Command,
    appointment_id: String,
) -> Vec<Effect> {
    if !model.link.is_live() {
        model.say_failed(&Failure::unreachable());
        return Vec::new();
    }
    model.pending = Some((command, appointment_id.clone()));
    model.ask(
        Purpose::Subject,
        v1::GetAppointmentRequest { appointment_id },
    )
}

/// An appointment has been read. A command that waits for another one goes on waiting.
pub(crate) fn read(
    model: &mut Model,
    visit: v1::Appointment,
    ask_since: Option<&v1::LocalDate>,
) -> Vec<Effect> {
    let waits = model.pending.take_if(|(_, id)| *id == visit.id);
    let Some((command, _)) = waits else {
        return Vec::new();
    };
    match command {
        Command::CheckIn => {
            if let Some(since) = ask_since {
                return dialogs::health::ask_changed(model, &visit, since, &[]);
            }
            model.say(format!(
                "{} is here; nothing is to be asked.",
                short(model, &visit)
            ));
            Vec::new()
        }
        Command::Extend => dialogs::menu::open_extend(model, &visit),
        Command::Finish => dialogs::form::open_finish(model, visit),
        Command::Cancel => dialogs::form::open_cancel(model, visit),
        Command::NoShow => dialogs::ask::open_no_show(model, &visit),
        Command::Move => dialogs::form::open_move(model, visit),
        Command::Review => dialogs::form::open_review(model, visit),
        Command::Record => dialogs::record::open(model, &visit),
        Command::OpenClient => {
            let client_id = visit.client_id;
            screens::client::show(model, client_id)
        }
        Command::Enter => dialogs::menu::show_visit(model, &visit),
        _ => Vec::new(),
    }
}

/// `Anna Lee, Wed 14 Oct 14:00-15:00, H1 with Chen, Ashiatsu 60`.
pub(crate) fn words(model: &Model, visit: &v1::Appointment) -> String {
    let zone = model.zone(&visit.site_id);
    let start = visit
        .start
        .as_ref()
        .map(|start| time::day_and_clock(time::instant(start), &zone))
        .unwrap_or_default();
    format!(
        "{}, {start}-{}, {} with {}, {}",
        visit.client_name,
        time::clock_of(visit.end.as_ref(), &zone),
        model.room_name(&visit.room_id),
        model.therapist_name(&visit.therapist_id),
        model.service_name(&visit.service_id)
    )
}

/// `Anna Lee 14:00`: how a button or a notice names an appointment.
pub(crate) fn short(model: &Model, visit: &v1::Appointment) -> String {
    let zone = model.zone(&visit.site_id);
    let start = visit
        .start
        .as_ref()
        .map(|start| time::near(time::instant(start), model.now(), &zone))
        .unwrap_or_default();
    format!("{} {start}", visit.client_name)
}

/// A step was done: says so, with what stands in the way of the next one.
pub(crate) fn done(
    model: &mut Model,
    visit: Option<&v1::Appointment>,
    what: &str,
    blocking: &[v1::Obstacle],
) -> Vec<Effect> {
    let named = visit.map(|visit| short(model, visit)).unwrap_or_default();
    if blocking.is_empty() {
        model.say(format!("{named}: {what}."));
    } else {
        let mut lines = vec![
            format!("{named}: {what}, but the session can not start yet:"),
            String::new(),
        ];
        lines.extend(
            blocking
                .iter()
                .map(|obstacle| format!("- {}", obstacle.text)),
        );
        dialogs::message(model, "Before the start", lines);
    }
    screens::refresh(model)
}
