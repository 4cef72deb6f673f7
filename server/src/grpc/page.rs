//! Pages of lists. A token says after which entry the next page begins, and of which query; the token
//! of another query is refused.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message;
use tonic::Status;

use super::status;
use crate::convert::Violations;

/// Entries of a page when the request does not say.
const DEFAULT_SIZE: usize = 50;

/// The most entries of a page.
const MAX_SIZE: usize = 500;

/// Bytes of the query's hash in a token. It guards against mistakes, not against an attacker: a token
/// gives nothing that the query itself would not.
pub(crate) const HASH: usize = 8;

/// Requests that ask for a page.
pub(super) trait Paged: Message + Clone {
    /// The method's name.
    const METHOD: &'static str;

    /// The wanted size and the token.
    fn page(&self) -> (i32, &str);

    /// Takes size and token out, so that what is left is the query.
    fn clear_page(&mut self);
}

/// Implements [`Paged`] for a request with `page_size` and `page_token`.
macro_rules! paged {
    ($($request:ident),* $(,)?) => {$(
        impl crate::grpc::page::Paged for treadwell_api::v1::$request {
            const METHOD: &'static str = stringify!($request);

            fn page(&self) -> (i32, &str) {
                (self.page_size, &self.page_token)
            }

            fn clear_page(&mut self) {
                self.page_size = 0;
                self.page_token.clear();
            }
        }
    )*};
}
pub(super) use paged;

/// The page that a request asks for.
#[derive(Debug)]
pub(super) struct Page {
    size: usize,
    query: [u8; HASH],
    after: Option<String>,
}

impl Page {
    /// Reads the page that a request asks for.
    pub(super) fn of<M: Paged>(request: &M) -> Result<Self, Status> {
        let (size, token) = request.page();
        let size = match usize::try_from(size) {
            Ok(0) => DEFAULT_SIZE,
            Ok(size) if size <= MAX_SIZE => size,
            _ => {
                let expected = format!("0 to {MAX_SIZE}, not {size}");
                return Err(status::fields(Violations::one("page_size", expected)));
            }
        };
        let query = hash(request);
        let after = if token.is_empty() {
            None
        } else {
            Some(open(token, query).ok_or_else(status::page_token)?)
        };
        Ok(Self { size, query, after })
    }

    /// How many entries it has at most.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The position of the last entry of the page before.
    pub(super) fn after<P: std::str::FromStr>(&self) -> Result<Option<P>, Status> {
        self.after
            .as_deref()
            .map(|text| text.parse().map_err(|_| status::page_token()))
            .transpose()
    }

    /// The page out of entries that begin after its position, and the next page's token.
    pub(super) fn cut<T, P: Display>(
        &self,
        entries: impl Iterator<Item = T>,
        position: impl Fn(&T) -> P,
    ) -> (Vec<T>, String) {
        let mut page: Vec<T> = entries.take(self.size + 1).collect();
        let mut next = String::new();
        if page.len() > self.size {
            page.truncate(self.size);
            if let Some(last) = page.last() {
                next = self.token(&position(last));
            }
        }
        (page, next)
    }

    /// The token of the page that begins after a position.
    pub(super) fn token(&self, position: &impl Display) -> String {
        token(self.query, position)
    }
}

/// The token of a query's page that begins after a position.
pub(crate) fn token(query: [u8; HASH], position: &impl Display) -> String {
    let mut bytes = query.to_vec();
    bytes.extend_from_slice(position.to_string().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hash<M: Paged>(request: &M) -> [u8; HASH] {
    let mut query = request.clone();
    query.clear_page();
    let mut hasher = blake3::Hasher::new();
    hasher.update(M::METHOD.as_bytes());
    hasher.update(&query.encode_to_vec());
    let mut short = [0; HASH];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..HASH]);
    short
}

pub(crate) fn open(token: &str, query: [u8; HASH]) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (of, position) = bytes.split_at_checked(HASH)?;
    if of != query {
        return None;
    }
    String::from_utf8(position.to_vec()).ok()
}

#[cfg(test)]
mod tests;
