//! One server's address and key, the channel to it, and the loop that sends a call.

use std::{env, fmt, future::Future, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout_at};
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use crate::{
    error::Error,
    retry::{Repeat, Retry, may_pass},
    tls::{self, Identity},
};

/// The port a Treadwell server listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 7450;

/// Answers are at most so large; a day sheet of a busy site is a few hundred KiB.
pub(crate) const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Where the server is, who calls, and how patiently.
#[derive(Clone)]
pub struct Options {
    /// `host`, `host:port`, or either after `https://` or `http://`; the port is [`DEFAULT_PORT`] if none is named. Without a scheme the
    /// link is encrypted if an authority is given.
    pub server: String,
    /// The file, in PEM, with the authority by which the server's certificate is judged. Whom this machine trusts otherwise does not
    /// matter.
    pub authority: Option<PathBuf>,
    /// Who this client is, for servers that ask for certificates.
    pub identity: Option<Identity>,
    /// The key's secret, as `init` or `keys create` printed it; empty calls without one.
    pub key: String,
    /// The most that a whole call may take, repeats included. Default 10 s.
    pub timeout: Duration,
    /// When and how often a failed call is sent again.
    pub retry: Retry,
}

impl Options {
    /// Options with the defaults of the other fields.
    pub fn new(server: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            server: server.into(),
            authority: None,
            identity: None,
            key: key.into(),
            timeout: Duration::from_secs(10),
            retry: Retry::default(),
        }
    }

    /// From the environment: the server from `TREADWELL_SERVER` (this machine without it), the key's secret from `TREADWELL_KEY`, the
    /// authority, if the link is to be encrypted, from `TREADWELL_AUTHORITY`. As for the command line, one that is empty is not set; a
    /// key in a file is for a person's console.
    pub fn from_env() -> Result<Self, SetupError> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| set(name).map(|value| value.to_string_lossy().into_owned());
        let server = text("TREADWELL_SERVER").unwrap_or_else(|| "127.0.0.1".to_owned());
        let key = text("TREADWELL_KEY").ok_or(SetupError::NoKey)?;
        Ok(Self {
            authority: set("TREADWELL_AUTHORITY").map(PathBuf::from),
            ..Self::new(server, key)
        })
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Options")
            .field("server", &self.server)
            .field("authority", &self.authority)
            .field("identity", &self.identity)
            .field(
                "key",
                &if self.key.is_empty() {
                    "none"
                } else {
                    "given, not shown"
                },
            )
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish()
    }
}

/// The options make no usable client; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address is not one.
    #[error(
        "{0:?} is not a server address; expected host, host:port, https://host:port or http://host:port"
    )]
    Address(String),
    /// Nothing says by what the server's certificate is judged.
    #[error(
        "{0} asks for an encrypted link, and no authority is given by which its certificate is judged; name its authority.pem with `authority`"
    )]
    NoAuthority(String),
    /// A file of the encrypted link can not be used.
    #[error("the encrypted link can not be made with {}: {problem}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The environment has no key.
    #[error(
        "TREADWELL_KEY is not set: it is the key's secret, as `init` or `keys create` printed it"
    )]
    NoKey,
    /// The key has characters that no key has.
    #[error("the key is not one: it starts with tw_ and has letters, digits, - and _ only")]
    Key,
}

/// A client of one server with one key.
///
/// Cheap to clone; clones share the connection, which is made with the first call and made anew when it is lost.
#[derive(Clone)]
pub struct Client {
    channel: Channel,
    bearer: Option<MetadataValue<Ascii>>,
    options: Arc<Options>,
}

impl Client {
    /// A client; nothing is sent until the first call. Must be called inside a Tokio runtime.
    pub fn new(options: Options) -> Result<Self, SetupError> {
        let uri = uri(&options.server, options.authority.is_some())?;
        let wrong = |_| SetupError::Address(options.server.clone());
        let encrypted = uri.starts_with(ENCRYPTED);
        let mut endpoint = Endpoint::from_shared(uri)
            .map_err(wrong)?
            .connect_timeout(Duration::from_secs(3))
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(30)))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        if encrypted {
            let authority = options.authority.as_deref();
            let authority =
                authority.ok_or_else(|| SetupError::NoAuthority(options.server.clone()))?;
            let config = tls::config(authority, options.identity.as_ref())?;
            // It refuses a host that is neither a name nor an address.
            endpoint = endpoint.tls_config(config).map_err(wrong)?;
        }
        let bearer = match options.key.as_str() {
            "" => None,
            key => Some(bearer(key)?),
        };
        Ok(Self {
            channel: endpoint.connect_lazy(),
            bearer,
            options: Arc::new(options),
        })
    }

    /// What this client was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The same connection and key with another deadline for each call.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let mut options = Options::clone(&self.options);
        options.timeout = timeout;
        Self {
            options: Arc::new(options),
            ..self.clone()
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The message as a request that carries the key.
    pub(crate) fn request<Q>(&self, message: Q) -> Request<Q> {
        let mut request = Request::new(message);
        if let Some(bearer) = &self.bearer {
            request
                .metadata_mut()
                .insert("authorization", bearer.clone());
        }
        request
    }

    /// Sends until it is answered, repeating what may be repeated, within the deadline.
    pub(crate) async fn call<Q, P, F, Sending>(
        &self,
        repeat: Repeat,
        message: Q,
        send: F,
    ) -> Result<P, Error>
    where
        Q: Clone,
        F: Fn(Channel, Request<Q>) -> Sending,
        Sending: Future<Output = Result<Response<P>, Status>>,
    {
        let deadline = Instant::now() + self.options.timeout;
        let attempts = match repeat {
            Repeat::Safe => self.options.retry.attempts.max(1),
            Repeat::Never => 1,
        };
        for attempt in 1.. {
            let mut request = self.request(message.clone());
            request.set_timeout(deadline.saturating_duration_since(Instant::now()));
            // Boxed, so that whoever calls does not carry what tonic does to send a message.
            let answer = Box::pin(send(self.channel(), request));
            let error = match timeout_at(deadline, answer).await {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) => Error::from_status(&self.options.server, &status),
                Err(_) => Error::timed_out(&self.options.server, self.options.timeout),
            };
            let wait = self.options.retry.wait(attempt);
            if attempt >= attempts || !may_pass(&error) || Instant::now() + wait >= deadline {
                return Err(error);
            }
            sleep(wait).await;
        }
        unreachable!("the loop returns at its last attempt")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Client").field(&self.options).finish()
    }
}

fn bearer(key: &str) -> Result<MetadataValue<Ascii>, SetupError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.starts_with("tw_") || !key.chars().all(plain) {
        return Err(SetupError::Key);
    }
    let mut value: MetadataValue<Ascii> = format!("Bearer {key}")
        .parse()
        .map_err(|_| SetupError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

const ENCRYPTED: &str = "https://";
const PLAIN: &str = "http://";

/// The address with scheme and port; without a scheme of its own it gets the one for an encrypted link or the other.
fn uri(server: &str, encrypted: bool) -> Result<String, SetupError> {
    let wrong = || SetupError::Address(server.to_owned());
    let named = [ENCRYPTED, PLAIN]
        .into_iter()
        .find_map(|scheme| Some((scheme, server.strip_prefix(scheme)?)));
    let (scheme, authority) = named.unwrap_or((if encrypted { ENCRYPTED } else { PLAIN }, server));
    let authority = authority.trim_end_matches('/');
    if authority.is_empty() || authority.contains(['/', '@', '?', '#', ' ']) {
        return Err(wrong());
    }
    // An IPv6 address has its own colons and stands in brackets: [::1] or [::1]:7450.
    let after_host = authority
        .rfind(']')
        .map_or(authority, |end| &authority[end + 1..]);
    match after_host.split_once(':') {
        None => Ok(format!("{scheme}{authority}:{DEFAULT_PORT}")),
        Some((_, port)) if port.parse::<u16>().is_ok_and(|port| port != 0) => {
            Ok(format!("{scheme}{authority}"))
        }
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_scheme_and_port_or_is_refused() {
        for (given, expected) in [
            ("127.0.0.1:7450", "http://127.0.0.1:7450"),
            ("desk.local", "http://desk.local:7450"),
            ("http://desk.local:80/", "http://desk.local:80"),
            ("[::1]", "http://[::1]:7450"),
            ("[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(uri(given, false).as_deref(), Ok(expected));
        }
        for (given, expected) in [
            ("desk.local", "https://desk.local:7450"),
            ("https://desk.local:80", "https://desk.local:80"),
            ("http://[::1]", "http://[::1]:7450"),
        ] {
            assert_eq!(uri(given, true).as_deref(), Ok(expected));
        }
        assert_eq!(
            uri("https://desk", false).as_deref(),
            Ok("https://desk:7450")
        );
        for wrong in [
            "",
            "http://",
            "desk:",
            "desk:0",
            "desk:99999",
            "a b",
            "desk/path",
            "me@desk",
        ] {
            assert_eq!(
                uri(wrong, false),
                Err(SetupError::Address(wrong.to_owned())),
                "{wrong:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_encrypted_link_needs_an_authority_that_is_one() {
        let made = |server: &str, authority: Option<&str>| {
            let options = Options {
                authority: authority.map(PathBuf::from),
                ..Options::new(server, "")
            };
            Client::new(options).err()
        };
        let none = made("https://desk", None);
        assert_eq!(
            none,
            Some(SetupError::NoAuthority("https://desk".to_owned()))
        );
        for (file, problem) in [
            ("/nowhere/authority.pem", "No such file"),
            ("Cargo.toml", "it holds no certificate in PEM"),
        ] {
            let said = made("desk", Some(file)).expect("no authority").to_string();
            assert!(said.contains(file) && said.contains(problem), "{said}");
        }
        // Plaintext by name needs none.
        assert_eq!(made("http://desk", Some("/nowhere/authority.pem")), None);
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_none_is_ever_shown() {
        assert!(matches!(bearer("tw_abc-_9"), Ok(value) if value.is_sensitive()));
        for wrong in ["abc", "tw_a b", "tw_é"] {
            assert_eq!(bearer(wrong).err(), Some(SetupError::Key), "{wrong:?}");
        }
        let shown = format!("{:?}", Options::new("desk", "tw_secret"));
        assert!(!shown.contains("tw_secret"), "{shown}");
    }
}
