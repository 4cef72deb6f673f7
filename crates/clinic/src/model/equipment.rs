use std::fmt;

/// Something fixed in a room that a service may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Equipment {
    /// A massage table.
    Table,
    /// A chair with a footrest.
    FootChair,
    /// Parallel bars mounted above the table. They serve only while they are sound.
    ParallelBars,
    /// An overhead rope. It never stands in for bars.
    Rope,
}

impl Equipment {
    /// Every kind of equipment.
    pub const ALL: [Self; 4] = [Self::Table, Self::FootChair, Self::ParallelBars, Self::Rope];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of kinds of equipment.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EquipmentSet(u8);

impl EquipmentSet {
    /// Nothing.
    pub const EMPTY: Self = Self(0);

    /// The set of these kinds.
    pub fn of(kinds: impl IntoIterator<Item = Equipment>) -> Self {
        kinds.into_iter().fold(Self::EMPTY, Self::with)
    }

    /// This set and `kind`.
    #[must_use]
    pub const fn with(self, kind: Equipment) -> Self {
        Self(self.0 | kind.bit())
    }

    /// This set without `kind`.
    #[must_use]
    pub const fn without(self, kind: Equipment) -> Self {
        Self(self.0 & !kind.bit())
    }

    /// Whether `kind` is in the set.
    pub const fn has(self, kind: Equipment) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether everything in `needed` is in this set.
    pub const fn includes(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds in the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Equipment> {
        Equipment::ALL
            .into_iter()
            .filter(move |&kind| self.has(kind))
    }
}

impl fmt::Debug for EquipmentSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
