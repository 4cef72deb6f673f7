//! The record as a page that a browser shows and prints: one file, nothing fetched, nothing run.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

/// How it looks, on a screen and on paper.
const STYLE: &str = "\
body{font:11pt/1.4 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.2em;border-bottom:1px solid;margin-top:2em}
section{border:1px solid #999;padding:.5em 1em;margin:.7em 0;break-inside:avoid-page}
dl{margin:0}dl dl{margin-left:1.5em}dt{font-weight:bold;float:left;clear:left;margin-right:.5em}
dt::after{content:':'}dd{margin:0 0 .1em 0;white-space:pre-wrap}dd:has(dl),dd:has(ol){clear:left}
ol{margin:0;padding-left:2em}
@media print{body{margin:0;max-width:none}section{border-color:#ccc}}";

/// The page of a record as [`super::file`] gives it. Times are those of a zone.
pub(crate) fn page(file: &Value, zone: &TimeZone) -> String {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let page = Page {
        names: file["names"].as_object(),
        zone,
    };
    let client = &file["resources"]["client"][0];
    let name = escaped(&text(&client["name"]));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>Record of {name}</title>\n<style>{STYLE}</style></head>\n<body>\n\
         <h1>Record of {name}</h1>\n"
    );
    let head = file.as_object().into_iter().flatten();
    let apart = ["resources", "changes", "names"];
    let head: Map<String, Value> = head
        .filter(|(field, _)| !apart.contains(&field.as_str()))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    page.fields(&mut out, &head);
    let zone_name = zone.iana_name().unwrap_or("UTC");
    let _ = writeln!(out, "<p>Times are those of {}.</p>", escaped(zone_name));
    for (kind, resources) in file["resources"].as_object().into_iter().flatten() {
        page.chapter(&mut out, &label(kind), resources);
    }
    page.chapter(&mut out, "Changes", &file["changes"]);
    out.push_str("</body></html>\n");
    out
}

struct Page<'a> {
    names: Option<&'a Map<String, Value>>,
    zone: &'a TimeZone,
}

impl Page<'_> {
    fn chapter(&self, out: &mut String, title: &str, all: &Value) {
        let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
        let _ = writeln!(out, "<h2>{} ({})</h2>", escaped(title), all.len());
        for one in all {
            out.push_str("<section>");
            self.value(out, one);
            out.push_str("</section>\n");
        }
    }

    fn fields(&self, out: &mut String, fields: &Map<String, Value>) {
        out.push_str("<dl>");
        for (field, value) in fields {
            let _ = write!(out, "<dt>{}</dt><dd>", escaped(&label(field)));
            self.value(out, value);
            out.push_str("</dd>\n");
        }
        out.push_str("</dl>");
    }

    fn value(&self, out: &mut String, value: &Value) {
        match value {
            Value::Object(fields) => self.fields(out, fields),
            Value::Array(all) => {
                out.push_str("<ol>");
                for one in all {
                    out.push_str("<li>");
                    self.value(out, one);
                    out.push_str("</li>");
                }
                out.push_str("</ol>");
            }
            Value::String(text) => out.push_str(&escaped(&self.text(text))),
            Value::Bool(true) => out.push_str("yes"),
            Value::Bool(false) => out.push_str("no"),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::Null => {}
        }
    }

    /// A text, a name with its id, or a time on the zone's clock.
    fn text(&self, text: &str) -> String {
        let name = self.names.and_then(|names| names.get(text)?.as_str());
        if let Some(name) = name {
            return format!("{name} ({text})");
        }
        // Only the server's own times end like this.
        let time = text.strip_suffix('Z').and_then(|_| text.parse().ok());
        match time {
            Some(at) => self.clock(at),
            None => text.to_owned(),
        }
    }

    fn clock(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        local.strftime("%a %Y-%m-%d %H:%M").to_string()
    }
}

/// A field's name for people: `booked_at` is "Booked at".
fn label(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// The text without anything that HTML would read.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
    }
    out
}
