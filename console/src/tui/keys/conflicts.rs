//! Keys that would mean two things: a default gives way to the configuration, and what is left of conflicts is refused.

use std::collections::HashMap;

use super::{Chord, Command, Entry, KeyError, Keymap, Place};

/// A row of the table with its keys in force.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) entry: &'static Entry,
    pub(super) shown: Vec<Chord>,
    pub(super) hidden: Vec<Chord>,
    /// The configuration says which key it has.
    pub(super) configured: bool,
}

impl Row {
    fn chords(&self) -> impl Iterator<Item = &Chord> {
        self.shown.iter().chain(&self.hidden)
    }

    pub(super) fn has(&self, chord: Chord) -> bool {
        self.chords().any(|it| *it == chord)
    }

    /// Both apply in one chain of places.
    fn meets(&self, other: &Self) -> bool {
        Place::ALL.iter().any(|place| {
            let chain = place.chain();
            chain.contains(&self.entry.place) && chain.contains(&other.entry.place)
        })
    }

    /// It answers a question that the other one asks.
    fn confirms(&self, other: &Self) -> bool {
        self.entry.command == Command::Yes && other.asks()
    }

    /// A question may follow. Enter asks too, from menus and forms.
    fn asks(&self) -> bool {
        self.entry.dangerous || self.entry.command == Command::Enter
    }

    /// A default without this key is still of use: it has another one, or is found in the palette by its name.
    fn can_spare(&self, chord: Chord) -> bool {
        let found = self.entry.palette && self.entry.command != Command::Palette;
        found || self.shown.iter().any(|it| *it != chord)
    }
}

impl Keymap {
    /// Defaults lose the keys that the configuration gives to others. One that could not be reached any more keeps its key:
    /// that conflict is refused.
    pub(super) fn give_way(&mut self) {
        let configured: Vec<Row> = {
            let rows = self.rows.iter().filter(|row| row.configured);
            rows.cloned().collect()
        };
        for row in self.rows.iter_mut().filter(|row| !row.configured) {
            let against = configured.iter();
            let against = against.filter(|it| it.meets(row) || it.confirms(row));
            for chord in against.flat_map(Row::chords).copied().collect::<Vec<_>>() {
                if row.has(chord) && row.can_spare(chord) {
                    row.shown.retain(|it| *it != chord);
                    row.hidden.retain(|it| *it != chord);
                }
            }
        }
    }

    /// What to say of the commands that have no key any more, because the configuration gives it to another; how they are
    /// reached now.
    pub(crate) fn gave_way(&self) -> Option<String> {
        let lost = self.rows.iter().filter(|row| !row.entry.keys.is_empty());
        let lost = lost.filter(|row| row.chords().next().is_none());
        let names: Vec<String> = lost.map(|row| self.by_name(row.entry)).collect();
        (!names.is_empty())
            .then(|| format!("Without a key, as yours took it: {}", names.join(", ")))
    }

    pub(super) fn check(&self) -> Result<(), KeyError> {
        self.check_yes()?;
        self.check_places()
    }

    /// Refuses a key that would ask and confirm: pressed twice, it would do what it should only ask about.
    fn check_yes(&self) -> Result<(), KeyError> {
        let of = |command| {
            self.rows
                .iter()
                .filter(move |row| row.entry.command == command)
        };
        let yes: Vec<&Chord> = of(Command::Yes).flat_map(Row::chords).collect();
        for row in self.rows.iter().filter(|row| row.asks()) {
            if let Some(chord) = row.chords().find(|chord| yes.contains(chord)) {
                let (key, name) = (chord.to_string(), row.entry.name.to_owned());
                return Err(KeyError::Confirms(key, name));
            }
        }
        Ok(())
    }

    /// Refuses a key with two meanings in one chain of places.
    fn check_places(&self) -> Result<(), KeyError> {
        for place in Place::ALL {
            let mut taken: HashMap<Chord, &'static str> = HashMap::new();
            for row in self
                .rows
                .iter()
                .filter(|row| place.chain().contains(&row.entry.place))
            {
                for chord in row.chords() {
                    if let Some(other) = taken.insert(*chord, row.entry.name) {
                        return Err(KeyError::Conflict(
                            chord.to_string(),
                            other.to_owned(),
                            row.entry.name.to_owned(),
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}
