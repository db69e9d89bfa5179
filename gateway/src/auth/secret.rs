//! The secret that this server signs with, made on the first start.

use rand::{TryRngCore as _, rngs::OsRng};
use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Bytes of a secret.
const LENGTH: usize = 32;
/// Name of its file in the data folder.
const FILE: &str = "token.key";

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The folder or the file cannot be made or read.
    #[error("cannot use {path}: {source}; check that the folder exists and may be written to")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not one of ours.
    #[error("{0} does not hold a secret of {LENGTH} bytes; move it away and a new one is made")]
    Damaged(PathBuf),
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Randomness(#[from] rand::rand_core::OsError),
}

/// Reads the secret of `data_dir`, or makes it, readable by its owner only.
///
/// # Errors
/// [`SecretError`]
pub fn load_or_generate(data_dir: &Path) -> Result<[u8; LENGTH], SecretError> {
    let path = data_dir.join(FILE);
    let failed = |source| SecretError::File { path: path.clone(), source };
    match fs::read(&path) {
        Ok(bytes) => return bytes.try_into().map_err(|_| SecretError::Damaged(path)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) => {}
    }
    fs::create_dir_all(data_dir).map_err(failed)?;
    let mut secret = [0; LENGTH];
    OsRng.try_fill_bytes(&mut secret)?;
    // Written aside and linked: of two starts at once one wins, and nobody reads half a secret. Not by the number of the
    // process: in containers all have the same.
    let aside = data_dir.join(format!("{FILE}.{}", uuid::Uuid::new_v4()));
    write_private(&aside, &secret).map_err(failed)?;
    let linked = fs::hard_link(&aside, &path);
    fs::remove_file(&aside).map_err(failed)?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let bytes = fs::read(&path).map_err(failed)?;
            bytes.try_into().map_err(|_| SecretError::Damaged(path.clone()))
        }
        Err(error) => Err(failed(error)),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = load_or_generate(&data).unwrap();
        assert_eq!(load_or_generate(&data).unwrap(), first);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(load_or_generate(other.path()).unwrap(), first);
    }

    #[test]
    fn starts_at_the_same_moment_share_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let start = || load_or_generate(folder.path()).unwrap();
        let secrets: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        load_or_generate(folder.path()).unwrap();
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_secret_is_not_replaced_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), b"short").unwrap();
        assert!(matches!(load_or_generate(folder.path()), Err(SecretError::Damaged(_))));
    }
}
