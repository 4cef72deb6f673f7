//! The two views of the simulated disk, and what a power loss makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::{Fault, Names, Rng};

/// The unit a drive writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// Plenty: far above any watermark.
const FREE_BYTES: u64 = 1 << 40;

/// A file's content.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// As a process sees it.
    pub(super) seen: Vec<u8>,
    /// As it would survive.
    pub(super) durable: Vec<u8>,
    /// Writes since the last sync.
    pub(super) pending: Vec<(u64, Vec<u8>)>,
    /// Places that can not be read.
    pub(super) unreadable: Vec<Range<u64>>,
}

impl Node {
    /// Fails as a drive does of which a sector is gone, when one of those bytes lies there.
    pub(super) fn readable(&self, wanted: &Range<u64>) -> io::Result<()> {
        let overlaps = |bad: &Range<u64>| bad.start < wanted.end && wanted.start < bad.end;
        if self.unreadable.iter().any(overlaps) {
            return Err(Errno::IO.into());
        }
        Ok(())
    }

    pub(super) fn make_durable(&mut self) {
        for (offset, bytes) in self.pending.drain(..) {
            overwrite(&mut self.durable, offset, &bytes);
        }
    }
}

fn overwrite(content: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let end = start + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[start..end].copy_from_slice(bytes);
}

/// A change of names that no folder sync has made durable yet.
#[derive(Debug, Clone)]
pub(super) enum NameOp {
    MakeDir(PathBuf),
    Link(PathBuf, u64),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, u64),
}

impl NameOp {
    /// The folder whose sync makes it durable.
    pub(super) fn dir(&self) -> Option<&Path> {
        match self {
            NameOp::MakeDir(path)
            | NameOp::Link(path, _)
            | NameOp::Unlink(path)
            | NameOp::Rename(_, path, _) => path.parent(),
        }
    }
}

pub(super) struct State {
    pub(super) nodes: BTreeMap<u64, Node>,
    pub(super) names: Names,
    pub(super) durable_names: Names,
    pub(super) dirs: BTreeSet<PathBuf>,
    durable_dirs: BTreeSet<PathBuf>,
    pub(super) pending_names: Vec<NameOp>,
    pub(super) locks: BTreeSet<PathBuf>,
    pub(super) operations: u64,
    pub(super) plan: Option<(u64, Fault)>,
    pub(super) power_off: bool,
    pub(super) free_bytes: u64,
    pub(super) no_room_for_new_files: bool,
    next_node: u64,
}

impl Default for State {
    fn default() -> Self {
        State {
            nodes: BTreeMap::new(),
            names: Names::new(),
            durable_names: Names::new(),
            dirs: BTreeSet::new(),
            durable_dirs: BTreeSet::new(),
            pending_names: Vec::new(),
            locks: BTreeSet::new(),
            operations: 0,
            plan: None,
            power_off: false,
            free_bytes: FREE_BYTES,
            no_room_for_new_files: false,
            next_node: 0,
        }
    }
}

impl State {
    pub(super) fn powered(&self) -> io::Result<()> {
        if self.power_off {
            return Err(io::Error::other("the power is off"));
        }
        Ok(())
    }

    /// Counts an operation that changes something, and lets it fail as planned.
    pub(super) fn operation(&mut self) -> io::Result<()> {
        self.powered()?;
        let number = self.operations;
        self.operations += 1;
        match self.plan {
            Some((at, Fault::Once(kind))) if number == at => Err(kind.into()),
            Some((at, Fault::FromThenOn(kind))) if number >= at => Err(kind.into()),
            Some((at, Fault::PowerCut)) if number >= at => {
                self.power_off = true;
                self.powered()
            }
            _ => Ok(()),
        }
    }

    /// Fails for a file that has nothing durable yet, when there is no room for such.
    pub(super) fn room_for(&self, node: u64) -> io::Result<()> {
        let new = self
            .nodes
            .get(&node)
            .is_none_or(|node| node.durable.is_empty());
        if self.no_room_for_new_files && new {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub(super) fn new_node(&mut self) -> u64 {
        self.next_node += 1;
        self.nodes.insert(self.next_node, Node::default());
        self.next_node
    }

    /// A durable folder.
    pub(super) fn make_dir(&mut self, dir: &Path) {
        self.dirs.insert(dir.to_owned());
        self.durable_dirs.insert(dir.to_owned());
    }

    pub(super) fn write(&mut self, node: u64, bytes: &[u8], offset: u64) {
        if let Some(node) = self.nodes.get_mut(&node) {
            overwrite(&mut node.seen, offset, bytes);
            node.pending.push((offset, bytes.to_vec()));
        }
    }

    pub(super) fn make_durable(&mut self, name: NameOp) {
        match name {
            NameOp::MakeDir(dir) => {
                self.durable_dirs.insert(dir);
            }
            NameOp::Link(path, node) => {
                self.durable_names.insert(path, node);
            }
            NameOp::Unlink(path) => {
                self.durable_names.remove(&path);
            }
            NameOp::Rename(from, to, node) => {
                self.durable_names.remove(&from);
                self.durable_names.insert(to, node);
            }
        }
    }

    /// Everything that was written, durable or not, seen by the next process.
    pub(super) fn after_kill(&self) -> State {
        State {
            nodes: self.nodes.clone(),
            names: self.names.clone(),
            durable_names: self.durable_names.clone(),
            dirs: self.dirs.clone(),
            durable_dirs: self.durable_dirs.clone(),
            pending_names: self.pending_names.clone(),
            free_bytes: self.free_bytes,
            next_node: self.next_node,
            ..State::default()
        }
    }

    /// What is durable, and of the rest what chance leaves.
    pub(super) fn after_power_loss(&self, rng: &mut Rng) -> State {
        let mut image = self.after_kill();
        for name in surviving_names(std::mem::take(&mut image.pending_names), rng) {
            image.make_durable(name);
        }
        for node in image.nodes.values_mut() {
            for (offset, bytes) in std::mem::take(&mut node.pending) {
                tear(&mut node.durable, offset, &bytes, rng);
            }
            node.seen.clone_from(&node.durable);
        }
        image.dirs.clone_from(&image.durable_dirs);
        image.names = image
            .durable_names
            .iter()
            .filter(|(path, _)| {
                path.parent()
                    .is_none_or(|dir| dir.as_os_str().is_empty() || image.dirs.contains(dir))
            })
            .map(|(path, node)| (path.clone(), *node))
            .collect();
        image.durable_names.clone_from(&image.names);
        image
    }
}

/// A file system that keeps the order of names, or one that does not.
fn surviving_names(names: Vec<NameOp>, rng: &mut Rng) -> Vec<NameOp> {
    if rng.one_in(2) {
        let kept = rng.index(names.len() + 1);
        return names.into_iter().take(kept).collect();
    }
    names.into_iter().filter(|_| rng.one_in(2)).collect()
}

/// Leaves nothing, all, the beginning, or some sectors of a write; rarely rubbish in one of them.
fn tear(content: &mut Vec<u8>, offset: u64, bytes: &[u8], rng: &mut Rng) {
    match rng.below(4) {
        0 => {}
        1 => overwrite(content, offset, bytes),
        2 => overwrite(content, offset, &bytes[..rng.index(bytes.len() + 1)]),
        _ => {
            let mut start = 0;
            while start < bytes.len() {
                let at = offset + start as u64;
                // Sectors are those of the drive, not of the write.
                let into_sector = usize::try_from(at % SECTOR_BYTES as u64).unwrap_or(0);
                let end = (start + SECTOR_BYTES - into_sector).min(bytes.len());
                if rng.one_in(2) {
                    overwrite(content, at, &bytes[start..end]);
                } else if rng.one_in(8) {
                    let rubbish: Vec<u8> = (start..end)
                        .map(|_| rng.next_u64().to_le_bytes()[0])
                        .collect();
                    overwrite(content, at, &rubbish);
                }
                start = end;
            }
        }
    }
}
