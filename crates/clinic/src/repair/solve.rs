//! The search for the cheapest repair of one date.
//!
//! Branch and bound: one appointment after the other gets each of its places, what costs least first; whoever has to
//! make way for it is next. What the rest costs at least is known from the cheapest place that each can still have, so
//! that most branches end at once. The search starts anew a few times with those first who fared badly, for the case
//! that it can not be finished. Where that finds nothing at all, each in turn gets the first place that is free.

use super::Cost;
use super::day::{Class, Day, Place};
use crate::model::Slot;

/// How often the search starts anew.
const ROUNDS: u8 = 4;

/// The best that was found.
pub(super) struct Solved {
    /// For each who can move: the new place.
    pub(super) choices: Vec<Option<Slot>>,
    pub(super) cost: Cost,
    /// Whether nothing costs less.
    pub(super) proven: bool,
}

/// Finds the cheapest repair, or the cheapest that is found in so many steps and with so manieth a part of the work that
/// is left.
pub(super) fn solve(day: &Day<'_>, steps: u32, part: u32) -> Solved {
    let mut order: Vec<usize> = (0..day.hits).collect();
    order.sort_by_key(|&hit| {
        let classes = day.classes(hit);
        (classes.len(), hit)
    });
    let share = day.work_left() / u64::from(part);
    let others = day.work_left() - share;
    // One more than there are rounds, for when none of them finds anything.
    let work = share / u64::from(ROUNDS + 1);
    let mut best = None;
    let mut finished = false;
    for _ in 0..ROUNDS {
        let mut search = Search::new(day, &order, steps / u32::from(ROUNDS), work);
        search.best = best;
        search.go(Cost::default(), &vec![(0, 0); day.hits]);
        finished = !search.is_over();
        best = search.best;
        if finished {
            break;
        }
        reorder(day, &mut order, best.as_ref());
    }
    let one_by_one = || Search::new(day, &order, 0, work).one_by_one();
    let Best { cost, choices } = best.unwrap_or_else(one_by_one);
    let proven = finished && !day.is_cut() || least(day, others).is_some_and(|least| cost <= least);
    Solved {
        choices,
        cost,
        proven,
    }
}

/// What all who are hit cost at least, each looked at alone. None when so much of the work is left as has to be kept for
/// others: what is cut short says nothing about the least.
fn least(day: &Day<'_>, reserved: u64) -> Option<Cost> {
    let mut sum = Cost::default();
    for hit in 0..day.hits {
        let mut first = None;
        for class in day.classes(hit) {
            if day.work_left() <= reserved {
                return None;
            }
            if !day.places(hit, class).is_empty() {
                first = Some(class.cost);
                break;
            }
        }
        let unplaced = Cost {
            unplaced: 1,
            ..Cost::default()
        };
        sum = sum + first.unwrap_or(unplaced);
    }
    Some(sum)
}

/// Those first who paid more than the least that each would pay alone.
fn reorder(day: &Day<'_>, order: &mut [usize], best: Option<&Best>) {
    let Some(best) = best else { return };
    let fared_well = |hit: usize| {
        let first = day.classes(hit).first();
        let place = best.choices[hit].as_ref();
        match (first, place) {
            (Some(first), Some(slot)) => {
                let places = day.places(hit, first);
                places.iter().any(|place| place.slot == *slot)
            }
            (None, _) => true,
            (Some(_), None) => false,
        }
    };
    order.sort_by_key(|&hit| fared_well(hit));
}

struct Best {
    cost: Cost,
    choices: Vec<Option<Slot>>,
}

/// What is settled of one who can move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Open,
    /// They stay where they are.
    Stays,
    /// They leave their place now.
    Leaves,
    /// They keep their place until they agree to the new one.
    Called,
}

/// The place from which on one may still be had.
type Cursor = (usize, usize);

struct Search<'d, 'a> {
    day: &'d Day<'a>,
    order: &'d [usize],
    state: Vec<State>,
    /// Who has to make way.
    must: Vec<bool>,
    taken: Vec<(usize, &'d Place)>,
    /// How many steps are left.
    steps: u32,
    /// How much work has to be left for others.
    reserved: u64,
    best: Option<Best>,
}

impl<'d, 'a> Search<'d, 'a> {
    /// A search with so many steps, and so much of the work that is left.
    fn new(day: &'d Day<'a>, order: &'d [usize], steps: u32, work: u64) -> Self {
        Self {
            day,
            order,
            state: vec![State::Open; day.movables.len()],
            must: vec![false; day.movables.len()],
            taken: Vec::new(),
            steps,
            reserved: day.work_left().saturating_sub(work),
            best: None,
        }
    }

    /// Whether it may do no more.
    fn is_over(&self) -> bool {
        self.steps == 0 || self.is_spent()
    }

    fn is_spent(&self) -> bool {
        self.day.work_left() <= self.reserved
    }

    /// Gives each in turn the first place that is free as it is, while there is work left.
    fn one_by_one(mut self) -> Best {
        let mut cost = Cost::default();
        for &hit in self.order {
            let found = self.first_free(hit);
            let place = found.map(|(class, place)| {
                cost = cost + class.cost;
                place
            });
            self.state[hit] = match place {
                Some(place) if place.swap => State::Leaves,
                Some(_) => State::Called,
                None => State::Stays,
            };
            match place {
                Some(place) => self.taken.push((hit, place)),
                None => cost.unplaced += 1,
            }
        }
        self.best_of(cost)
    }

    fn first_free(&self, hit: usize) -> Option<(&'d Class, &'d Place)> {
        let leaves = |&other: &usize| self.state[other] == State::Leaves;
        let free = |place: &&Place| {
            place.displaces.iter().all(leaves) && self.displaced(hit, place).is_some()
        };
        let day = self.day;
        let mut classes = day.classes(hit).iter().take_while(|_| !self.is_spent());
        classes.find_map(|class| {
            let mut places = day.places(hit, class).iter();
            places.find(free).map(|place| (class, place))
        })
    }

    /// Settles whoever is still open, at `cost` so far. The cursors tell where to look for each who is hit.
    fn go(&mut self, cost: Cost, cursors: &[Cursor]) {
        if self.is_over() {
            return;
        }
        self.steps -= 1;
        let Some(next) = self.next() else {
            self.keep(cost);
            return;
        };
        let mut cursors = cursors.to_vec();
        let Some(rest) = self.rest(next, &mut cursors) else {
            return;
        };
        for class in self.day.classes(next) {
            // What the rest costs at least may have taken all that there was.
            if self.is_over() {
                return;
            }
            let least = cost + class.cost + rest;
            if !self.is_better(least) {
                break;
            }
            for place in self.day.places(next, class) {
                let Some(others) = self.displaced(next, place) else {
                    continue;
                };
                let more = Cost {
                    others,
                    ..class.cost
                };
                // What the rest displaces may be the same ones.
                let rest = Cost {
                    others: rest.others.saturating_sub(others),
                    ..rest
                };
                if self.is_better(cost + more + rest) {
                    self.take(next, place, cost + more, &cursors);
                }
                if self.is_over() {
                    return;
                }
            }
        }
        let unplaced = Cost {
            unplaced: 1,
            ..Cost::default()
        };
        if !self.must[next] && self.is_better(cost + unplaced + rest) {
            self.state[next] = State::Stays;
            self.go(cost + unplaced, &cursors);
            self.state[next] = State::Open;
        }
    }

    /// Who is settled next: whoever has to make way, else the next who is hit.
    fn next(&self) -> Option<usize> {
        let open = |&one: &usize| self.state[one] == State::Open;
        let making_way = (0..self.must.len())
            .filter(|&one| self.must[one])
            .find(open);
        making_way.or_else(|| self.order.iter().copied().find(open))
    }

    fn is_better(&self, cost: Cost) -> bool {
        self.best.as_ref().is_none_or(|best| cost < best.cost)
    }

    fn keep(&mut self, cost: Cost) {
        if !self.is_better(cost) {
            return;
        }
        self.best = Some(self.best_of(cost));
    }

    /// What is taken, as the best.
    fn best_of(&self, cost: Cost) -> Best {
        let mut choices = vec![None; self.day.movables.len()];
        for (one, place) in &self.taken {
            choices[*one] = Some(place.slot.clone());
        }
        Best { cost, choices }
    }

    /// What all who are hit and still open, but for `next`, cost at least. None when somebody who has to make way
    /// can not. The cursors move on to the first place that each can still have.
    fn rest(&self, next: usize, cursors: &mut [Cursor]) -> Option<Cost> {
        let mut rest = Cost::default();
        for (hit, cursor) in cursors.iter_mut().enumerate() {
            if hit == next || self.state[hit] != State::Open {
                continue;
            }
            match self.first(hit, cursor) {
                Some((cost, others)) => {
                    rest = rest + cost;
                    // Several may displace the same ones.
                    rest.others = rest.others.max(others);
                }
                None if self.must[hit] => return None,
                None => rest.unplaced += 1,
            }
        }
        Some(rest)
    }

    /// The least that one costs who is hit, and how many others they displace at least at that cost.
    fn first(&self, hit: usize, cursor: &mut Cursor) -> Option<(Cost, u32)> {
        let classes = self.day.classes(hit);
        while let Some(class) = classes.get(cursor.0).filter(|_| !self.is_spent()) {
            let places = &self.day.places(hit, class)[cursor.1..];
            let found = places
                .iter()
                .enumerate()
                .find_map(|(at, place)| Some((at, self.displaced(hit, place)?)));
            if let Some((at, others)) = found {
                cursor.1 += at;
                return Some((class.cost, self.fewest(hit, class, cursor.1, others)));
            }
            *cursor = (cursor.0 + 1, 0);
        }
        None
    }

    /// The fewest others whom a place of a class displaces, from one place on that displaces `first`.
    fn fewest(&self, hit: usize, class: &'d Class, from: usize, first: u32) -> u32 {
        if first == 0 {
            return 0;
        }
        let places = &self.day.places(hit, class)[from..];
        let all = places.iter().filter_map(|place| self.displaced(hit, place));
        all.min().unwrap_or(first)
    }

    /// How many others who were not to move yet have to make way for a place. None when it can not be had, or there is no
    /// work left to find out.
    fn displaced(&self, one: usize, place: &Place) -> Option<u32> {
        if self.is_spent() {
            return None;
        }
        let compared = 1 + place.displaces.len() + self.taken.len();
        self.day.spend(u64::try_from(compared).unwrap_or(u64::MAX));
        if self.must[one] && !place.swap {
            return None;
        }
        let mut others = 0;
        for &other in &place.displaces {
            match self.state[other] {
                State::Leaves => {}
                State::Stays | State::Called => return None,
                State::Open => others += u32::from(other >= self.day.hits && !self.must[other]),
            }
        }
        let slot = (one, &place.slot);
        let clashes =
            |&(other, theirs): &(usize, &Place)| self.day.clash(slot, (other, &theirs.slot));
        (!self.taken.iter().any(clashes)).then_some(others)
    }

    fn take(&mut self, one: usize, place: &'d Place, cost: Cost, cursors: &[Cursor]) {
        let in_the_way = place.displaces.iter().copied();
        let made_way: Vec<usize> = in_the_way.filter(|&other| !self.must[other]).collect();
        for &other in &made_way {
            self.must[other] = true;
        }
        self.state[one] = if place.swap {
            State::Leaves
        } else {
            State::Called
        };
        self.taken.push((one, place));
        self.go(cost, cursors);
        self.taken.pop();
        self.state[one] = State::Open;
        for other in made_way {
            self.must[other] = false;
        }
    }
}
