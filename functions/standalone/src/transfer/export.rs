use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use domain::{Context, tables};

use super::manifest::{FORMAT, write_lines};
use super::{Manifest, TransferError, rows, secrets, work};

/// Writes everything into a new directory. The old store stays as it is; nobody may write to it meanwhile.
pub async fn export(ctx: &Context, directory: &Path) -> Result<Manifest, TransferError> {
    DirBuilder::new()
        .mode(0o700)
        .create(directory)
        .map_err(|reason| TransferError::File { path: directory.to_owned(), reason })?;
    let mut files = BTreeMap::new();
    for &table in tables::ALL {
        let lines = rows::lines(ctx, table).await?;
        files.insert(table.name.to_owned(), write_lines(directory, table.name, lines)?);
    }
    files.insert("secrets".into(), write_lines(directory, "secrets", secrets::lines(ctx).await?)?);
    files.insert("schedules".into(), write_lines(directory, "schedules", work::schedule_lines(ctx).await?)?);
    files.insert("jobs".into(), write_lines(directory, "jobs", work::job_lines(ctx).await?)?);
    let manifest = Manifest { format: FORMAT, steward: env!("CARGO_PKG_VERSION").to_owned(), files };
    manifest.write(directory)?;
    Ok(manifest)
}
