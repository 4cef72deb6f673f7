//! The key file, which people know as the seal key: 32 random bytes as text, which open the key ring.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use treadwell_seal::Secret;
use zeroize::Zeroizing;

use super::KeysError;

/// The first line of a key file.
const HEAD: &str = "treadwell seal key 1";

/// The key file of a data folder for which none is named: beside the folder, so that it does not travel with it.
pub fn beside(data: &Path) -> PathBuf {
    let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".key");
    data.with_file_name(name)
}

/// Reads a key file; none when it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Secret>, KeysError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(KeysError::KeyFileDamaged(path.to_owned()));
        }
        Err(error) => return Err(failed("read", path)(error)),
    };
    let mode = fs::metadata(path).map_err(failed("read", path))?.mode();
    if mode & 0o077 != 0 {
        return Err(KeysError::KeyFileOpen(path.to_owned()));
    }
    let damaged = || KeysError::KeyFileDamaged(path.to_owned());
    parse(&text).ok_or_else(damaged).map(Some)
}

/// Whether a key file is there; fails when it could not be used as it is.
pub fn is_sound(path: &Path) -> Result<bool, KeysError> {
    Ok(read(path)?.is_some())
}

/// Makes a key file that is not there yet, and makes sure that it survives a power loss.
pub(super) fn create(path: &Path) -> Result<Secret, KeysError> {
    let mut secret = Secret::default();
    getrandom::fill(&mut *secret).map_err(|error| KeysError::NoRandomness(error.to_string()))?;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let write = || -> io::Result<()> {
        if path.try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // What is left of an attempt that was cut short.
        let _none = fs::remove_file(&new);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(print(&secret).as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(failed("create", path))?;
    Ok(secret)
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> KeysError {
    let path = path.to_owned();
    move |error| KeysError::KeyFile {
        doing,
        path: path.clone(),
        error,
    }
}

fn print(secret: &Secret) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(**secret));
    Zeroizing::new(format!("{HEAD}\n{}\ncheck {}\n", *text, check(secret)))
}

fn parse(text: &str) -> Option<Secret> {
    let mut lines = text.lines();
    if lines.next()? != HEAD {
        return None;
    }
    let bytes = Zeroizing::new(STANDARD.decode(lines.next()?.trim_end()).ok()?);
    let secret = Secret::new(bytes.as_slice().try_into().ok()?);
    let good = lines.next()?.trim_end().strip_prefix("check ")? == check(&secret);
    good.then_some(secret)
}

/// For the fuzzer: what comes of a text, also when it says the right check.
pub(super) fn try_parse(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let bytes = lines.get(1).and_then(|line| STANDARD.decode(line).ok());
    let secret = bytes.and_then(|bytes| Some(Secret::new(bytes.as_slice().try_into().ok()?)));
    if let Some(secret) = &secret {
        let read = parse(&print(secret)).expect("what was printed is read");
        assert_eq!(*read, **secret);
    }
    format!(
        "a key: {}, whole: {}",
        secret.is_some(),
        parse(text).is_some()
    )
}

/// Tells a slip of a pen or a lost line, and nothing about the key.
fn check(secret: &Secret) -> String {
    let hash = treadwell_seal::derived("treadwell 2026-11-26 key file: check", secret);
    crate::convert::store::hex(&hash[..4])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_file_is_read_as_it_was_made_and_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clinic.key");
        assert!(read(&path).unwrap().is_none());
        let made = create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap().unwrap(), made);
        assert!(create(&path).is_err(), "one that is there is left alone");
        assert_eq!(read(&path).unwrap().unwrap(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = read(&path).unwrap_err().to_string();
        assert!(open.contains("chmod 600"), "{open}");
    }

    #[test]
    fn whatever_is_changed_in_a_key_file_is_seen() {
        let text = print(&Secret::new([7; 32]));
        assert!(parse(&text).is_some());
        for at in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            let same = parse(&changed).is_some_and(|secret| *secret == [7; 32]);
            // The last character is the end of the last line.
            assert!(!same || at + 1 == text.len(), "at {at}: {changed}");
            assert!(same || parse(&changed).is_none(), "at {at}: {changed}");
        }
        assert!(parse("").is_none());
        assert!(parse(HEAD).is_none());
    }
}
