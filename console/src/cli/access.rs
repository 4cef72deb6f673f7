//! `access`: which role may make which call.

use clap::{Args, Subcommand};
use serde::Serialize;
use treadwell_client::v1;

use super::{
    failure::Failure,
    keys::Role,
    present::value_name,
    report::{Report, Table},
    session::Session,
};
use crate::tui::words;

#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows the whole access table: every call, and the roles whose keys may make it
    Table {
        /// Only what this role may call
        #[arg(long, value_enum)]
        role: Option<Role>,
    },
}

/// A line of the table as `--json` prints it.
#[derive(Serialize)]
struct GrantJson<'a> {
    /// `FloorService/GetBoard`.
    method: &'a str,
    /// As in `keys list`.
    roles: Vec<String>,
    /// Anybody may make it, without a key.
    public: bool,
}

pub(crate) async fn run(session: &Session, args: &AccessArgs) -> Result<Report, Failure> {
    let Action::Table { role } = &args.action;
    let answer = session
        .client
        .get_access_table(v1::GetAccessTableRequest {})
        .await?;
    let role = role.map(v1::Role::from);
    let mut report = Report::default();
    let mut table = Table::new(["call", "who may make it"]);
    for grant in &answer.grants {
        if role.is_some_and(|role| !grant.roles().any(|it| it == role)) {
            continue;
        }
        table.row([grant.method.clone(), who(grant)]);
        report.object(&GrantJson {
            method: &grant.method,
            roles: grant
                .roles()
                .map(|role| value_name(role.as_str_name(), "ROLE_"))
                .collect(),
            public: grant.public,
        });
    }
    report.table(table);
    Ok(report)
}

/// How many roles there are; 0 is none.
const ROLES: usize = 6;

fn who(grant: &v1::Grant) -> String {
    if grant.public {
        return "anybody, without a key".to_owned();
    }
    if grant.roles.len() == ROLES {
        return "every key".to_owned();
    }
    let names: Vec<&str> = grant.roles().map(words::role).collect();
    names.join(", ")
}
