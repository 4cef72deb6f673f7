//! How the link to the server is encrypted, and what a client is made with.

use std::path::{Path, PathBuf};

use treadwell_client::{Identity, Options};

use super::{Config, ConfigError, Given, Setting, Source};

impl Config {
    /// What a client of the configured server is made with.
    pub fn client(&self) -> Options {
        let mut options = Options::new(&self.server.value, &self.key.value);
        options.timeout = self.timeout.value;
        options.authority.clone_from(&self.authority.value);
        options.identity.clone_from(&self.identity.value);
        options
    }

    /// A server of this process needs no certificate, whatever is configured for others.
    #[cfg(feature = "embedded")]
    pub(crate) fn call_here(&mut self, address: &str) {
        let source = Source::Flag;
        self.server = Setting {
            value: address.to_owned(),
            source,
        };
        self.authority = Setting {
            value: None,
            source,
        };
        self.identity = Setting {
            value: None,
            source,
        };
    }

    /// The files that are in force, with their settings' names.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'static str, &Path, Source)> {
        let authority = self.authority.value.iter();
        let authority = authority.map(|path| ("authority", path.as_path(), self.authority.source));
        let source = self.identity.source;
        let identity = self.identity.value.iter().flat_map(move |identity| {
            [
                ("client_certificate", identity.certificate.as_path(), source),
                ("client_key", identity.key.as_path(), source),
            ]
        });
        authority.chain(identity)
    }
}

/// The authority of the last place that names one.
pub(super) fn authority(places: &[(Source, Given)]) -> Setting<Option<PathBuf>> {
    let named = places
        .iter()
        .rev()
        .find(|(_, given)| given.authority.is_some());
    let (source, value) = named.map_or((Source::Default, None), |(source, given)| {
        (*source, given.authority.clone())
    });
    Setting { value, source }
}

/// The certificate of the last place that names one, which has to name its key, too.
pub(super) fn identity(
    places: &[(Source, Given)],
) -> Result<Setting<Option<Identity>>, ConfigError> {
    for (source, given) in places.iter().rev() {
        let missing = |given, missing| ConfigError::Missing {
            source_of: *source,
            given,
            missing,
        };
        let identity = match (&given.client_certificate, &given.client_key) {
            (None, None) => continue,
            (Some(_), None) => return Err(missing("client_certificate", "client_key")),
            (None, Some(_)) => return Err(missing("client_key", "client_certificate")),
            (Some(certificate), Some(key)) => Identity {
                certificate: certificate.clone(),
                key: key.clone(),
            },
        };
        return Ok(Setting {
            value: Some(identity),
            source: *source,
        });
    }
    Ok(Setting {
        value: None,
        source: Source::Default,
    })
}
