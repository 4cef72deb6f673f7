//! The grammar: what is accepted, what is refused before anything is sent, and what the reference says.

use clap::Parser as _;

use crate::cli::{Cli, command, reference};

pub(super) fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(split(line))
}

/// Splits at spaces outside double quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = vec!["treadwell".to_owned()];
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_grammar_is_consistent() {
    command().debug_assert();
}

/// A line for each command at least.
const ACCEPTED: &[&str] = &[
    "",
    #[cfg(feature = "embedded")]
    "init --from clinic.toml --data clinic",
    #[cfg(feature = "embedded")]
    "serve --data clinic --listen 127.0.0.1:0",
    #[cfg(feature = "embedded")]
    "serve --data clinic --tls-certificate a.pem --tls-key a.key --tls-require-client-certificate --allow-plaintext-beyond-loopback=false",
    #[cfg(feature = "embedded")]
    "audit",
    "audit --client somebody --since monday",
    "audit --by key-1 --kind read --kind refused --until today",
    "audit --kind signed-out --kind upkeep",
    "audit verify",
    "audit annotate aud-17 \"read in error\"",
    "doctor --whole --data clinic",
    "certificates init authority --name halifax.example,10.0.0.5 --client desk",
    #[cfg(feature = "embedded")]
    "certificates add authority --client desk",
    #[cfg(feature = "embedded")]
    "certificates renew authority --name desk",
    #[cfg(feature = "embedded")]
    "store verify --data clinic",
    #[cfg(feature = "embedded")]
    "store repair --data clinic --to clinic2",
    #[cfg(feature = "embedded")]
    "store restore a.treadwell-backup --to clinic2 --seal-key clinic.key --at 2026-11-26T14:00:00-04:00",
    #[cfg(feature = "embedded")]
    "store restore a.treadwell-backup --dry-run --seal-key clinic.key --revision 40 --keys-in backups",
    #[cfg(feature = "embedded")]
    "store change-seal-key --data clinic",
    "backup now --dry-run",
    "backup list",
    "--server https://desk --authority authority.pem --client-certificate desk.pem --client-key desk.key status",
    #[cfg(feature = "embedded")]
    "demo --fresh --yes",
    #[cfg(feature = "embedded")]
    "verify --data clinic",
    "--print-config",
    "console --site halifax --theme mono --no-mouse",
    "rooms --bars --site halifax --at \"tomorrow 15:00\" --for 75m",
    "rooms --json",
    "--server desk:7450 --timeout 3s rooms --plain",
    "availability ashiatsu-60 --client ann --from fri --until \"+2w\" --limit 5 --with calf-release",
    "availability ashiatsu-60 --why-not 14:00 --site halifax",
    "book ashiatsu-60 --client cli-1 --at \"fri 15:00\" --room h1 --dry-run",
    "book --client cli-1 --hold hold-1 --request-id x",
    "book ashiatsu-60 --client cli-1 --first --walk-in",
    "book hands-on-60 --client ann --at \"fri 15:00\" --every 2w --times 6 --skip-impossible",
    "hold ashiatsu-60 --at \"fri 15:00\" --client ann",
    "hold --list",
    "hold --release hold-1",
    "appointments --client ann",
    "appointments apt-1",
    "confirm apt-1",
    "move apt-1 --to \"tomorrow 2pm\" --room h2",
    "move apt-1 --to \"fri 9:00\" --scope following --skip-impossible",
    "move apt-1 --with calf-release",
    "cancel \"next H1\" --reason weather --note snow --yes",
    "cancel apt-1 --reason client --scope all --yes",
    "noshow H1 --yes",
    "checkin H1",
    "start H1",
    "extend H1 --by 15m",
    "finish H1 --early \"felt unwell\"",
    "turnover",
    "turnover h1 mats towels",
    "session show apt-1",
    "session note h1 --pressure calves=2-4 --zone heel --tender \"ball: left\" --feedback \"\"",
    "session sign apt-1 --yes",
    "session addendum apt-1 \"the right leg\"",
    "session history \"Anna Lee\" --limit 5",
    "aftercare apt-1 --print --issue",
    "out h1 --bars --reason \"loose bolt\" --until fri",
    "out h1 --end",
    "out",
    "repair --room h1 --bars --until fri --apply",
    "repair --therapist chen --from \"fri 9:00\"",
    "repair --overrun H1 --by 20",
    "repair --site halifax --on fri",
    "repair calls --site halifax",
    "repair accept ann",
    "repair decline hold-1",
    "pay H1",
    "pay apt-1 insurance=80 cash --note \"slip 12\"",
    "refund apt-1 card=20 --note \"too much\"",
    "receipt issue apt-1",
    "receipt show 12",
    "receipt reissue 12",
    "receipt void 12 --reason \"wrong name\" --yes",
    "receipt list --client ann --date fri --site halifax",
    "totals --date fri --site halifax",
    "prices hands-on-60 --from 2027-01-01 --price 110.50",
    "prices reflex-foot-30 --extension calf-release --from 2027-01-01 --remove",
    "taxes --from 2025-04-01 --percent 14 --name HST",
    "undo",
    "day tomorrow --site halifax --print",
    "board",
    "screen ann --service ashiatsu-60 --at fri",
    "screen ann --answer lasik=no --answer osteoporosis=yes",
    "screen --review apt-1 --decision modify --note lighter",
    "clients ann",
    "clients add \"Ann Lee\" --phone 902-555-0100 --born 1980-03-02",
    "clients set cli-1 --phone 902-555-0101",
    "clients show ann",
    "clients export ann --reason \"asked for it\" --out ann.json --html --force",
    "clients retention ann",
    "clients retention --all",
    "clients erase cli-1 --why \"asked for it\" --give-up-balance --dry-run",
    "export clients --format csv --out clients.csv",
    "export appointments --format json --from 2026-10-01 --to 2026-10-31",
    "import clients clients.csv --dry-run",
    "import appointments appointments.json --coming --lines 2-501",
    "calendar therapist chen --from today --out chen.ics",
    "calendar room H1",
    "calendar all --out calendars",
    "rules",
    "rules show barefoot --version 1 --toml",
    "rules history barefoot",
    "rules edit barefoot.toml --dry-run",
    "rules form barefoot --html",
    "training --of chen --since 2026-10-01 --education",
    "training put \"Safe pressure\" --of chen --of haddad --hours 1.5 --subject techniques --education",
    "training remove trn-1 --yes",
    "therapists renew okafor ashiatsu --until 2028-03-31 --number A-300",
    "therapists --credential ashiatsu",
    "therapists attest chen --soak",
    "waitlist",
    "waitlist list --all --site halifax",
    "waitlist add ann ashiatsu-60 --window \"mon,wed 9-12\" --site halifax --therapist chen --only",
    "waitlist withdraw ann",
    "waitlist suggest ann",
    "waitlist suggest --at \"fri 15:00\" --room h1",
    "waitlist offer ann --at \"fri 15:00\"",
    "waitlist contact ann",
    "waitlist accept ann --note \"by text\"",
    "waitlist decline ann --pass-on",
    "roster fri --days 14 --therapist chen --site halifax",
    "roster template",
    "roster template put chen \"mon-fri 9:00-17:00/12:00-12:30\" \"sat 10-14\" --site halifax --from mon --every 2",
    "roster template remove wkt-1 --yes",
    "roster shift put chen \"fri 9:00\" \"fri 17:00\" --site halifax --break 12:00-12:30",
    "roster shift remove shf-1 --yes",
    "roster off",
    "roster off put chen fri \"+2w\" --reason course --dry-run",
    "roster off remove off-1 --yes",
    "roster close halifax 2026-12-25 2026-12-26 --reason holidays",
    "roster close halifax 2026-12-26 --open",
    "report utilization --site halifax --from 2026-01-01 --to 2026-12-31 --by month --format csv",
    "stock --site halifax",
    "stock list",
    "stock receive lotion 500",
    "stock use lotion 5 --reason spilt",
    "stock waste oil 1 --reason rancid",
    "stock transfer lotion 100 --to dartmouth",
    "stock take lotion=480 oil=2",
    "stock movements lotion",
    "stock alerts",
    "stock par lotion 600",
    "hygiene",
    "hygiene own H1",
    "hygiene inspect h1 --by \"Bluenose Rigging\" --passed 12",
    "hygiene inspections h1",
    "watch --site halifax --kind appointment --count 3 --json",
    "keys list",
    "keys create Desk --role front-desk --site halifax",
    "keys revoke key-1 --yes",
    "keys passphrase",
    "keys passphrase key-1 --remove",
    "keys unlock key-1",
    "keys unlock key-1 --why \"forgot it\"",
    "access table --role front-desk",
    "sign-in \"Front desk\"",
    "sign-out",
    "status",
    "verify",
    "export --toml",
    "completions bash",
    "man",
];

#[test]
fn what_the_manual_promises_is_accepted() {
    for line in ACCEPTED {
        if let Err(error) = parse(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn nothing_is_taken_for_the_secret_that_every_command_understands() {
    for line in ACCEPTED {
        let key = parse(line).expect("it is accepted").global.key;
        assert_eq!(key, None, "{line}");
    }
}

/// The commands and their own commands, as they are typed.
fn typed(of: &clap::Command, before: &str) -> Vec<String> {
    let all = of.get_subcommands().flat_map(|sub| {
        let words = format!("{before}{} ", sub.get_name());
        let mut all = typed(sub, &words);
        all.push(words.trim_end().to_owned());
        all
    });
    all.collect()
}

#[test]
fn every_command_is_among_what_is_accepted() {
    for words in typed(&command(), "") {
        let line = ACCEPTED.iter().find(|line| {
            let rest = line.strip_prefix(words.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        assert!(line.is_some(), "no line of ACCEPTED begins with `{words}`");
    }
}

#[test]
fn contradictions_and_omissions_are_refused_with_exit_code_2() {
    for line in [
        "rooms --json --plain",
        "rooms --for soon",
        "rooms --at",
        "--key tw_a --key-file b rooms",
        "book ashiatsu-60 --at 15:00",
        "book ashiatsu-60 --client ann",
        "book ashiatsu-60 --client ann --at 15:00 --hold hold-1",
        "book ashiatsu-60 --client ann --hold hold-1",
        "book --client ann --hold hold-1 --walk-in",
        "book --client ann --hold hold-1 --room h1",
        "book --client ann --at 15:00",
        "book ashiatsu-60 --client ann --first --request-id x",
        "hold",
        "hold ashiatsu-60",
        "hold --list --release hold-1",
        "move apt-1",
        "move apt-1 --hold hold-1 --to 15:00",
        "cancel apt-1 --reason boredom",
        "extend H1",
        "extend H1 --by 0",
        "availability ashiatsu-60 --why-not 14:00 --limit 3",
        "availability ashiatsu-60 --limit 201",
        "out --bars",
        "out h1 --end --reason x",
        "screen",
        "screen --review apt-1",
        "screen ann --answer lasik=no --service ashiatsu-60",
        "keys create Desk",
        "keys create Chen --role therapist",
        "export",
        "completions",
        "fly",
    ] {
        let error = parse(line)
            .err()
            .unwrap_or_else(|| panic!("{line} was accepted"));
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn the_reference_has_a_section_for_every_command() {
    let reference = reference();
    for sub in command().get_subcommands() {
        let heading = format!("## `treadwell {}`\n", sub.get_name());
        assert!(reference.contains(&heading), "{heading}");
    }
    assert!(reference.contains("## `treadwell keys create`"));
    assert!(
        reference.contains("Usage: treadwell rooms [OPTIONS]"),
        "{reference}"
    );
}
