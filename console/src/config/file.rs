//! The configuration file.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::Given;

/// The file's fields. Unknown ones are refused: a misspelt setting must not be silently without effect.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fields {
    server: Option<String>,
    key: Option<String>,
    key_file: Option<PathBuf>,
    authority: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
    site: Option<String>,
    theme: Option<String>,
    timeout: Option<String>,
    mouse: Option<bool>,
    lock_minutes: Option<u16>,
    lock_at_start: Option<bool>,
    keys: BTreeMap<String, String>,
}

/// Reads the file's text; the error names the line and what was expected.
pub(super) fn parse(text: &str) -> Result<Given, String> {
    let fields: Fields =
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    Ok(Given {
        server: fields.server,
        key: fields.key,
        key_file: fields.key_file,
        authority: fields.authority,
        client_certificate: fields.client_certificate,
        client_key: fields.client_key,
        site: fields.site,
        theme: fields.theme,
        timeout: fields.timeout,
        mouse: fields.mouse.map(|mouse| mouse.to_string()),
        lock_minutes: fields.lock_minutes.map(|minutes| minutes.to_string()),
        lock_at_start: fields.lock_at_start.map(|locked| locked.to_string()),
        bindings: fields.keys,
    })
}
