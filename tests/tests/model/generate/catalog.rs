//! What a manager does: outages, shifts, the catalog, people, keys.

use super::*;

impl Generator {
    pub(crate) fn outage(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let site = self.site();
        let from = (!self.one_in(3)).then(|| self.start(oracle, now));
        let length = 5 * self.random.below(60);
        let base = from.unwrap_or(Cell::containing(now));
        Command::OpenOutage(OpenOutage {
            room: self.room_at(oracle, site),
            target: if self.one_in(2) {
                OutageTarget::Bars
            } else {
                OutageTarget::Room
            },
            from,
            until: (!self.one_in(12)).then(|| base.plus(minutes(length))),
            reason: if self.one_in(20) {
                String::new()
            } else {
                "loose bracket".to_owned()
            },
        })
    }

    pub(crate) fn shift(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        if self.one_in(3) {
            let shift = self
                .pick(oracle.shifts.keys().copied())
                .unwrap_or(ShiftId::new(1));
            return Command::RemoveShift {
                shift,
                etag: self.one_in(20).then_some(1),
            };
        }
        // An evening at Halifax, which is far for who is at Dartmouth until then.
        let evening = self.one_in(3);
        let site = if evening {
            world::site("halifax")
        } else {
            self.site()
        };
        let day =
            now.to_zoned(oracle.zone.clone()).date() + (i64::from(self.random.below(6)) - 1).days();
        let base = minute(oracle.midnight(day));
        let from = if evening {
            base + 15 * (18 * 4 + i64::from(self.random.below(4)))
        } else {
            base + 60 * (9 + i64::from(self.random.below(6)))
        };
        let length = if self.one_in(30) {
            25 * 60
        } else {
            60 * (2 + i64::from(self.random.below(6)))
        };
        let time = Interval::new(cell(from), cell(from + length)).expect("not empty");
        let pause = Interval::new(cell(from + 60), cell(from + 75)).expect("not empty");
        Command::PutShifts(vec![PutShift {
            shift: if self.one_in(4) {
                self.pick(oracle.shifts.keys().copied())
            } else {
                None
            },
            therapist: if evening {
                world::therapist(["ada", "cho"][usize::from(self.one_in(2))])
            } else {
                self.therapist_at(oracle, site)
            },
            site,
            time,
            breaks: if self.one_in(2) {
                vec![pause]
            } else {
                Vec::new()
            },
            etag: self.one_in(30).then_some(1),
        }])
    }

    /// Changes of the catalog that make things sound and unsound.
    pub(crate) fn catalog(&mut self) -> Command {
        let etag = self.one_in(5).then_some(0);
        match self.random.below(6) {
            0 => {
                let id = *self.random.choose(&world::ROOMS);
                let mut room = world::room_of(id, if self.one_in(3) { 9 } else { 12 });
                // Mostly none, as whoever changes a room's name sends it.
                room.inspection.take_if(|_| !self.one_in(4));
                room.retired = self.one_in(6);
                if self.one_in(8) {
                    room.site = world::site("dartmouth");
                }
                Command::PutRoom(Put {
                    resource: room,
                    etag,
                })
            }
            1 => {
                let id = *self.random.choose(&world::THERAPISTS);
                let expires = self.one_in(2).then_some(date(2026, 10, 29));
                let mut therapist = world::therapist_of(id, expires);
                therapist.retired = self.one_in(8);
                Command::PutTherapist(Put {
                    resource: therapist,
                    etag,
                })
            }
            2 => Command::PutRuleSet(Put {
                resource: world::barefoot_rules(self.random.below(2)),
                etag,
            }),
            3 => Command::PutPolicy(Put {
                resource: world::policy(),
                etag,
            }),
            4 => {
                let sites = world::catalog().sites;
                Command::PutSite(Put {
                    resource: self.random.choose(&sites).clone(),
                    etag,
                })
            }
            _ => {
                let services = world::catalog().services;
                let resource = self.random.choose(&services).clone();
                Command::PutService(Put { resource, etag })
            }
        }
    }

    pub(crate) fn people(&mut self, oracle: &Oracle) -> Command {
        if self.one_in(2) && oracle.clients.len() < 25 {
            return Command::CreateClient(NewClient {
                name: if self.one_in(6) {
                    String::new()
                } else {
                    "Somebody".to_owned()
                },
                preferred: self.one_in(20).then(|| world::therapist("zoe")),
                ..NewClient::default()
            });
        }
        Command::UpdateClient(UpdateClient {
            client: self.client(oracle),
            name: Patch::Keep,
            phone: Patch::Set("902 555 0100".to_owned()),
            email: Patch::Keep,
            born: Patch::Keep,
            preferred: Patch::Keep,
            note: if self.one_in(10) {
                Patch::Set("x".repeat(501))
            } else {
                Patch::Keep
            },
            etag: self.one_in(20).then_some(1),
        })
    }

    pub(crate) fn key(&mut self) -> Command {
        if self.one_in(2) {
            let number = self.random.next_u64();
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            return Command::CreateKey(CreateKey {
                hash: KeyHash(hash),
                name: if self.one_in(8) {
                    String::new()
                } else {
                    "Kiosk".to_owned()
                },
                role: if self.one_in(6) {
                    Role::Owner
                } else {
                    Role::Wallboard
                },
                sites: Sites::All,
                therapist: None,
                expires: None,
            });
        }
        let key = match self.random.below(6) {
            0..=2 => self.pick(self.owners.clone()),
            3 => None,
            _ => self.pick(self.keys.clone()),
        };
        Command::RevokeKey {
            key: key.unwrap_or(KeyId::new(999_999)),
        }
    }

    /// The catalog again, whole or with a mistake in it.
    pub(crate) fn import(&mut self) -> Command {
        let mut catalog = world::catalog();
        if self.one_in(2) {
            catalog.rooms[0].site = world::site("yarmouth");
        }
        if !self.one_in(8) {
            for room in &mut catalog.rooms {
                room.inspection = None;
            }
        }
        Command::ImportCatalog(Box::new(Catalog {
            policy: None,
            sites: Vec::new(),
            ..catalog
        }))
    }
}
