//! What reads what people type and files that come from elsewhere, one decoder each, for the fuzzer of the workspace's tests; not for programs.
//!
//! Each target tells in a few words what came of its bytes, and panics where a promise is broken.

use jiff::Zoned;

use crate::{
    cli::screen,
    config,
    exchange::{Columns, Form, Sheet, columns},
    hours, rules, when, window,
};

/// A decoder.
pub type Target = fn(&[u8]) -> String;

/// The decoders, by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("csv", csv),
    ("json-lines", json),
    ("when", date),
    ("window", wish),
    ("hours", week),
    ("answer", answer),
    ("rules-toml", rule_set),
    ("console-toml", console_toml),
];

fn now() -> Zoned {
    // Some minutes before the clocks of Halifax go back.
    "2026-11-01T01:40:00-03:00[America/Halifax]"
        .parse()
        .expect("it is an instant")
}

fn sheet(input: &[u8], form: Form) -> String {
    match Sheet::read(input, form) {
        Ok(sheet) => {
            let known = [columns::CLIENTS, columns::APPOINTMENTS];
            for columns in known.map(|known| Columns::of(&sheet, known)) {
                for row in &sheet.rows {
                    assert_eq!(row.cells.len(), sheet.head.len());
                    let _name = columns.cell(row, "name");
                }
            }
            "a sheet".to_owned()
        }
        Err(why) => why,
    }
}

fn csv(input: &[u8]) -> String {
    sheet(input, Form::Csv)
}

fn json(input: &[u8]) -> String {
    sheet(input, Form::Json)
}

fn date(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let now = now();
    let read = [
        when::moment(&text, &now).map(|_| ()),
        when::day(&text, &now).map(|_| ()),
        when::from(&text, &now).map(|_| ()),
        when::until(&text, &now).map(|_| ()),
    ];
    let _minutes = when::minutes(&text);
    match when::parse(&text, &now) {
        Ok(when::When::Moment(at)) => {
            assert_eq!(
                when::parse(&at.to_string(), &now),
                Ok(when::When::Moment(at))
            );
            "a moment".to_owned()
        }
        Ok(when::When::Day(day)) => {
            assert_eq!(
                when::parse(&day.to_string(), &now),
                Ok(when::When::Day(day))
            );
            "a day".to_owned()
        }
        Err(why) => {
            assert!(read.iter().all(Result::is_err));
            why.to_string().replace(&*text, "")
        }
    }
}

fn wish(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    match window::parse(&text, &now()) {
        Ok(_) => "a window".to_owned(),
        Err(why) => why.replace(&*text, ""),
    }
}

/// Hours of a week, a line each; and each line as a shift and as a break of one day.
fn week(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &lines {
        let _tried = (hours::shift(line, &now()), hours::pause(line, &now()));
    }
    match hours::week(&lines) {
        Ok(shifts) => {
            let told = hours::week_words(&shifts);
            assert_eq!(hours::week(&told), Ok(shifts));
            "hours".to_owned()
        }
        Err(why) => lines.iter().fold(why, |why, line| why.replace(line, "")),
    }
}

fn answer(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let told = screen::try_answer(&text, now().time_zone());
    told.replace(&*text, "")
}

fn rule_set(input: &[u8]) -> String {
    match rules::read(&String::from_utf8_lossy(input)) {
        Ok(set) => {
            assert_eq!(rules::read(&rules::write(&set)), Ok(set));
            "a rule set".to_owned()
        }
        Err(why) => why.concat(),
    }
}

fn console_toml(input: &[u8]) -> String {
    config::try_file(&String::from_utf8_lossy(input))
}
