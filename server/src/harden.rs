//! What keeps the clinic, which is in the clear in memory, out of files.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Has the system write no image of this process when it dies, and lets other processes of the same user not look into it. To be
/// called before anything is read. Why it can not be had is told, and nothing else comes of it.
pub fn keep_memory_private() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "a core dump of this process can not be ruled out, and would hold the clinic in the clear");
    }
    // The limit does not hold for a core that is handed to a program; this does.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "other processes of this user may look into this one");
        }
    }
}
