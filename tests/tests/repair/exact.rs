//! The cheapest repair of a small day, found by trying everything: no masks, no index, no rule of the crate, and no
//! bound but that what costs as much as the best already is not looked at.

use treadwell_clinic::repair::Cost;

use super::day::{Place, Small, cost_of, is_swap};

/// What everybody can have.
struct Exact<'a> {
    day: &'a Small,
    hits: Vec<usize>,
    /// For each who is hit, by cost.
    options: Vec<Vec<(Cost, Place)>>,
    others: Vec<usize>,
    other_options: Vec<Vec<Place>>,
    best: Cost,
}

/// The least cost of a repair.
pub(crate) fn least(day: &Small) -> Cost {
    let hits = day.hits();
    let sites: Vec<usize> = hits.iter().map(|&hit| day.booked[hit].site).collect();
    let others: Vec<usize> = (0..day.booked.len())
        .filter(|one| !hits.contains(one) && sites.contains(&day.booked[*one].site))
        .collect();
    let fixed: Vec<Place> = (0..day.booked.len())
        .filter(|one| !hits.contains(one) && !others.contains(one))
        .map(|one| day.booked[one])
        .collect();
    let free = |place: &Place| day.may_be(place) && !fixed.iter().any(|it| day.clash(place, it));
    let options = hits.iter().map(|&hit| {
        let present = day.booked[hit];
        let mut options: Vec<(Cost, Place)> = day
            .every_place(&present)
            .into_iter()
            .filter(|place| *place != present && free(place))
            .map(|place| (cost_of(&present, &place), place))
            .collect();
        options.sort_by_key(|(cost, _)| *cost);
        options
    });
    let options = options.collect();
    let other_options = others.iter().map(|&other| {
        let present = day.booked[other];
        let elsewhere = day.every_place(&present).into_iter();
        elsewhere
            .filter(|place| is_swap(&present, place) && *place != present && free(place))
            .collect()
    });
    let other_options = other_options.collect();
    let mut exact = Exact {
        day,
        best: Cost {
            unplaced: u32::try_from(hits.len()).expect("few") + 1,
            ..Cost::default()
        },
        hits,
        options,
        others,
        other_options,
    };
    exact.hits_from(0, Cost::default(), &mut Vec::new());
    exact.best
}

impl Exact<'_> {
    fn hits_from(&mut self, at: usize, cost: Cost, chosen: &mut Vec<Option<Place>>) {
        if cost >= self.best {
            return;
        }
        if at == self.hits.len() {
            let mut taken = Vec::new();
            for (hit, place) in self.hits.iter().zip(chosen.iter()) {
                let present = self.day.booked[*hit];
                let leaves = place.is_some_and(|place| is_swap(&present, &place));
                let kept = (!leaves).then_some(present);
                // A place beside the present one is for the same client, and may overlap it.
                let clashes = |other: &Place| {
                    taken
                        .iter()
                        .any(|(whose, it)| *whose != *hit && self.day.clash(it, other))
                };
                if place.iter().chain(kept.iter()).any(clashes) {
                    return;
                }
                taken.extend(place.iter().chain(kept.iter()).map(|place| (*hit, *place)));
            }
            let mut taken = taken.into_iter().map(|(_, place)| place).collect();
            self.others_from(0, cost, &mut taken);
            return;
        }
        for option in 0..self.options[at].len() {
            let (more, place) = self.options[at][option];
            if cost + more >= self.best {
                break;
            }
            let clashes = |it: &Place| self.day.clash(it, &place);
            if !chosen.iter().flatten().any(clashes) {
                chosen.push(Some(place));
                self.hits_from(at + 1, cost + more, chosen);
                chosen.pop();
            }
        }
        let unplaced = Cost {
            unplaced: 1,
            ..Cost::default()
        };
        chosen.push(None);
        self.hits_from(at + 1, cost + unplaced, chosen);
        chosen.pop();
    }

    fn others_from(&mut self, at: usize, cost: Cost, taken: &mut Vec<Place>) {
        if cost >= self.best {
            return;
        }
        if at == self.others.len() {
            self.best = cost;
            return;
        }
        let present = self.day.booked[self.others[at]];
        for option in 0..=self.other_options[at].len() {
            let (place, more) = match option.checked_sub(1) {
                None => (present, Cost::default()),
                Some(option) => {
                    let place = self.other_options[at][option];
                    let others = Cost {
                        others: 1,
                        ..Cost::default()
                    };
                    (place, cost_of(&present, &place) + others)
                }
            };
            if !taken.iter().any(|it| self.day.clash(it, &place)) {
                taken.push(place);
                self.others_from(at + 1, cost + more, taken);
                taken.pop();
            }
        }
    }
}
