//! Who may depend on whom, as ARCHITECTURE.md draws it. A new dependency between crates is the rarest kind of change; this
//! test makes it a deliberate one.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;
use treadwell_tests::root;

/// Each package and the packages of the workspace that it may depend on, for its tests too. (A package may name itself, to
/// switch a feature on for its own tests.)
const ALLOWED: &[(&str, &[&str])] = &[
    ("treadwell-api", &[]),
    ("treadwell-clinic", &[]),
    ("treadwell-harden", &[]),
    ("treadwell-journal", &[]),
    ("treadwell-seal", &[]),
    ("treadwell-client", &["treadwell-api"]),
    (
        "treadwell-server",
        &[
            "treadwell-api",
            "treadwell-clinic",
            "treadwell-harden",
            "treadwell-journal",
            "treadwell-seal",
        ],
    ),
    // The server only in its feature `embedded`: see the test below.
    (
        "treadwell-console",
        &[
            "treadwell-api",
            "treadwell-client",
            "treadwell-harden",
            "treadwell-server",
        ],
    ),
];

/// Packages that may depend on everything.
const FREE: &[&str] = &["treadwell-tests", "xtask"];

/// What the pure core may use: values, time without a clock, and error texts.
const CLINIC_USES: &[&str] = &["imbl", "jiff", "thiserror"];

/// The workspace's packages, as cargo sees them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"]
        .as_array()
        .expect("there are packages")
        .clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a package has a name")
}

fn dependencies(package: &Value) -> &[Value] {
    package["dependencies"]
        .as_array()
        .expect("a package has a list of dependencies")
}

fn package<'a>(packages: &'a [Value], wanted: &str) -> &'a Value {
    packages
        .iter()
        .find(|package| name(package) == wanted)
        .unwrap_or_else(|| panic!("no package {wanted}"))
}

/// Whether a dependency is only for tests.
fn for_tests(dependency: &Value) -> bool {
    dependency["kind"] == "dev"
}

#[test]
fn packages_depend_only_on_what_the_table_allows() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    let known: BTreeSet<&str> = ALLOWED
        .iter()
        .map(|(package, _)| *package)
        .chain(FREE.iter().copied())
        .collect();
    assert_eq!(ours, known, "a new package needs a line in the table");
    for (wanted, allowed) in ALLOWED {
        for dependency in dependencies(package(&packages, wanted)) {
            let used = name(dependency);
            assert!(
                !ours.contains(used) || allowed.contains(&used) || used == *wanted,
                "{wanted} must not depend on {used}"
            );
        }
    }
}

#[test]
fn the_console_has_the_server_only_in_its_feature_embedded() {
    let packages = packages();
    let console = package(&packages, "treadwell-console");
    for dependency in dependencies(console) {
        if name(dependency) == "treadwell-server" && !for_tests(dependency) {
            assert_eq!(dependency["optional"], true, "treadwell-server is optional");
        }
    }
    let features = console["features"]
        .as_object()
        .expect("features are a table");
    for (feature, enables) in features {
        let names_server = enables.as_array().is_some_and(|list| {
            list.iter().any(|enabled| {
                enabled
                    .as_str()
                    .is_some_and(|text| text.contains("treadwell-server"))
            })
        });
        assert_eq!(names_server, feature == "embedded", "feature {feature}");
    }
    assert_eq!(features["default"], serde_json::json!(["embedded"]));
}

/// Both hold the clinic in the clear in memory, also the console that is built without the server.
#[test]
fn server_and_console_always_have_what_keeps_their_memory_private() {
    let packages = packages();
    for wanted in ["treadwell-server", "treadwell-console"] {
        let has = dependencies(package(&packages, wanted)).iter().any(|used| {
            name(used) == "treadwell-harden" && !for_tests(used) && used["optional"] == false
        });
        assert!(has, "{wanted}");
    }
}

#[test]
fn the_clinic_uses_nothing_that_does_io() {
    let packages = packages();
    for dependency in dependencies(package(&packages, "treadwell-clinic")) {
        let used = name(dependency);
        assert!(
            for_tests(dependency) || CLINIC_USES.contains(&used),
            "treadwell-clinic must not depend on {used}"
        );
    }
    // The standard library needs no dependency, so its clocks, files, sockets, threads and hash maps are looked for in the text.
    let forbidden = [
        "std::fs",
        "std::net",
        "std::io",
        "std::process",
        "std::thread",
        "std::env",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "HashMap",
        "HashSet",
        "async fn",
        "println!",
    ];
    for_each_source(&root().join("crates/clinic/src"), &mut |path, text| {
        for word in forbidden {
            let used = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}", path.display());
        }
    });
}

#[test]
fn only_the_embedded_engine_names_sled() {
    let packages = packages();
    for package in &packages {
        let names_sled = dependencies(package)
            .iter()
            .any(|dependency| name(dependency) == "sled");
        assert_eq!(
            names_sled,
            name(package) == "treadwell-journal",
            "{}",
            name(package)
        );
    }
    let engine = root().join("crates/journal/src/embedded");
    for_each_source(&root().join("crates/journal/src"), &mut |path, text| {
        let names_sled = text.contains("sled::") || text.contains("use sled");
        let inside = path.starts_with(&engine) || path == engine.with_extension("rs");
        assert!(!names_sled || inside, "{} names sled", path.display());
    });
}

/// Calls `look` with every Rust file below a folder.
fn for_each_source(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            for_each_source(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(
                &path,
                &fs::read_to_string(&path).expect("the file can be read"),
            );
        }
    }
}
