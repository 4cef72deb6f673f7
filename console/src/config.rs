//! What is in force: the configuration file, then the environment, then the flags; the later wins.
//!
//! The file is `treadwell/console.toml` in the user's configuration folder, or what `--config` names. It holds no client
//! data, and neither does anything else that the console writes. `--print-config` shows each value and where it is from.

mod file;
mod tls;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use etcetera::BaseStrategy as _;
use treadwell_client::Identity;

use crate::tui::Theme;

/// The server's address if nobody says otherwise.
pub const DEFAULT_SERVER: &str = "127.0.0.1:7450";

/// Why the configuration can not be used; nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there, or can not be read.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, with the line where there is one.
        problem: String,
    },
    /// A value is not what it should be.
    #[error("{name} from {source_of}: {problem}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Where it came from.
        source_of: Source,
        /// What was expected.
        problem: String,
    },
    /// A setting has no effect without another one of the same place.
    #[error("{source_of}: {given} is given without {missing}; give both")]
    Missing {
        /// Where it stands.
        source_of: Source,
        /// What is given.
        given: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// Two settings of one place contradict each other.
    #[error("{source_of}: both {first} and {second} are given; give one")]
    Conflict {
        /// Where both stand.
        source_of: Source,
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File,
    /// The environment.
    Environment,
    /// The command line.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// The values that one place gives, all optional and as text.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The server's address.
    pub server: Option<String>,
    /// The key's secret.
    pub key: Option<String>,
    /// A file that holds the key's secret.
    pub key_file: Option<PathBuf>,
    /// A file with the authority by which the server's certificate is judged.
    pub authority: Option<PathBuf>,
    /// A file with this client's certificate.
    pub client_certificate: Option<PathBuf>,
    /// A file with its private key.
    pub client_key: Option<PathBuf>,
    /// The site at which this console stands.
    pub site: Option<String>,
    /// The theme's name.
    pub theme: Option<String>,
    /// The longest that a call may take.
    pub timeout: Option<String>,
    /// Whether the mouse is used.
    pub mouse: Option<String>,
    /// After how many minutes without a key the screens lock.
    pub lock_minutes: Option<String>,
    /// Whether the screens begin locked.
    pub lock_at_start: Option<String>,
    /// Key bindings, by the command's name.
    pub bindings: BTreeMap<String, String>,
}

/// Everything that is in force.
#[derive(Clone)]
pub struct Config {
    /// The file that was read, or would have been.
    pub path: Option<PathBuf>,
    /// The server's address.
    pub server: Setting<String>,
    /// The key's secret; empty if there is none.
    pub key: Setting<String>,
    /// The authority's file; with one the link is encrypted.
    pub authority: Setting<Option<PathBuf>>,
    /// The files of this client's certificate and of its key.
    pub identity: Setting<Option<Identity>>,
    /// The site at which this console stands; empty shows all that the key reaches.
    pub site: Setting<String>,
    /// The theme.
    pub theme: Setting<Theme>,
    /// The longest that a call may take.
    pub timeout: Setting<Duration>,
    /// Whether the mouse is used.
    pub mouse: Setting<bool>,
    /// After how many minutes without a key the screens lock; 0 means never.
    pub lock_minutes: Setting<u16>,
    /// Whether the screens begin locked, so that the key that is configured shows nothing by itself.
    pub lock_at_start: Setting<bool>,
    /// Key bindings that differ from the default, by the command's name.
    pub bindings: BTreeMap<String, String>,
}

impl Config {
    /// Reads the file and the environment and puts the flags on top; `NO_COLOR` in the environment makes the theme
    /// [`Theme::Mono`] whatever they say. Without `--config` a missing file is no error.
    pub fn load(
        named: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
        flags: Given,
    ) -> Result<Self, ConfigError> {
        let named = named
            .map(Path::to_owned)
            .or_else(|| environment("TREADWELL_CONSOLE_CONFIG").map(PathBuf::from));
        let (path, text) = match named {
            Some(path) => {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
                (Some(path), text)
            }
            None => match default_path() {
                Some(path) if path.exists() => {
                    let text = std::fs::read_to_string(&path)
                        .map_err(|error| unreadable(&path, &error))?;
                    (Some(path), text)
                }
                other => (other, String::new()),
            },
        };
        let file = file::parse(&text).map_err(|problem| ConfigError::File {
            path: path.clone().unwrap_or_default(),
            problem,
        })?;
        let no_color = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        let mut config = Self::resolve(path, file, from_environment(environment), flags)?;
        if no_color {
            config.theme = Setting {
                value: Theme::Mono,
                source: Source::Environment,
            };
        }
        Ok(config)
    }

    /// Puts the three places on top of each other.
    pub fn resolve(
        path: Option<PathBuf>,
        file: Given,
        environment: Given,
        flags: Given,
    ) -> Result<Self, ConfigError> {
        let bindings = file.bindings.clone();
        let places = [
            (Source::File, file),
            (Source::Environment, environment),
            (Source::Flag, flags),
        ];
        let key = key(&places)?;
        let pick =
            |field: fn(&Given) -> Option<&String>, default: &str| last(&places, field, default);
        let theme = pick(|given| given.theme.as_ref(), Theme::Sixteen.name());
        let timeout = pick(|given| given.timeout.as_ref(), "10s");
        let mouse = pick(|given| given.mouse.as_ref(), "true");
        let lock = pick(|given| given.lock_minutes.as_ref(), "5");
        let locked = pick(|given| given.lock_at_start.as_ref(), "false");
        let is_true = |text: &str| text.parse().ok();
        Ok(Self {
            path,
            server: pick(|given| given.server.as_ref(), DEFAULT_SERVER),
            key,
            authority: tls::authority(&places),
            identity: tls::identity(&places)?,
            site: pick(|given| given.site.as_ref(), ""),
            theme: understood("theme", theme, &themes(), Theme::named)?,
            timeout: understood(
                "timeout",
                timeout,
                "a length such as 10s or 500ms, more than 0",
                duration,
            )?,
            lock_minutes: understood(
                "lock_minutes",
                lock,
                "a number of minutes up to 480; 0 means never",
                |text| text.trim().parse().ok().filter(|minutes| *minutes <= 480),
            )?,
            lock_at_start: understood("lock_at_start", locked, "true or false", is_true)?,
            mouse: understood("mouse", mouse, "true or false", is_true)?,
            bindings,
        })
    }

    /// The configuration as a file that would give the same, with where each value is from; the key is not shown.
    pub fn print(&self) -> String {
        let mut out = String::new();
        let path = self
            .path
            .as_ref()
            .map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
        let _ = writeln!(out, "# {path}");
        let mut line = |name: &str, value: String, source: Source| {
            let _ = writeln!(out, "{:40} # {source}", format!("{name} = {value}"));
        };
        line("server", quoted(&self.server.value), self.server.source);
        let key = if self.key.value.is_empty() {
            ""
        } else {
            "(set, not shown)"
        };
        line("key", quoted(key), self.key.source);
        for (name, path, source) in self.files() {
            line(name, quoted(&path.display().to_string()), source);
        }
        line("site", quoted(&self.site.value), self.site.source);
        line("theme", quoted(self.theme.value.name()), self.theme.source);
        line(
            "timeout",
            quoted(&format!("{}ms", self.timeout.value.as_millis())),
            self.timeout.source,
        );
        let lock = &self.lock_minutes;
        line("lock_minutes", lock.value.to_string(), lock.source);
        let locked = &self.lock_at_start;
        line("lock_at_start", locked.value.to_string(), locked.source);
        line("mouse", self.mouse.value.to_string(), self.mouse.source);
        out.push_str("\n[keys]\n");
        for (name, binding) in &self.bindings {
            let _ = writeln!(out, "{name} = {}", quoted(binding));
        }
        out
    }
}

/// For the fuzzer: what comes of the text of a file.
pub(crate) fn try_file(text: &str) -> String {
    let given = file::parse(text).map(|given| Given {
        // Files that it names are not looked at.
        key_file: None,
        ..given
    });
    match given.map(|given| Config::resolve(None, given, Given::default(), Given::default())) {
        Ok(Ok(config)) => {
            let printed = config.print();
            assert!(
                file::parse(&printed).is_ok(),
                "what is printed is read: {printed}"
            );
            "a configuration".to_owned()
        }
        Ok(Err(why)) => why.to_string(),
        Err(why) => why,
    }
}

/// `treadwell/console.toml` in the folder where this system keeps configuration; `None` without a home folder.
pub fn default_path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("treadwell").join("console.toml"))
}

/// A length of time: `10s`, `500ms`, `2m`, or a number of seconds.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()?
    } else {
        return None;
    };
    let length = match text[digits.len()..].trim() {
        "ms" => Duration::from_millis(number),
        "" | "s" => Duration::from_secs(number),
        "m" | "min" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    (length > Duration::ZERO && length <= Duration::from_hours(24)).then_some(length)
}

fn from_environment(environment: impl Fn(&str) -> Option<String>) -> Given {
    let named =
        |name: &str| environment(&format!("TREADWELL_{name}")).filter(|value| !value.is_empty());
    Given {
        server: named("SERVER"),
        key: named("KEY"),
        key_file: named("KEY_FILE").map(PathBuf::from),
        authority: named("AUTHORITY").map(PathBuf::from),
        client_certificate: named("CLIENT_CERTIFICATE").map(PathBuf::from),
        client_key: named("CLIENT_KEY").map(PathBuf::from),
        site: named("SITE"),
        theme: named("THEME"),
        timeout: named("TIMEOUT"),
        mouse: named("MOUSE"),
        lock_minutes: named("LOCK_MINUTES"),
        lock_at_start: named("LOCK_AT_START"),
        bindings: BTreeMap::new(),
    }
}

fn last(
    places: &[(Source, Given)],
    field: fn(&Given) -> Option<&String>,
    default: &str,
) -> Setting<String> {
    let given = places
        .iter()
        .rev()
        .find_map(|(source, given)| Some((*source, field(given)?)));
    let (source, value) = given.map_or((Source::Default, default.to_owned()), |(source, value)| {
        (source, value.clone())
    });
    Setting { value, source }
}

/// The key of the last place that names one, itself or by a file.
fn key(places: &[(Source, Given)]) -> Result<Setting<String>, ConfigError> {
    for (source, given) in places.iter().rev() {
        let source = *source;
        match (&given.key, &given.key_file) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::Conflict {
                    source_of: source,
                    first: "key",
                    second: "key_file",
                });
            }
            (Some(key), None) => {
                return Ok(Setting {
                    value: key.trim().to_owned(),
                    source,
                });
            }
            (None, Some(path)) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
                return Ok(Setting {
                    value: text.trim().to_owned(),
                    source,
                });
            }
            (None, None) => {}
        }
    }
    Ok(Setting {
        value: String::new(),
        source: Source::Default,
    })
}

fn understood<T>(
    name: &'static str,
    text: Setting<String>,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Setting<T>, ConfigError> {
    let Setting { value, source } = text;
    let value = read(&value).ok_or_else(|| ConfigError::Value {
        name,
        source_of: source,
        problem: format!("{value:?} is not {expected}"),
    })?;
    Ok(Setting { value, source })
}

/// `one of 16, dark, ...`.
fn themes() -> String {
    let names = Theme::ALL.map(Theme::name);
    format!("one of {}", names.join(", "))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::File {
        path: path.to_owned(),
        problem: error.to_string(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
