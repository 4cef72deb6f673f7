//! `keys`: who may call this server.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    args::Change,
    failure::Failure,
    names::Names,
    present::{rfc3339_of, value_name},
    report::{Report, Table},
    secret,
    session::{PAGE, Session},
};
use crate::{
    tui::{time, words},
    when,
};

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists all keys, without secrets (as without a word)
    List,
    /// Makes a key and prints its secret, once
    Create {
        /// Whom or what it names: one person, program or display
        name: String,
        /// What its holder may do
        #[arg(long, value_enum)]
        role: Role,
        /// A site it reaches; may be given several times [default: all]
        #[arg(long = "site", value_name = "SITE")]
        sites: Vec<String>,
        /// For a therapist's key: who
        #[arg(long, value_name = "THERAPIST", required_if_eq("role", "therapist"))]
        therapist: Option<String>,
        /// From then on it is refused [default: never]
        #[arg(long, value_name = "WHEN")]
        expires: Option<String>,
        #[command(flatten)]
        change: Change,
    },
    /// Sets the passphrase with which a key's holder may sign in; asks for it, or reads it from standard input
    Passphrase {
        /// The key's id, for an owner who sets another's [default: the key that is used]
        #[arg(id = "of", value_name = "KEY")]
        key: Option<String>,
        /// Takes it away instead
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Has a passphrase judged again that was locked after wrong ones
    Unlock {
        /// The key's id
        #[arg(id = "of", value_name = "KEY")]
        key: String,
        /// Why, for the audit trail; no health data
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
    /// Refuses a key from now on
    Revoke {
        /// The key's id
        #[arg(id = "of", value_name = "KEY")]
        key: String,
        #[command(flatten)]
        change: Change,
    },
}

/// A key's role.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Role {
    /// Everything
    Owner,
    /// Everything but owners' keys
    Manager,
    /// Books and runs the day
    FrontDesk,
    /// Treats: own day, health answers of clients
    Therapist,
    /// A program: searches and books
    Integration,
    /// A display: the board with initials at most
    Wallboard,
}

impl From<Role> for v1::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Manager => Self::Manager,
            Role::FrontDesk => Self::FrontDesk,
            Role::Therapist => Self::Therapist,
            Role::Integration => Self::Integration,
            Role::Wallboard => Self::Wallboard,
        }
    }
}

/// A key as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct KeyJson<'a> {
    id: &'a str,
    name: &'a str,
    /// `owner`, `manager`, `front_desk`, `therapist`, `integration` or `wallboard`.
    role: String,
    /// Empty means all.
    site_ids: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    therapist_id: &'a str,
    /// Its holder may sign in with a passphrase.
    has_passphrase: bool,
    /// Since the server started.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    /// Only once, in the answer that makes it.
    #[serde(skip_serializing_if = "str::is_empty")]
    secret: &'a str,
}

impl<'a> KeyJson<'a> {
    pub(crate) fn new(key: &'a v1::Key, secret: &'a str) -> Self {
        let utc = jiff::tz::TimeZone::UTC;
        Self {
            id: &key.id,
            name: &key.name,
            role: value_name(key.role().as_str_name(), "ROLE_"),
            site_ids: &key.site_ids,
            therapist_id: &key.therapist_id,
            has_passphrase: key.has_passphrase,
            last_used_at: rfc3339_of(key.last_used_at.as_ref(), &utc),
            expires_at: rfc3339_of(key.expires_at.as_ref(), &utc),
            revoked_at: rfc3339_of(key.revoked_at.as_ref(), &utc),
            secret,
        }
    }
}

/// `Front desk, reaches halifax`.
pub(crate) fn reach(key: &v1::Key) -> String {
    let sites = if key.site_ids.is_empty() {
        "all sites".to_owned()
    } else {
        key.site_ids.join(", ")
    };
    format!("{}, reaches {sites}", words::role(key.role()))
}

pub(crate) async fn run(session: &Session, args: &KeysArgs) -> Result<Report, Failure> {
    match &args.action {
        None | Some(Action::List) => list(session).await,
        Some(Action::Create {
            name,
            role,
            sites,
            therapist,
            expires,
            change,
        }) => {
            let names = session.names().await?;
            let site_ids: Result<_, _> = sites.iter().map(|site| names.find_site(site)).collect();
            let expires = expires
                .as_deref()
                .map(|text| when::until(text, &names.now_at(None)?).map_err(Failure::from));
            let key = v1::Key {
                name: name.clone(),
                role: v1::Role::from(*role).into(),
                site_ids: site_ids?,
                therapist_id: therapist
                    .as_deref()
                    .map(|text| names.find_therapist(text))
                    .transpose()?
                    .unwrap_or_default(),
                expires_at: expires.transpose()?.map(time::wire),
                ..v1::Key::default()
            };
            create(session, key, change).await
        }
        Some(Action::Passphrase {
            key,
            remove,
            change,
        }) => passphrase(session, key.as_deref(), *remove, change).await,
        Some(Action::Unlock { key, why }) => unlock(session, key, why.as_deref()).await,
        Some(Action::Revoke { key, change }) => revoke(session, key, change).await,
    }
}

async fn list(session: &Session) -> Result<Report, Failure> {
    let names = session.names().await?;
    let mut report = Report::default();
    let mut table = Table::new([
        "name",
        "role",
        "sites",
        "state",
        "last used",
        "passphrase",
        "id",
    ]);
    let mut page_token = String::new();
    loop {
        let page = session
            .client
            .list_keys(v1::ListKeysRequest {
                page_size: PAGE,
                page_token,
            })
            .await?;
        for key in &page.keys {
            table.row([
                key.name.clone(),
                words::role(key.role()).to_owned(),
                if key.site_ids.is_empty() {
                    "all".to_owned()
                } else {
                    key.site_ids.join(", ")
                },
                state(key, names),
                last_used(key, names),
                if key.has_passphrase { "yes" } else { "" }.to_owned(),
                key.id.clone(),
            ]);
            report.object(&KeyJson::new(key, ""));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    report.table(table);
    Ok(report)
}

fn state(key: &v1::Key, names: &Names) -> String {
    let zone = names.only_zone().unwrap_or(jiff::tz::TimeZone::UTC);
    match (&key.revoked_at, &key.expires_at) {
        (Some(revoked), _) => format!(
            "revoked {}",
            time::day_and_clock(time::instant(revoked), &zone)
        ),
        (None, Some(expires)) if time::instant(expires) <= names.now => "expired".to_owned(),
        (None, Some(expires)) => format!(
            "good until {}",
            time::day_and_clock(time::instant(expires), &zone)
        ),
        (None, None) => "good".to_owned(),
    }
}

/// When it was used last since the server started.
fn last_used(key: &v1::Key, names: &Names) -> String {
    let zone = names.only_zone().unwrap_or(jiff::tz::TimeZone::UTC);
    let used = key.last_used_at.as_ref().map(time::instant);
    used.map_or_else(|| "-".to_owned(), |used| time::day_and_clock(used, &zone))
}

/// What `keys unlock --json` prints.
#[derive(Serialize)]
struct UnlockedJson<'a> {
    key: &'a str,
    was_locked: bool,
}

async fn passphrase(
    session: &Session,
    key: Option<&str>,
    remove: bool,
    change: &Change,
) -> Result<Report, Failure> {
    let me = session.client.who_am_i(v1::WhoAmIRequest {}).await?;
    let me = me.key.unwrap_or_default();
    let is_mine = key.is_none_or(|key| key == me.id);
    let by_session = session.client.options().key.starts_with("tw_session_");
    let current_passphrase = if is_mine && by_session {
        secret::passphrase("The passphrase as it is")?
    } else {
        String::new()
    };
    let request = v1::SetPassphraseRequest {
        write: Some(change.options()),
        key_id: key.unwrap_or(&me.id).to_owned(),
        passphrase: if remove {
            String::new()
        } else {
            secret::new_passphrase()?
        },
        current_passphrase,
    };
    let key = session.client.set_passphrase(request).await?.key;
    let key = key.unwrap_or_default();
    let what = if remove {
        format!("{} has no passphrase any more", key.name)
    } else {
        format!("{} signs in with the new passphrase", key.name)
    };
    let mut report = Report::default();
    report.line(change.said(&format!("{what}; sessions of the former one are closed.")));
    report.object(&KeyJson::new(&key, ""));
    Ok(report)
}

async fn unlock(session: &Session, key: &str, why: Option<&str>) -> Result<Report, Failure> {
    let request = v1::LiftLockOutRequest {
        key_id: key.to_owned(),
        reason: why.unwrap_or_default().to_owned(),
    };
    let was_locked = session.client.lift_lock_out(request).await?.was_locked;
    let mut report = Report::default();
    report.line(if was_locked {
        "Its passphrase is judged again."
    } else {
        "Its passphrase was not locked."
    });
    report.object(&UnlockedJson { key, was_locked });
    Ok(report)
}

async fn create(session: &Session, key: v1::Key, change: &Change) -> Result<Report, Failure> {
    let request = v1::CreateKeyRequest {
        write: Some(change.options()),
        key: Some(key),
    };
    let answer = session.client.create_key(request).await?;
    let key = answer.key.unwrap_or_default();
    let mut report = Report::default();
    report.line(change.said(&format!("{}: {} ({})", key.id, key.name, reach(&key))));
    if answer.secret.is_empty() {
        if !change.dry_run {
            report.line("This request was answered before; the secret was in that answer only. Revoke the key and make another.");
        }
    } else {
        report.line("Its secret, shown only now:");
        report.line(&answer.secret);
    }
    report.object(&KeyJson::new(&key, &answer.secret));
    Ok(report)
}

async fn revoke(session: &Session, key: &str, change: &Change) -> Result<Report, Failure> {
    session.confirm(
        change,
        &format!("This refuses {key} from now on and ends what it watches."),
    )?;
    let request = v1::RevokeKeyRequest {
        write: Some(change.options()),
        key_id: key.to_owned(),
    };
    let key = session
        .client
        .revoke_key(request)
        .await?
        .key
        .unwrap_or_default();
    let mut report = Report::default();
    report.line(change.said(&format!("{} ({}) is revoked.", key.id, key.name)));
    report.object(&KeyJson::new(&key, ""));
    Ok(report)
}
