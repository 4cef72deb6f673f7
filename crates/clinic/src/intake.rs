//! The questions of a rule set as a form on paper: blank, or with a client's name and appointment. It holds no answer.

use std::fmt::Write as _;

use crate::aftercare::{PAGE_WIDTH, rule, wrapped};
use crate::clinic::Clinic;
use crate::model::{Appointment, Client, Effect, Rule, RuleSet, Window};

#[cfg(test)]
mod tests;

/// What a form is made of.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// The clinic whose policy and names it shows.
    pub clinic: &'a Clinic,
    /// The questions.
    pub rules: &'a RuleSet,
    /// Who fills it in, if that is known.
    pub client: Option<&'a Client>,
    /// For which appointment, if for one.
    pub appointment: Option<&'a Appointment>,
}

/// What the client does with it.
const HOW: &str =
    "Please answer every question; a question without an answer counts as not asked, never as no.";

/// What is signed.
const SIGNED: &str = "I have answered as well as I know, and will say so when anything changes.";

impl Form<'_> {
    /// What stands at the head: a label, and what is known or empty.
    fn head(&self) -> [(&'static str, String); 4] {
        let client = self.client;
        let born = client.and_then(|client| client.born);
        let place = self.appointment.map(|appointment| &appointment.slot);
        let service = place.and_then(|slot| self.clinic.service(slot.service));
        let start = place.and_then(|slot| {
            let site = self.clinic.site(slot.site)?;
            let local = site.zone.local(slot.start().timestamp());
            Some(format!(
                "{}, {}",
                local.strftime("%a %-d %b %Y, %H:%M"),
                site.name
            ))
        });
        let unless_blank = |known: Option<String>| known.unwrap_or_default();
        [
            ("Name", unless_blank(client.map(|it| it.name.clone()))),
            ("Born", unless_blank(born.map(|it| it.to_string()))),
            ("Treatment", unless_blank(service.map(|it| it.name.clone()))),
            ("Appointment", unless_blank(start)),
        ]
    }

    fn title(&self) -> String {
        let work = self.rules.id.as_str().replace('-', " ");
        format!("Health questions: {work}")
    }

    fn validity(&self) -> String {
        let months = self.clinic.policy().declaration_months;
        format!("Your answers are good for {months} months from the day on which you give them.")
    }

    /// The questions that decide, and those that only tell the therapist what to mind.
    fn questions(&self) -> (Vec<&Rule>, Vec<&Rule>) {
        let rules = self.rules.rules.iter();
        rules.partition(|rule| rule.effect != Effect::Caution)
    }

    fn foot(&self) -> String {
        format!("{}, version {}", self.rules.id, self.rules.version)
    }

    /// The form as text of at most [`PAGE_WIDTH`] columns.
    pub fn text(&self) -> String {
        let mut page = String::new();
        wrapped(&mut page, "", &self.title().to_uppercase());
        rule(&mut page);
        for (label, known) in self.head() {
            let known = if known.is_empty() {
                "_".repeat(40)
            } else {
                known
            };
            wrapped(&mut page, &format!("{label:<12}"), &known);
        }
        rule(&mut page);
        wrapped(&mut page, "", HOW);
        let (deciding, minded) = self.questions();
        asked(&mut page, &deciding, 1);
        if !minded.is_empty() {
            rule(&mut page);
            wrapped(&mut page, "", MINDED);
            asked(&mut page, &minded, deciding.len() + 1);
        }
        rule(&mut page);
        wrapped(&mut page, "", &self.validity());
        wrapped(&mut page, "", SIGNED);
        let line = "_".repeat(24);
        write!(page, "\nDate {line}   Signature {line}\n\n").expect("a String takes all text");
        wrapped(&mut page, "", &self.foot());
        page
    }

    /// The form as one HTML page to be printed, which needs nothing beside it.
    pub fn page(&self) -> String {
        let title = escaped(&self.title());
        let mut body = format!("<h1>{title}</h1>\n<table class=\"head\">\n");
        for (label, known) in self.head() {
            let _ = writeln!(
                body,
                "<tr><th>{label}</th><td>{}</td></tr>",
                escaped(&known)
            );
        }
        let _ = write!(body, "</table>\n<p>{}</p>\n", escaped(HOW));
        let (deciding, minded) = self.questions();
        listed(&mut body, &deciding, 1);
        if !minded.is_empty() {
            let _ = writeln!(body, "<h2>{}</h2>", escaped(MINDED));
            listed(&mut body, &minded, deciding.len() + 1);
        }
        let _ = write!(
            body,
            "<p>{}</p>\n<p>{}</p>\n<p class=\"sign\"><span>Date</span><span>Signature</span></p>\n\
             <p class=\"foot\">{}</p>\n",
            escaped(&self.validity()),
            escaped(SIGNED),
            escaped(&self.foot())
        );
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        )
    }
}

/// What stands over the questions that decide nothing.
const MINDED: &str = "So that your therapist can mind it";

const STYLE: &str = "
body { font: 11pt/1.4 sans-serif; max-width: 46em; margin: 2em auto; color: #000; background: #fff }
h1 { font-size: 16pt } h2 { font-size: 12pt }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: normal; width: 8em }
td { border-bottom: 1px solid #000; height: 1.8em }
ol { padding-left: 2em } li { margin: .7em 0; break-inside: avoid }
.answer { display: block; margin-top: .2em } .box { display: inline-block; width: 4em }
.when { display: inline-block; min-width: 14em; border-bottom: 1px solid #000 }
.sign { display: flex; gap: 2em; margin-top: 3em; break-inside: avoid }
.sign span { flex: 1; border-top: 1px solid #000; padding-top: .2em }
.foot { font-size: 8pt }
@page { margin: 18mm }
@media print { body { margin: 0; max-width: none } }
";

fn asked(page: &mut String, rules: &[&Rule], first: usize) {
    for (rule, number) in rules.iter().zip(first..) {
        page.push('\n');
        wrapped(page, &format!("{number:>3}. "), &rule.question);
        let when = when(rule.effect).map(|label| format!("   {label}: {}", "_".repeat(24)));
        let when = when.unwrap_or_default();
        writeln!(page, "     [ ] no   [ ] yes{when}").expect("a String takes all text");
    }
}

fn listed(body: &mut String, rules: &[&Rule], first: usize) {
    let _ = writeln!(body, "<ol start=\"{first}\">");
    for rule in rules {
        let when = when(rule.effect)
            .map(|label| format!(" {label}: <span class=\"when\">&nbsp;</span>"))
            .unwrap_or_default();
        let _ = writeln!(
            body,
            "<li>{}<span class=\"answer\"><span class=\"box\">&#9744; no</span>\
             <span class=\"box\">&#9744; yes</span>{when}</span></li>",
            escaped(&rule.question)
        );
    }
    body.push_str("</ol>\n");
}

/// What is asked of the event's time, where it matters.
const fn when(effect: Effect) -> Option<&'static str> {
    match effect {
        Effect::Exclude(Window::Hours(_)) => Some("Day and time"),
        Effect::Exclude(Window::Months(_) | Window::Weeks(_)) => Some("Day"),
        Effect::Exclude(Window::Ever | Window::WhilePresent) | Effect::Review | Effect::Caution => {
            None
        }
    }
}

/// Text in which nothing is read as markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

const _: () = assert!(PAGE_WIDTH >= 80, "the lines to be filled in are as wide");
