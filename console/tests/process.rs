//! The binary as a whole: arguments in, answer, complaint and exit code out, without a terminal.
#![cfg(feature = "embedded")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// The binary with an environment of its own: no configuration and no key of whoever runs the tests.
fn treadwell(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_treadwell"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TREADWELL_") {
            command.env_remove(name);
        }
    }
    command
        .env("HOME", home)
        .env_remove("NO_COLOR")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .stdin(Stdio::null());
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    treadwell(home)
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Code, answer and complaint.
fn said(output: &Output) -> (Option<i32>, String, String) {
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A server in a process of its own; it is killed when dropped.
struct Serving(Child);

impl Serving {
    /// Starts it and waits until it says that it serves; gives its address.
    fn start(home: &Path, data: &str) -> (Self, String) {
        let mut child = treadwell(home)
            .args(["serve", "--data", data, "--listen", "127.0.0.1:0"])
            .args(["--clock-start", "2026-10-14T14:07:00-03:00"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let serving = Self(child);
        let mut line = String::new();
        while log.read_line(&mut line).expect("log lines are text") > 0 {
            if let Some((_, rest)) = line.split_once("serving address=") {
                let address = rest
                    .split_whitespace()
                    .next()
                    .expect("an address")
                    .to_owned();
                // The rest of the log is read so that the server never waits for a reader.
                std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
                return (serving, address);
            }
            line.clear();
        }
        panic!("the server ended before it served");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The sample clinic as a file.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../server/src/sample/clinic.toml"
);

fn within(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn the_demo_prints_the_board_goes_on_and_starts_anew_only_when_told_to() {
    let home = folder();
    let (code, first, complaint) = said(&run(home.path(), &["demo"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    for word in [
        "HALIFAX",
        "IN SESSION",
        "TURNOVER",
        "OVER",
        "HELD",
        "OUT",
        "VACANT",
    ] {
        assert!(first.contains(word), "{word} in {first}");
    }
    let data = home.path().join(".local/share/treadwell-demo");
    let keys = fs::read_to_string(data.join("demo-keys.toml")).expect("the demo's keys");
    assert_eq!(run(home.path(), &["demo", "--json"]).status.code(), Some(0));
    let same = || fs::read_to_string(data.join("demo-keys.toml")).expect("the demo's keys");
    assert_eq!(same(), keys, "a second demo goes on with the first");
    let (code, _, complaint) = said(&run(home.path(), &["demo", "--fresh"]));
    assert_eq!(code, Some(2));
    assert!(
        complaint.contains("throws away the demo") && complaint.contains("--yes"),
        "{complaint}"
    );
    assert_eq!(same(), keys);
    assert_eq!(
        run(home.path(), &["demo", "--fresh", "--yes"])
            .status
            .code(),
        Some(0)
    );
    assert_ne!(same(), keys);
}

#[test]
fn the_demo_heeds_no_site_of_another_clinic() {
    let home = folder();
    let demo = |site: &str| {
        let mut command = treadwell(home.path());
        let output = command.env("TREADWELL_SITE", site).arg("demo").output();
        said(&output.expect("the binary runs"))
    };
    let (code, board, complaint) = demo("nosuch");
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert!(board.contains("HALIFAX") && board.contains("DARTMOUTH"));
    let (code, board, _) = demo("dartmouth");
    assert_eq!(code, Some(0));
    assert!(!board.contains("HALIFAX") && board.contains("DARTMOUTH"));
}

#[test]
fn mistakes_in_the_arguments_are_json_where_that_is_asked_for() {
    let home = folder();
    for arguments in [
        &["board", "--nonsense", "--json"][..],
        &["--json", "nonsense"],
        &["book", "--json"],
    ] {
        let (code, answer, complaint) = said(&run(home.path(), arguments));
        assert_eq!((code, answer.as_str()), (Some(2), ""));
        let error: serde_json::Value = serde_json::from_str(&complaint).expect("JSON");
        let error = &error["error"];
        assert_eq!(error["class"], "usage", "{complaint}");
        assert_eq!(error["exit_code"], 2, "{complaint}");
        assert!(!error["message"].as_str().unwrap_or_default().is_empty());
    }
    let (code, _, complaint) = said(&run(home.path(), &["board", "--nonsense"]));
    assert_eq!(code, Some(2));
    assert!(complaint.starts_with("error: "), "{complaint}");
    let (code, answer, _) = said(&run(home.path(), &["board", "--json", "--help"]));
    assert_eq!(code, Some(0));
    assert!(answer.contains("Usage:"), "{answer}");
}

#[test]
fn a_demo_in_use_is_not_thrown_away() {
    let home = folder();
    let data = within(&home, "demo");
    assert_eq!(
        run(home.path(), &["demo", "--data", &data]).status.code(),
        Some(0)
    );
    let (_serving, _) = Serving::start(home.path(), &data);
    for fresh in [
        &["demo", "--data", &data, "--fresh", "--yes"][..],
        &["demo", "--data", &data],
    ] {
        let (code, answer, complaint) = said(&run(home.path(), fresh));
        assert_eq!((code, answer.as_str()), (Some(1), ""), "{complaint}");
        assert!(complaint.contains("in use"), "{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
    assert!(Path::new(&data).join("demo-keys.toml").exists());
}

#[test]
fn the_sample_clinic_is_written_without_a_server_and_can_be_made() {
    let home = folder();
    let (file, data) = (within(&home, "clinic.toml"), within(&home, "clinic"));
    let (code, sample, complaint) = said(&run(home.path(), &["export", "--toml", "--sample"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    fs::write(&file, sample).expect("written");
    let (code, _, complaint) = said(&run(
        home.path(),
        &["init", "--from", &file, "--data", &data],
    ));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
}

/// How many commits a data folder has that no server uses.
fn commits(home: &Path, data: &str) -> u64 {
    let (code, answer, complaint) = said(&run(home, &["verify", "--data", data, "--json"]));
    assert_eq!(code, Some(0), "{complaint}");
    let verdict: serde_json::Value = serde_json::from_str(&answer).expect("an object");
    verdict["commit_count"].as_u64().expect("a number")
}

#[test]
fn a_clinic_is_there_whole_or_not_at_all_whenever_its_making_is_killed() {
    let home = folder();
    let making = |data: &str| {
        let mut command = treadwell(home.path());
        command.args(["init", "--from", SAMPLE, "--data", data]);
        command.args(["--clock-start", "2026-10-14T09:00:00-03:00"]);
        command
    };
    let whole = within(&home, "whole");
    let made = making(&whole).output().expect("the binary runs");
    assert!(made.status.success(), "{made:?}");
    let whole = commits(home.path(), &whole);
    let data = within(&home, "clinic");
    let mut cut_short = 0;
    for step in 0..12 {
        let mut child = making(&data)
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        std::thread::sleep(Duration::from_millis(step * 25));
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        if Path::new(&data).exists() {
            break;
        }
        cut_short += 1;
    }
    assert!(cut_short > 0, "the first was killed at once");
    if !Path::new(&data).exists() {
        let (code, answer, complaint) = said(&making(&data).output().expect("the binary runs"));
        assert_eq!(code, Some(0), "nothing is in the way: {complaint}");
        assert!(answer.contains("tw_"), "{answer}");
    }
    assert_eq!(commits(home.path(), &data), whole);
}

#[test]
fn a_clinic_is_made_served_asked_and_checked() {
    let home = folder();
    let data = within(&home, "clinic");
    let init = [
        "init",
        "--from",
        SAMPLE,
        "--data",
        &data,
        "--clock-start",
        "2026-10-14T09:00:00-03:00",
    ];
    let (code, answer, complaint) = said(&run(home.path(), &init));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let key = answer
        .split_whitespace()
        .find(|word| word.starts_with("tw_"))
        .expect("a key");
    let (code, _, complaint) = said(&run(home.path(), &init));
    assert_eq!(code, Some(1), "there is one already: {complaint}");

    let (serving, address) = Serving::start(home.path(), &data);
    let ask = |arguments: &[&str]| {
        let mut command = treadwell(home.path());
        command
            .env("TREADWELL_SERVER", &address)
            .env("TREADWELL_KEY", key);
        said(&command.args(arguments).output().expect("the binary runs"))
    };
    let rooms = [
        "rooms",
        "--bars",
        "--site",
        "halifax",
        "--at",
        "tomorrow 15:00",
        "--for",
        "75m",
    ];
    let (code, answer, _) = ask(&rooms);
    assert_eq!(code, Some(0));
    assert!(
        answer.starts_with("Rooms with bars free Thu 15 Oct 15:00 for 75 min:"),
        "{answer}"
    );
    let (code, _, complaint) = said(&run(home.path(), &["--server", &address, "status"]));
    assert_eq!(code, Some(7), "without a key: {complaint}");
    let (code, _, complaint) = ask(&["verify", "--data", &data]);
    assert_eq!(code, Some(1), "a server uses the folder: {complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    let second = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
    let (code, _, complaint) = said(&run(home.path(), &second));
    assert_eq!(code, Some(1), "{complaint}");
    drop(serving);

    let (code, _, complaint) = ask(&["board"]);
    assert_eq!(code, Some(6), "{complaint}");
    assert!(complaint.contains(&address), "{complaint}");
    let (code, answer, complaint) = said(&run(home.path(), &["verify", "--data", &data]));
    assert_eq!(code, Some(0), "killed, and sound: {complaint}");
    assert!(answer.starts_with("Sound: "), "{answer}");
}

#[test]
fn mistakes_in_a_clinic_file_are_told_by_line_and_nothing_is_made() {
    let home = folder();
    let (file, data) = (within(&home, "clinic.toml"), within(&home, "clinic"));
    fs::write(
        &file,
        "[policy]\nhold_minutes = \"five\"\n\n[[site]]\nid = \"a b\"\n",
    )
    .expect("written");
    let (code, answer, complaint) = said(&run(
        home.path(),
        &["init", "--from", &file, "--data", &data],
    ));
    assert_eq!((code, answer.as_str()), (Some(2), ""));
    assert!(
        complaint.contains("line 2: policy.hold_minutes"),
        "{complaint}"
    );
    assert!(complaint.contains("line 5: site[0].id"), "{complaint}");
    assert!(!Path::new(&data).exists());
}

#[test]
fn the_configuration_in_force_is_shown_and_mistakes_in_it_are_refused() {
    let home = folder();
    let file = within(&home, "console.toml");
    fs::write(
        &file,
        "server = \"desk:1\"\nkey = \"tw_fromfile\"\nsite = \"halifax\"\n",
    )
    .expect("written");
    let mut command = treadwell(home.path());
    command
        .env("TREADWELL_SITE", "dartmouth")
        .env("NO_COLOR", "1");
    let output = command
        .args(["--config", &file, "--server", "desk:2", "--print-config"])
        .output();
    let (code, answer, _) = said(&output.expect("the binary runs"));
    assert_eq!(code, Some(0));
    for (value, source) in [
        ("server = \"desk:2\"", "flag"),
        ("site = \"dartmouth\"", "environment"),
        ("theme = \"mono\"", "environment"),
        ("mouse = true", "default"),
    ] {
        let line = answer
            .lines()
            .find(|line| line.starts_with(value))
            .unwrap_or_else(|| panic!("{answer}"));
        assert!(line.ends_with(&format!("# {source}")), "{line}");
    }
    assert!(
        answer.contains("# file") && !answer.contains("tw_fromfile"),
        "{answer}"
    );
    fs::write(&file, "sever = \"desk\"\n").expect("written");
    let (code, _, complaint) = said(&run(home.path(), &["--config", &file, "board"]));
    assert_eq!(code, Some(2));
    assert!(
        complaint.contains("console.toml")
            && complaint.contains("line 1")
            && complaint.contains("sever"),
        "{complaint}"
    );
}

#[test]
fn showing_the_configuration_does_nothing_else() {
    let home = folder();
    let data = within(&home, "clinic");
    for command in [
        &["demo", "--data", &data][..],
        &["init", "--from", SAMPLE, "--data", &data],
        &["verify", "--data", &data],
        &["completions", "bash"],
        &["serve", "--data", &data],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--print-config");
        let (code, answer, complaint) = said(&run(home.path(), &arguments));
        assert_eq!((code, complaint.as_str()), (Some(0), ""), "{command:?}");
        let shown = if command[0] == "serve" {
            "listen = "
        } else {
            "server = "
        };
        assert!(answer.contains(shown), "{command:?}: {answer}");
    }
    let (code, _, complaint) = said(&run(
        home.path(),
        &["demo", "--data", &data, "--timeout", "soon"],
    ));
    assert_eq!(code, Some(2), "a demo heeds it too: {complaint}");
    assert!(!Path::new(&data).exists());
}

#[test]
fn documents_come_out_of_the_grammar() {
    let home = folder();
    let (code, page, _) = said(&run(home.path(), &["man"]));
    assert!(
        code == Some(0) && page.contains(".TH treadwell 1"),
        "{page}"
    );
    let man = within(&home, "man");
    assert_eq!(
        run(home.path(), &["man", "--dir", &man]).status.code(),
        Some(0)
    );
    assert!(Path::new(&man).join("treadwell-rooms.1").exists());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script, _) = said(&run(home.path(), &["completions", shell]));
        assert!(
            code == Some(0) && script.contains("availability"),
            "{shell}: {script}"
        );
    }
    let (code, help, _) = said(&run(home.path(), &["--help"]));
    assert!(code == Some(0) && help.contains("Exit codes:"), "{help}");
    let (code, answer, complaint) = said(&run(home.path(), &["fly"]));
    assert_eq!((code, answer.as_str()), (Some(2), ""));
    assert!(complaint.contains("fly"), "{complaint}");
}

#[test]
fn an_answer_that_nobody_reads_to_the_end_is_no_failure() {
    let home = folder();
    let mut child = treadwell(home.path())
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait().expect("it ends");
    assert_eq!(output.code(), Some(0));
}
