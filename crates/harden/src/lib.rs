//! What keeps the clinic, which is in the clear in the memory of server and console, out of files.

/// Has the system write no image of this process when it dies, and lets other processes of the same user not look into it. To be
/// called before anything is read. Says what could not be had, and why; nothing else comes of it.
#[must_use]
pub fn keep_memory_private() -> Vec<String> {
    #[cfg(unix)]
    let problems = unix::keep_memory_private();
    // What other systems have against it is not known here.
    #[cfg(not(unix))]
    let problems = Vec::new();
    problems
}

#[cfg(unix)]
mod unix {
    use rustix::process::{Resource, Rlimit, setrlimit};

    pub(super) fn keep_memory_private() -> Vec<String> {
        let mut problems = Vec::new();
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        if let Err(error) = setrlimit(Resource::Core, none) {
            problems.push(format!(
                "a core dump of this process can not be ruled out, and would hold the clinic in the clear: {error}"
            ));
        }
        // The limit does not hold for a core that is handed to a program; this does.
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{DumpableBehavior, set_dumpable_behavior};

            if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
                problems.push(format!(
                    "other processes of this user may look into this one: {error}"
                ));
            }
        }
        problems
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn no_core_is_written_and_nobody_looks_in() {
        assert_eq!(super::keep_memory_private(), Vec::<String>::new());
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
