//! What the board says of the waitlist. Clients appear by their initials.

use jiff::Timestamp;
use treadwell_clinic::Clinic;
use treadwell_clinic::attention::Matter;
use treadwell_clinic::id::WaitlistId;
use treadwell_clinic::model::Site;

use crate::convert::{values, words};

/// The words of a matter of the waitlist.
pub(super) fn words(matter: &Matter, clinic: &Clinic, site: &Site) -> String {
    let names = words::Words(clinic);
    let clock = |at: Timestamp| site.zone.local(at).strftime("%H:%M").to_string();
    match *matter {
        Matter::Offered { entry, room } => {
            let Some(offer) = clinic.waitlist_entry(entry).and_then(|it| it.offer()) else {
                return String::new();
            };
            let who = initials(clinic, entry);
            let until = clock(offer.expires_at);
            let start = offer.slot.start().timestamp();
            let day = |at| site.zone.local(at).date();
            let when = if day(start) == day(offer.at) {
                clock(start)
            } else {
                site.zone
                    .local(start)
                    .strftime("%a %-d %b %H:%M")
                    .to_string()
            };
            let what = format!("{} {when}", names.room(room));
            match offer.contact {
                None => format!("Waitlist: call {who}, {what} is held until {until}."),
                Some(_) => format!("Waitlist: {who} answers for {what} until {until}."),
            }
        }
        Matter::WaitlistFits {
            room,
            start,
            bars,
            fitting,
            wanting,
            ..
        } => {
            let verb = if wanting == 1 { "wants" } else { "want" };
            let what = if bars { "BAR" } else { "a place" };
            let (room, start) = (names.room(room), clock(start.timestamp()));
            format!("Waitlist: {wanting} {verb} {what} today; {room} {start} fits {fitting}.")
        }
        _ => String::new(),
    }
}

fn initials(clinic: &Clinic, entry: WaitlistId) -> String {
    clinic
        .waitlist_entry(entry)
        .and_then(|entry| clinic.client(entry.client))
        .map(|client| values::initials(&client.name))
        .unwrap_or_default()
}
