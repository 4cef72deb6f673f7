//! A disk in memory that fails and loses power, for tests (feature `simulation`).
//!
//! It keeps two views: what a process sees (the page cache) and what would survive. Content becomes
//! durable by a sync of its file, names by a sync of their folder; [`SimDisk::lose_power`] decides by a
//! seed what becomes of the rest: dropped, kept, torn by sectors, names lost in any order. A sync
//! that fails loses the content it should have synced for good, though the process goes on seeing it.
//! Parts of a file can be made unreadable ([`SimDisk::make_unreadable`]).
//!
//! Every operation that changes something has a number; faults are planned by number.
//!
//! Beside it, disks that lie over another one and spoil some operations: [`Over`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, File, Lock};

mod over;
mod rng;
mod state;

pub use over::{Over, Unreadable};
pub use rng::Rng;
use state::State;

/// What happens at the planned operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails with this error; later ones succeed.
    Once(io::ErrorKind),
    /// This operation and every later one fails with this error.
    FromThenOn(io::ErrorKind),
    /// The power goes: the operation is caught half done, and nothing works any more.
    PowerCut,
}

/// A disk in memory; clones share it.
#[derive(Clone)]
pub struct SimDisk {
    root: PathBuf,
    state: Arc<Mutex<State>>,
}

impl SimDisk {
    /// An empty disk whose files lie under `root`; nothing of the real folder is touched.
    pub fn new(root: impl Into<PathBuf>) -> SimDisk {
        SimDisk {
            root: root.into(),
            state: Arc::new(Mutex::new(State::default())),
        }
    }

    /// Plans a fault at the operation with number `at`, counted from 0 since the disk was made.
    pub fn plan(&self, at: u64, fault: Fault) {
        self.lock().plan = Some((at, fault));
    }

    /// The operations so far.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Sets the free space; writes are not counted against it.
    pub fn set_free_bytes(&self, bytes: u64) {
        self.lock().free_bytes = bytes;
    }

    /// Lets the writes to files not yet synced fail for want of room, or not.
    pub fn set_room_for_new_files(&self, room: bool) {
        self.lock().no_room_for_new_files = !room;
    }

    /// The disk as the next process finds it after a power loss, seen under another root. This one
    /// does nothing any more.
    #[must_use = "it is the only disk that still works"]
    pub fn lose_power(&self, rng: &mut Rng, root: impl Into<PathBuf>) -> SimDisk {
        let mut state = self.lock();
        state.power_off = true;
        SimDisk {
            root: root.into(),
            state: Arc::new(Mutex::new(state.after_power_loss(rng))),
        }
    }

    /// The disk as the next process finds it after `kill -9`: all that was written is there, and
    /// what is not durable is still not durable.
    #[must_use = "it is the only disk that still works"]
    pub fn kill(&self, root: impl Into<PathBuf>) -> SimDisk {
        let mut state = self.lock();
        let next = state.after_kill();
        state.power_off = true;
        SimDisk {
            root: root.into(),
            state: Arc::new(Mutex::new(next)),
        }
    }

    /// Every file and its length, by path under the root.
    pub fn files(&self) -> Vec<(PathBuf, usize)> {
        let state = self.lock();
        state
            .names
            .iter()
            .map(|(path, node)| (path.clone(), state.nodes[node].seen.len()))
            .collect()
    }

    /// The content of a file, by path under the root.
    pub fn content(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let state = self.lock();
        let node = state.names.get(path.as_ref())?;
        Some(state.nodes[node].seen.clone())
    }

    /// Removes a file, durably: what a person did to it.
    pub fn lose(&self, path: impl AsRef<Path>) {
        let mut state = self.lock();
        state.names.remove(path.as_ref());
        state.durable_names.remove(path.as_ref());
    }

    /// Replaces a file's content, durably, creating it and its folder: what a person or a bad disk
    /// did to it.
    pub fn tamper(&self, path: impl AsRef<Path>, content: Vec<u8>) {
        let path = path.as_ref().to_owned();
        let mut state = self.lock();
        if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            state.make_dir(dir);
        }
        let node = state.new_node();
        state.names.insert(path.clone(), node);
        state.durable_names.insert(path, node);
        if let Some(node) = state.nodes.get_mut(&node) {
            node.durable.clone_from(&content);
            node.seen = content;
        }
    }

    /// Lets every read of those bytes of a file fail from now on, as it does where a sector of a drive is gone. They are the
    /// file's, whatever its name; one that takes its place has none.
    pub fn make_unreadable(&self, path: impl AsRef<Path>, bytes: Range<u64>) {
        let mut state = self.lock();
        let node = state.names.get(path.as_ref()).copied();
        if let Some(node) = node.and_then(|node| state.nodes.get_mut(&node)) {
            node.unreadable.push(bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path under the root; nothing outside of it is simulated.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    fn file(&self, node: u64) -> Arc<dyn File> {
        Arc::new(SimFile {
            disk: self.clone(),
            node,
        })
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for SimDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let Some(dir) = self.inside(dir).filter(|dir| !dir.as_os_str().is_empty()) else {
            return Ok(());
        };
        let mut state = self.lock();
        if state.dirs.contains(&dir) {
            return Ok(());
        }
        state.operation()?;
        state.dirs.insert(dir.clone());
        state.pending_names.push(state::NameOp::MakeDir(dir));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let dir = self.inside(dir).ok_or_else(not_found)?;
        let state = self.lock();
        state.powered()?;
        if !dir.as_os_str().is_empty() && !state.dirs.contains(&dir) {
            return Err(not_found());
        }
        let entries = state.names.keys().chain(state.dirs.iter());
        let names: BTreeSet<String> = entries
            .filter(|path| path.parent() == Some(&dir))
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let path = self.inside(path).ok_or_else(not_found)?;
        let state = self.lock();
        state.powered()?;
        let node = *state.names.get(&path).ok_or_else(not_found)?;
        drop(state);
        Ok(self.file(node))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let path = self.inside(path).ok_or_else(not_found)?;
        let mut state = self.lock();
        state.operation()?;
        let node = state.new_node();
        state.names.insert(path.clone(), node);
        state.pending_names.push(state::NameOp::Link(path, node));
        drop(state);
        Ok(self.file(node))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let from = self.inside(from).ok_or_else(not_found)?;
        let to = self.inside(to).ok_or_else(not_found)?;
        let mut state = self.lock();
        state.operation()?;
        let node = state.names.remove(&from).ok_or_else(not_found)?;
        state.names.insert(to.clone(), node);
        state
            .pending_names
            .push(state::NameOp::Rename(from, to, node));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = self.inside(path).ok_or_else(not_found)?;
        let mut state = self.lock();
        state.operation()?;
        state.names.remove(&path).ok_or_else(not_found)?;
        state.pending_names.push(state::NameOp::Unlink(path));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let Some(dir) = self.inside(dir) else {
            return Ok(());
        };
        let mut state = self.lock();
        let done = state.operation();
        let names = std::mem::take(&mut state.pending_names);
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| name.dir() == Some(&dir));
        state.pending_names = elsewhere;
        match done {
            Ok(()) => here.into_iter().for_each(|name| state.make_durable(name)),
            // Not so for names: a file system whose own log fails goes read-only.
            Err(_) => state.pending_names.extend(here),
        }
        done
    }

    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        let state = self.lock();
        state.powered()?;
        Ok(state.free_bytes)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let path = self.inside(path).ok_or_else(not_found)?;
        let mut state = self.lock();
        state.operation()?;
        if !state.locks.insert(path.clone()) {
            return Ok(None);
        }
        if !state.names.contains_key(&path) {
            let node = state.new_node();
            state.names.insert(path.clone(), node);
            state
                .pending_names
                .push(state::NameOp::Link(path.clone(), node));
        }
        Ok(Some(Box::new(SimLock {
            disk: self.clone(),
            path,
        })))
    }
}

struct SimLock {
    disk: SimDisk,
    path: PathBuf,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.lock().locks.remove(&self.path);
    }
}

struct SimFile {
    disk: SimDisk,
    node: u64,
}

impl File for SimFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.lock();
        state.powered()?;
        let node = &state.nodes[&self.node];
        let seen = &node.seen;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(seen.len());
        let len = buf.len().min(seen.len() - start);
        node.readable(&(offset..offset + len as u64))?;
        buf[..len].copy_from_slice(&seen[start..start + len]);
        Ok(len)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let done = state.operation().and_then(|()| state.room_for(self.node));
        // What fails in the middle has written something: half of it, to be definite.
        let written = match &done {
            Ok(()) => buf,
            Err(_) if state.power_off => buf,
            Err(_) => &buf[..buf.len() / 2],
        };
        state.write(self.node, written, offset);
        done
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let done = state.operation();
        let cut = state.power_off;
        if let Some(node) = state.nodes.get_mut(&self.node) {
            match &done {
                Ok(()) => node.make_durable(),
                Err(_) if cut => {}
                // The system has called the pages clean: no later sync writes them.
                Err(_) => node.pending.clear(),
            }
        }
        done
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.disk.lock();
        state.powered()?;
        Ok(state.nodes[&self.node].seen.len() as u64)
    }
}

/// Names and nodes by which [`State`] is indexed.
type Names = BTreeMap<PathBuf, u64>;
