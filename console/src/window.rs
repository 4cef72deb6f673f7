//! A window of time as people type it: `mon,wed 9-12`, `tomorrow 14:00-18:30`, `2026-10-14..2026-10-20 9-24`.

use jiff::{Zoned, civil::Date};
use treadwell_api::v1;

use crate::{
    hours::{day_index, time_of_day},
    tui::time,
    when,
};

/// The window that a text means. Days of the week are meant every week, anything else is a date.
pub(crate) fn parse(text: &str, now: &Zoned) -> Result<v1::WaitlistWindow, String> {
    let text = text.trim();
    let (days, times) = text.rsplit_once(' ').unwrap_or(("", text));
    let (from, until) = times.split_once('-').ok_or_else(|| wrong(text))?;
    let (from, until) = (time_of_day(from), time_of_day(until));
    let mut window = v1::WaitlistWindow {
        from: Some(from.ok_or_else(|| wrong(text))?),
        until: Some(until.ok_or_else(|| wrong(text))?),
        ..v1::WaitlistWindow::default()
    };
    let days = days.trim();
    if let Some(weekdays) = weekdays(days) {
        window.weekdays = weekdays;
        return Ok(window);
    }
    let (first, last) = days.split_once("..").unwrap_or((days, days));
    let date = |text: &str| -> Result<Date, String> {
        when::day(text, now).map_err(|problem| problem.to_string())
    };
    window.first = Some(time::local_date(date(first)?));
    window.last = Some(time::local_date(date(last)?));
    Ok(window)
}

/// The days of the week that a text names, as numbers from Monday; none of them when it is empty.
fn weekdays(text: &str) -> Option<Vec<i32>> {
    let text = text.to_lowercase();
    match text.as_str() {
        "" => return Some(Vec::new()),
        "weekdays" => return Some((1..=5).collect()),
        "weekends" => return Some(vec![6, 7]),
        _ => {}
    }
    let number = |day: &str| i32::try_from(day_index(day)? + 1).ok();
    text.split(',').map(number).collect()
}

fn wrong(text: &str) -> String {
    format!(
        "{text:?} is no window; write days and times, such as \"mon,wed 9-12\" or \"tomorrow 14:00-18:30\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_typed_as_they_are_said() {
        let now: Zoned = "2026-10-14T14:07[America/Halifax]".parse().expect("a time");
        for (text, said) in [
            ("9-12", "09:00-12:00"),
            ("mon,wed 9:30-24", "mon,wed 09:30-24:00"),
            ("weekdays 17-20", "mon,tue,wed,thu,fri 17:00-20:00"),
            ("tomorrow 14:00-18:30", "2026-10-15 14:00-18:30"),
            (
                "2026-10-20..2026-10-22 9-12",
                "2026-10-20..2026-10-22 09:00-12:00",
            ),
        ] {
            let window = parse(text, &now).unwrap_or_else(|_| panic!("{text} is no window"));
            assert_eq!(crate::tui::words::window(&window), said, "{text}");
        }
        for text in ["", "mon", "mon 9", "someday 9-12", "9-noon", "9-25"] {
            parse(text, &now).expect_err(text);
        }
    }
}
