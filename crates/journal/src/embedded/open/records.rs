//! What an open does with the records store: it replays onto what is there, and brings it to the journal's head or makes it anew.

use std::io;

use super::{Opening, mark_of};
use crate::Error;
use crate::embedded::keeper::{Keeper, Store, Stuck};
use crate::embedded::known::Known;
use crate::embedded::records::{Mark, set_folder_aside};
use crate::embedded::replay::{Journal, Replayed};

impl Opening {
    pub(super) fn start_keeper(&self) -> Result<Keeper, Error> {
        Keeper::start(
            &self.layout.records,
            &self.layout.quarantine,
            self.options.checkpoint_interval,
            self.options.records_timeout,
        )
        .map_err(|error| Error::io("start a thread for", &self.layout.records, error))
    }

    /// Replays onto what the records store has; the inner error is a fault that a rebuild heals.
    pub(super) fn replay_records(
        &mut self,
        journal: &Journal<'_>,
        keeper: &Keeper,
    ) -> Result<Result<(Replayed, Known), String>, Error> {
        let (stored, aside) = match keeper.call(Store::open) {
            Ok(Ok(opened)) => opened,
            Ok(Err(fault)) => return Ok(Err(fault.to_string())),
            Err(Stuck) => return Err(self.hung()),
        };
        self.report.set_aside.extend(aside);
        let mark = stored.mark.unwrap_or(Mark {
            revision: 0,
            link: self.start.root.1,
        });
        if mark.revision < self.start.revision {
            return Ok(Err("they are older than the journal's base".to_owned()));
        }
        let replayed = journal.replay(mark, stored.records)?;
        Ok(match replayed.adds_up() {
            Some(known) => Ok((replayed, known)),
            None => Err("the records do not add up to the journal's sum".to_owned()),
        })
    }

    /// sled hangs: its thread can not be ended, and may still write to the folder by name. So the
    /// folder is set aside and this process gives up; the next one finds no records and rebuilds.
    fn hung(&self) -> Error {
        let aside = set_folder_aside(&self.layout.records, &self.layout.quarantine);
        let what = match aside {
            Ok(_) => "the records store hangs when it is opened, and was set aside".to_owned(),
            Err(error) => format!("the records store hangs when it is opened ({error})"),
        };
        Error::Damaged {
            file: self.layout.records.clone(),
            revision: 0,
            what,
            remedy: "start again, and it is rebuilt from the journal".to_owned(),
        }
    }

    /// Writes what was replayed to the records store.
    pub(super) fn catch_up(&self, keeper: &Keeper, replayed: &mut Replayed) -> Result<(), Error> {
        let touched = std::mem::take(&mut replayed.touched);
        let mark = mark_of(replayed);
        let written = keeper
            .call(move |store| store.write(&touched, mark))
            .map_err(|Stuck| self.hung())?;
        written.map_err(|fault| self.records_error(fault.to_string()))
    }

    /// Sets the records store aside and makes it anew from the replayed records.
    pub(super) fn rebuild(
        &mut self,
        keeper: &Keeper,
        replayed: &mut Replayed,
        fault: &str,
    ) -> Result<(), Error> {
        tracing::warn!(%fault, "the records store is rebuilt from the journal");
        replayed.touched.clear();
        let (dir, quarantine) = (self.layout.records.clone(), self.layout.quarantine.clone());
        let records = replayed.records.clone();
        let mark = mark_of(replayed);
        let made = keeper
            .call(move |store| {
                store.forget();
                let aside =
                    set_folder_aside(&dir, &quarantine).map_err(|error| error.to_string())?;
                store.create().map_err(|fault| fault.to_string())?;
                store
                    .fill(records, mark)
                    .map_err(|fault| fault.to_string())?;
                Ok(aside)
            })
            .map_err(|Stuck| self.hung())?;
        let aside = made.map_err(|reason: String| self.records_error(reason))?;
        self.report.set_aside.extend(aside);
        Ok(())
    }

    fn records_error(&self, reason: String) -> Error {
        Error::io("write", &self.layout.records, io::Error::other(reason))
    }
}
