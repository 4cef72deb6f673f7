//! One run of one command: the client, the form of answers, and the names, which are asked for once and when needed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use tokio::{sync::OnceCell, try_join};
use treadwell_client::{Class, Client, Error, v1};

use super::{args::Change, failure::Failure, names::Names, report::Form};
use crate::config::Config;

/// Lists are asked for in pages of this size, the largest that the server gives.
pub(crate) const PAGE: i32 = 500;

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) form: Form,
    /// The site at which this console stands, as configured; empty for none.
    home: String,
    names: OnceCell<Names>,
}

impl Session {
    pub(crate) fn new(config: &Config, form: Form) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(config.client())?,
            form,
            home: config.site.value.clone(),
            names: OnceCell::new(),
        })
    }

    /// The catalog, the therapists and the clinic's now.
    pub(crate) async fn names(&self) -> Result<&Names, Failure> {
        self.names
            .get_or_try_init(|| async {
                let (catalog, status, therapists) = try_join!(
                    self.client.get_catalog(v1::GetCatalogRequest {}),
                    self.client.get_status(v1::GetStatusRequest {}),
                    self.therapists(),
                )?;
                Ok(Names {
                    catalog,
                    therapists,
                    now: status
                        .now
                        .as_ref()
                        .map(crate::tui::time::instant)
                        .unwrap_or_default(),
                })
            })
            .await
    }

    /// The names, if they were asked for.
    pub(crate) fn names_if_known(&self) -> Option<&Names> {
        self.names.get()
    }

    /// All therapists; none for a key that may not see them, which is then shown ids.
    async fn therapists(&self) -> Result<Vec<v1::Therapist>, Error> {
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListTherapistsRequest {
                page_size: PAGE,
                page_token,
                ..v1::ListTherapistsRequest::default()
            };
            let page = match self.client.list_therapists(request).await {
                Err(error)
                    if error.class() == Class::NotAllowed
                        && error.reason() != Some(v1::Reason::KeyInvalid) =>
                {
                    return Ok(all);
                }
                other => other?,
            };
            all.extend(page.therapists);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The sites a command is about: the one named, the one configured, or none for all.
    pub(crate) async fn sites(&self, wanted: Option<&str>) -> Result<Vec<String>, Failure> {
        match wanted
            .filter(|text| !text.is_empty())
            .or((!self.home.is_empty()).then_some(&self.home))
        {
            Some(text) => Ok(vec![self.names().await?.find_site(text)?]),
            None => Ok(Vec::new()),
        }
    }

    /// The one site a command is about: the one named, the one configured, or the only one there is.
    pub(crate) async fn site(&self, wanted: Option<&str>) -> Result<String, Failure> {
        let sites = self.sites(wanted).await?;
        let names = self.names().await?;
        match (sites.into_iter().next(), names.catalog.sites.as_slice()) {
            (Some(site), _) => Ok(site),
            (None, [only]) => Ok(only.id.clone()),
            (None, all) => {
                let ids: Vec<&str> = all.iter().map(|site| site.id.as_str()).collect();
                Err(Failure::usage(format!(
                    "name the site with --site: {}",
                    ids.join(" or ")
                )))
            }
        }
    }

    /// The form of answers.
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    /// Asks before something that can not easily be taken back.
    pub(crate) fn confirm(&self, change: &Change, question: &str) -> Result<(), Failure> {
        confirm(self.form, change, question)
    }
}

/// Asks before something that can not easily be taken back. Where nobody can answer, `--yes` has to be said.
pub(crate) fn confirm(form: Form, change: &Change, question: &str) -> Result<(), Failure> {
    if change.yes || change.dry_run {
        return Ok(());
    }
    if form == Form::Json || !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("{question} Say --yes to do it.")));
    }
    let asked = write!(std::io::stderr().lock(), "{question} Type yes to go on: ");
    let mut answer = String::new();
    let read = asked.and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    match read {
        Ok(_) if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") => Ok(()),
        Ok(_) => Err(Failure::other("nothing was done")),
        Err(error) => Err(Failure::other(format!(
            "the answer could not be read: {error}"
        ))),
    }
}

impl Change {
    /// As the API takes it.
    pub(crate) fn options(&self) -> v1::WriteOptions {
        v1::WriteOptions {
            request_id: self.request_id.clone().unwrap_or_default(),
            validate_only: self.dry_run,
            etag: String::new(),
            reason: self.why.clone().unwrap_or_default(),
        }
    }

    /// Whether what the server refuses on a look beforehand may have been done already, by this very request. It is sent all
    /// the same then: a repeat is answered as it was the first time, and anything else is refused again.
    pub(crate) fn may_be_done(&self, error: &Error) -> bool {
        // A fault of the server says nothing of what was done; only a refusal with its reason does.
        let is_refusal = !matches!(error.class(), Class::Unreachable | Class::NotAllowed)
            && error.reason().is_some();
        self.request_id.is_some() && !self.dry_run && is_refusal
    }

    /// What was done, or would be.
    pub(crate) fn said(&self, done: &str) -> String {
        if self.dry_run {
            format!("Dry run, nothing was changed: {done}")
        } else {
            done.to_owned()
        }
    }
}
