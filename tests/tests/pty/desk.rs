//! What the front desk does in a day, as keys.

use treadwell_tests::terminal::Terminal;

use crate::book::{all_no, what, who};

/// The rooms of each site, in the order that the board has them in.
const ROOMS: [(&str, &[&str]); 2] = [
    ("Halifax", &["H1", "H2", "H3", "H4", "H5", "H6"]),
    ("Dartmouth", &["D1", "D2", "D3", "D4"]),
];

/// Whether the board shows another site before this one: which is first is the console's business.
fn is_right(board: &str, site: &str) -> bool {
    let place = |site: &str| board.find(&site.to_uppercase());
    ROOMS.iter().any(|(other, _)| place(other) < place(site))
}

/// The person at the desk: a console, and how its keys are used.
pub(crate) struct Desk {
    pub(crate) console: Terminal,
}

impl Desk {
    /// Puts the board's focus on a room.
    #[track_caller]
    pub(crate) fn room(&mut self, room: &str) {
        let found = ROOMS.iter().find_map(|(name, rooms)| {
            let row = rooms.iter().position(|it| *it == room)?;
            Some((*name, row))
        });
        let (name, row) = found.expect("a room of the sample clinic");
        let console = &mut self.console;
        console.keys("<f5>").sees("Board >");
        console.sees("HALIFAX").sees("DARTMOUTH");
        let there = if is_right(&console.text(), name) {
            "<right><home>"
        } else {
            ""
        };
        let down = "<down>".repeat(row);
        console.keys(&format!("<left><left><home>{there}{down}"));
        console.sees(&format!("{room} {name}"));
    }

    /// Books an existing client, who has answered everything, at a site and a time of today.
    #[track_caller]
    pub(crate) fn book(&mut self, client: &str, service: &str, site: &str, at: &str) {
        let console = &mut self.console;
        console.keys("<f5>").sees("Board >");
        who(console, client);
        what(console, service);
        // Back from the proposals to the time, and on to the site.
        console.keys("<shift-tab><shift-tab><shift-tab>");
        console.keys(at).sees(&format!("[{at} "));
        console.keys("<tab>").stands_on("any therapist >");
        console.turn("<right>", &format!("< {site} >"));
        // The list is made anew for time and site; until then the old one is shown.
        let place = format!("Tue 13 Oct {at:0>5} {site}");
        console.keys("<tab><tab>").misses("these are from before");
        console.stands_on(&place);
        console.keys("<enter>").sees("[?] HELD until");
        console.sees("ready: Enter books").stands_on("Enter: book");
        console.keys("<enter>").sees(&format!("Booked: {client}"));
    }

    /// Books somebody who has just come in and was never here, for now.
    #[track_caller]
    pub(crate) fn walk_in(&mut self, client: &str, service: &str) {
        let console = &mut self.console;
        console.keys("<f5>").sees("Board >");
        console.keys("W").sees("walk-in");
        console.go("<down>", service);
        console.keys("<enter>").sees("[?] HELD until");
        console.sees("name or phone");
        console
            .keys(client)
            .sees(&format!("a new client: {client}"));
        console.keys("<enter>").sees("born (YYYY-MM-DD)");
        console.keys("<tab><tab><tab>").keys("<enter>");
        console.sees(&format!("{client} added"));
        all_no(console);
        console.keys("<enter>").sees(&format!("Booked: {client}"));
    }

    /// Attests a therapist's foot care.
    #[track_caller]
    pub(crate) fn attest(&mut self, therapist: &str) {
        self.console.keys("<f5>").sees("Board >");
        self.console.keys("A").sees("no nail polish");
        self.console.go("<down>", therapist).keys("<enter>");
        self.console.sees("no polish; soaked");
        self.console.keys("<enter>");
        self.console
            .sees(&format!("Foot care attested: {therapist}"));
    }

    /// The client in the room, or due in it, is here.
    #[track_caller]
    pub(crate) fn check_in(&mut self, room: &str, client: &str) {
        self.room(room);
        self.console.keys("i").sees_line(&[client, ": checked in."]);
    }

    /// Their session begins.
    #[track_caller]
    pub(crate) fn start(&mut self, room: &str, client: &str) {
        self.room(room);
        self.console.keys("s").sees_line(&[client, ": in session."]);
    }

    /// It gets 15 minutes more.
    #[track_caller]
    pub(crate) fn extend(&mut self, room: &str, client: &str) {
        self.room(room);
        self.console.keys("e").sees("15 minutes, until");
        self.console.go("<down>", "15 minutes").keys("<enter>");
        self.console.sees_line(&[client, ": extended."]);
    }

    /// It ends, after its planned end.
    #[track_caller]
    pub(crate) fn finish(&mut self, room: &str, client: &str) {
        self.room(room);
        self.console.keys("n").sees("goes into turnover");
        self.console.keys("<enter>").sees("The session ends now");
        self.console.keys("y").sees_line(&[client, ": ended"]);
    }

    /// Opens a room's checklist and ticks its first item.
    #[track_caller]
    pub(crate) fn tick_one(&mut self, room: &str, items: usize) {
        self.room(room);
        self.console.keys("<enter>").sees("Turnover");
        self.console
            .sees_line(&["[~]", room, &format!("0 of {items}")]);
        self.console.go("<down>", "[ ]").keys("<space>");
        self.console
            .sees_line(&["[~]", room, &format!("1 of {items}")]);
    }

    /// Ticks an item, and then all that are left.
    #[track_caller]
    pub(crate) fn turn_over(&mut self, room: &str, items: usize) {
        self.tick_one(room, items);
        self.console
            .keys("<enter>")
            .sees(&format!("{room} is ready."));
    }

    /// The bars of a room are out, until nobody knows when.
    #[track_caller]
    pub(crate) fn bars_out(&mut self, room: &str, why: &str) {
        self.room(room);
        self.console.keys("x").sees("< only its bars >");
        self.out(why);
        self.console.sees_line(&[room, "bar-out"]);
    }

    /// A room without bars is out.
    #[track_caller]
    pub(crate) fn room_out(&mut self, room: &str, why: &str) {
        self.room(room);
        self.console.keys("x").sees("< the room >");
        self.out(why);
        self.console.sees_line(&[room, "[x] OUT"]);
    }

    #[track_caller]
    fn out(&mut self, why: &str) {
        self.console.keys(&format!("<tab><tab>{why}")).sees(why);
        self.console.keys("<enter>").sees("until further notice");
        self.console.keys("y").sees("Out of service.");
    }

    /// A room is in service again.
    #[track_caller]
    pub(crate) fn room_back(&mut self, room: &str) {
        self.room(room);
        self.console.keys("x").sees("End the outage now?");
        self.console.keys("y").sees("Back in service.");
        self.console.sees_line(&[room, "[ ] VACANT"]);
    }

    /// Finds an appointment on the day grid.
    #[track_caller]
    fn on_day(&mut self, site: &str, at: &str, client: &str) {
        let console = &mut self.console;
        console.keys("<f5>").sees("Board >");
        console.keys("d").sees("by room");
        console.turn("L", &format!("Day > {site}"));
        console.keys(&format!("<home>{}", "<up>".repeat(12)));
        let (opens, first) = match site {
            "Halifax" => ("08:00", "H"),
            _ => ("09:00", "D"),
        };
        console.sees(&format!(" {opens} {first}1"));
        console.turn("<right>", &format!("{at} {first}1"));
        console.turn("<down>", &format!("{client}, Tue"));
    }

    /// Cancels an appointment with a note.
    #[track_caller]
    pub(crate) fn cancel(&mut self, site: &str, at: &str, client: &str) {
        self.on_day(site, at, client);
        self.console.keys("C").sees("the client asked");
        self.console.keys("<tab>by phone").sees("by phone");
        self.console.keys("<enter>").sees("LATE cancellation");
        self.console.keys("y").sees_line(&[client, ": cancelled."]);
    }

    /// Takes back what was done last.
    #[track_caller]
    pub(crate) fn undo(&mut self, client: &str) {
        self.console.keys("u").sees("y: yes").sees(client);
        self.console.keys("y").sees("Undone:");
    }

    /// The client did not come.
    #[track_caller]
    pub(crate) fn no_show(&mut self, site: &str, at: &str, client: &str) {
        self.on_day(site, at, client);
        self.console.keys("N").sees("The client did not come.");
        self.console
            .keys("y")
            .sees_line(&[client, "marked as no-show."]);
    }

    /// Moves an appointment to the first place from a time on, with whoever is there.
    #[track_caller]
    pub(crate) fn move_to(&mut self, site: &str, at: &str, client: &str, from: &str) {
        self.on_day(site, at, client);
        let console = &mut self.console;
        console.keys("m").sees("Move: where to look");
        console
            .keys(&format!("<ctrl-u>{from}"))
            .sees(&format!("[{from} "));
        console.keys("<tab><right>").sees("< any >");
        console.keys("<tab><enter>").sees("Move to:");
        console.go("<down>", &format!("Tue 13 Oct {from}"));
        console.keys("<enter>").sees("y: yes").sees("From ");
        console.keys("y").sees_line(&[client, from, ": moved."]);
    }
}
