//! Random small days as plain numbers, with the rules told again.

use jiff::civil::{Date, date};
use treadwell_clinic::repair::Cost;
use treadwell_tests::seed::Random;

/// A place, in minutes after midnight. Numbers stand for the lists of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) client: usize,
    pub(crate) service: usize,
    pub(crate) site: usize,
    pub(crate) room: usize,
    pub(crate) therapist: usize,
    pub(crate) start: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) site: usize,
    pub(crate) table: bool,
    pub(crate) bars: bool,
    pub(crate) turnover: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Therapist {
    pub(crate) certified: bool,
    pub(crate) site: usize,
    pub(crate) shift: (u32, u32),
    pub(crate) pause: (u32, u32),
}

/// What is out, in minutes after midnight.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Out {
    Room(usize, u32, u32),
    Bars(usize, u32, u32),
    Therapist(usize, u32, u32),
}

/// A small day.
#[derive(Clone, Debug)]
pub(crate) struct Small {
    pub(crate) rooms: Vec<Room>,
    pub(crate) therapists: Vec<Therapist>,
    /// Whether a client has answered all questions.
    pub(crate) declared: Vec<bool>,
    pub(crate) out: Vec<Out>,
    pub(crate) booked: Vec<Place>,
}

pub(crate) const OPENS: u32 = 9 * 60;
pub(crate) const CLOSES: u32 = 15 * 60;
/// Length, turnover and reset of the three services.
pub(crate) const SERVICES: [(u32, u32, u32); 3] = [(60, 15, 10), (60, 15, 5), (30, 15, 5)];
pub(crate) const DAY: Date = date(2027, 3, 2);
pub(crate) const GAP: u32 = 30;

fn overlap(a: (u32, u32), b: (u32, u32)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

fn index(random: &mut Random, n: usize) -> usize {
    usize::try_from(random.below(u32::try_from(n).expect("few"))).expect("small")
}

fn one_in(random: &mut Random, n: u32) -> bool {
    random.below(n) == 0
}

impl Small {
    pub(crate) fn random(random: &mut Random) -> Self {
        let mut day = Self {
            rooms: Vec::new(),
            therapists: Vec::new(),
            declared: (0..12).map(|_| !one_in(random, 4)).collect(),
            out: Vec::new(),
            booked: Vec::new(),
        };
        let sites = 1 + usize::from(one_in(random, 3));
        for _ in 0..2 + random.below(3) {
            let kind = random.below(5);
            day.rooms.push(Room {
                site: index(random, sites),
                table: kind > 0,
                bars: kind > 2,
                turnover: 15 * random.below(2) + 5 * random.below(2),
            });
        }
        for _ in 0..2 + random.below(3) {
            let from = OPENS + 60 * random.below(3);
            let pause = 11 * 60 + 15 * random.below(8);
            day.therapists.push(Therapist {
                certified: !one_in(random, 3),
                site: index(random, sites),
                shift: (from, CLOSES - 60 * random.below(2)),
                pause: (pause, pause + 30),
            });
        }
        for _ in 0..60 {
            let place = Place {
                client: index(random, day.declared.len()),
                service: index(random, 3),
                site: 0,
                room: index(random, day.rooms.len()),
                therapist: index(random, day.therapists.len()),
                start: OPENS + 15 * random.below(22),
            };
            let place = Place {
                site: day.rooms[place.room].site,
                ..place
            };
            let clashes = |it: &Place| day.clash(it, &place);
            if day.booked.len() < 8 && day.may_be(&place) && !day.booked.iter().any(clashes) {
                day.booked.push(place);
            }
        }
        for _ in 0..=u32::from(one_in(random, 4)) {
            let from = OPENS + 30 * random.below(8);
            let until = from + 60 * (1 + random.below(6));
            let room = index(random, day.rooms.len());
            day.out.push(match random.below(3) {
                0 => Out::Room(room, from, until),
                1 if day.rooms[room].bars => Out::Bars(room, from, until),
                _ => Out::Therapist(index(random, day.therapists.len()), from, until),
            });
        }
        day
    }

    fn times(&self, place: &Place) -> [(u32, u32); 3] {
        let (length, turnover, reset) = SERVICES[place.service];
        let end = place.start + length;
        let turnover = turnover.max(self.rooms[place.room].turnover);
        [
            (place.start, end),
            (place.start, end + reset),
            (place.start, end + turnover),
        ]
    }

    /// Whether a place is sound, whatever else is booked.
    pub(crate) fn may_be(&self, place: &Place) -> bool {
        let room = &self.rooms[place.room];
        let therapist = &self.therapists[place.therapist];
        let [session, _, in_room] = self.times(place);
        let equipped = match place.service {
            0 => room.bars,
            1 => room.table,
            _ => true,
        };
        let entitled = place.service > 0 || therapist.certified && self.declared[place.client];
        let within = |(from, until): (u32, u32)| from <= session.0 && session.1 <= until;
        let out = self.out.iter().any(|out| match *out {
            Out::Room(which, from, until) => which == place.room && overlap((from, until), in_room),
            Out::Bars(which, from, until) => {
                place.service == 0 && which == place.room && overlap((from, until), session)
            }
            Out::Therapist(who, from, until) => {
                who == place.therapist && overlap((from, until), session)
            }
        });
        equipped
            && entitled
            && !out
            && room.site == place.site
            && therapist.site == place.site
            && within((OPENS, CLOSES))
            && within(therapist.shift)
            && !overlap(therapist.pause, session)
    }

    /// Whether two places can not both be taken.
    pub(crate) fn clash(&self, a: &Place, b: &Place) -> bool {
        let ([a0, a1, a2], [b0, b1, b2]) = (self.times(a), self.times(b));
        let gap = if a.site == b.site { 0 } else { GAP };
        a.client == b.client && overlap(a0, b0)
            || a.therapist == b.therapist && overlap(a1, (b1.0.saturating_sub(gap), b1.1 + gap))
            || a.room == b.room && overlap(a2, b2)
    }

    /// Those that can not stay.
    pub(crate) fn hits(&self) -> Vec<usize> {
        let all = 0..self.booked.len();
        all.filter(|&one| !self.may_be(&self.booked[one])).collect()
    }

    /// Every place of the day for somebody: the same work, or the longest of each other kind that is not longer.
    pub(crate) fn every_place(&self, present: &Place) -> Vec<Place> {
        let services: &[usize] = match present.service {
            2 => &[2],
            _ => &[0, 1, 2],
        };
        let mut starts: Vec<u32> = (OPENS..CLOSES).step_by(30).collect();
        starts.push(present.start);
        starts.sort_unstable();
        starts.dedup();
        let mut places = Vec::new();
        for &service in services {
            for room in 0..self.rooms.len() {
                for therapist in 0..self.therapists.len() {
                    let site = self.rooms[room].site;
                    places.extend(starts.iter().map(|&start| Place {
                        service,
                        site,
                        room,
                        therapist,
                        start,
                        ..*present
                    }));
                }
            }
        }
        places
    }
}

pub(crate) fn is_swap(from: &Place, to: &Place) -> bool {
    (from.service, from.site, from.start) == (to.service, to.site, to.start)
}

pub(crate) fn cost_of(from: &Place, to: &Place) -> Cost {
    Cost {
        modality: u32::from(from.service != to.service),
        site: u32::from(from.site != to.site),
        therapist: u32::from(from.therapist != to.therapist),
        minutes: from.start.abs_diff(to.start),
        ..Cost::default()
    }
}
