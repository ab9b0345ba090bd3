//! `birdcall operators`: who may use the console.

use birdcall_common::passwords;
use birdcall_domain::{
    clock::Timestamp,
    operator::{OperatorName, Role},
    wording::age,
};
use birdcall_ledger::{Ledger, operators::Credentials};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::{
    args::OperatorsCommand,
    environment::{now, open_ledger, random},
    failure::{Done, Failure},
    operator::Who,
    output,
};

/// An operator.
#[derive(Serialize)]
struct OperatorView {
    name: String,
    role: Role,
    created_at: String,
    #[serde(skip)]
    added: Timestamp,
}

/// What became of an operator.
#[derive(Serialize)]
struct ChangeView<'a> {
    name: &'a str,
    changed: bool,
    /// The new password, if one was made. It is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

pub(crate) async fn run(command: OperatorsCommand, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        OperatorsCommand::List => list(&ledger, json).await,
        OperatorsCommand::Add { name, role } => add(&ledger, &name, role, who, json).await,
        OperatorsCommand::Role { name, role } => set_role(&ledger, &name, role, who, json).await,
        OperatorsCommand::Password { name } => reset(&ledger, &name, who, json).await,
        OperatorsCommand::Remove { name } => remove(&ledger, &name, who, json).await,
    }
}

async fn list(ledger: &Ledger, json: bool) -> Done {
    let operators = ledger.operators().await?.into_iter();
    let views: Vec<OperatorView> = operators
        .map(|operator| OperatorView {
            name: operator.name,
            role: operator.role,
            created_at: operator.created_at.to_rfc3339(),
            added: operator.created_at,
        })
        .collect();
    let now = now();
    output::list(&views, json, &["name", "role", "added"], |view| {
        vec![
            view.name.clone(),
            view.role.to_string(),
            age(view.added, now),
        ]
    });
    Ok(())
}

/// A new password and its hash.
fn password() -> (SecretString, String) {
    let random = random();
    let password = passwords::make(&random);
    let hash = passwords::hash(&password, &random);
    (password, hash)
}

async fn add(ledger: &Ledger, name: &OperatorName, role: Role, who: &Who, json: bool) -> Done {
    let (password, hash) = password();
    let credentials = Credentials {
        password_hash: &hash,
        stamp: &random().id(),
    };
    let id = random().id();
    let added = ledger
        .add_operator(name, role, credentials, who.by(&id), now())
        .await?;
    if !added {
        return Err(Failure::Refused(format!(
            "there is an operator {name} already"
        )));
    }
    tell_password(name, &password, json);
    Ok(())
}

fn tell_password(name: &OperatorName, password: &SecretString, json: bool) {
    let password = password.expose_secret();
    let view = ChangeView {
        name: name.as_str(),
        changed: true,
        password: Some(password),
    };
    let sentence = format!("{name} can sign in to the console with this password: {password}");
    output::result(&view, json, sentence);
}

async fn set_role(ledger: &Ledger, name: &OperatorName, role: Role, who: &Who, json: bool) -> Done {
    let stamp = random().id();
    let id = random().id();
    let by = who.by(&id);
    let changed = ledger.set_role(name, role, &stamp, by, now()).await?;
    if !changed && ledger.operator(name.as_str()).await?.is_none() {
        return Err(unknown(name));
    }
    let sentence = match changed {
        true => format!("{name} has the role {role} from now on"),
        false => format!("{name} had the role {role} already"),
    };
    tell(name, changed, json, sentence);
    Ok(())
}

async fn reset(ledger: &Ledger, name: &OperatorName, who: &Who, json: bool) -> Done {
    let (password, hash) = password();
    let credentials = Credentials {
        password_hash: &hash,
        stamp: &random().id(),
    };
    let id = random().id();
    let by = who.by(&id);
    if !ledger.set_password(name, credentials, by, now()).await? {
        return Err(unknown(name));
    }
    tell_password(name, &password, json);
    Ok(())
}

async fn remove(ledger: &Ledger, name: &OperatorName, who: &Who, json: bool) -> Done {
    let id = random().id();
    if !ledger.remove_operator(name, who.by(&id), now()).await? {
        return Err(unknown(name));
    }
    tell(name, true, json, format!("{name} is no longer an operator"));
    Ok(())
}

fn tell(name: &OperatorName, changed: bool, json: bool, sentence: String) {
    let view = ChangeView {
        name: name.as_str(),
        changed,
        password: None,
    };
    output::result(&view, json, sentence);
}

fn unknown(name: &OperatorName) -> Failure {
    Failure::Refused(format!("there is no operator {name}"))
}
