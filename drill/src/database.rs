//! The database that the processes share.

use std::path::Path;

use tokio::process::Command;

use crate::{
    args::{Args, Engine},
    error::DrillResult,
};

/// Returns the `DATABASE_URL` of an empty database: a file in `folder`, or a new database on the
/// PostgreSQL server.
pub(crate) async fn create(args: &Args, folder: &Path) -> DrillResult<String> {
    match (args.engine, &args.postgres) {
        (Engine::Sqlite, _) => Ok(format!("sqlite://{}", folder.join("birdcall.db").display())),
        (Engine::Postgres, Some(server)) => {
            let name = format!("birdcall_drill_{}", std::process::id());
            let created = Command::new("psql")
                .arg(server)
                .args(["-qc", &format!("CREATE DATABASE {name}")])
                .status()
                .await?;
            if !created.success() {
                return Err("psql could not create the database".into());
            }
            let (base, _) = server
                .rsplit_once('/')
                .ok_or("--postgres names no database")?;
            Ok(format!("{base}/{name}"))
        }
        (Engine::Postgres, None) => Err("--postgres is missing".into()),
    }
}
