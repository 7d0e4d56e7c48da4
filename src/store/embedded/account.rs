//! Whom Postgres runs as: ourselves, or somebody lesser when we are root.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::error::{Error, at};

/// A line of the user table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account to step down to; `None` when we are not root.
    ///
    /// A folder that somebody owns already keeps its owner, so that installing
    /// or removing the `postgres` user does not orphan the data.
    pub(super) fn to_step_down_to(folder: &Path) -> Result<Option<Self>, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        match fs::metadata(folder) {
            Ok(metadata) if metadata.uid() != 0 => Ok(Some(Self::owning(&metadata))),
            _ => Self::of_this_machine().map(Some),
        }
    }

    fn owning(metadata: &Metadata) -> Self {
        Self {
            name: format!("with id {}", metadata.uid()),
            uid: metadata.uid(),
            gid: metadata.gid(),
        }
    }

    fn of_this_machine() -> Result<Self, Error> {
        let path = Path::new("/etc/passwd");
        let table = fs::read_to_string(path).map_err(at(path))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &table))
            .ok_or(Error::NoAccount)
    }

    fn named(name: &str, table: &str) -> Option<Self> {
        table.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next()? == name;
            let (_password, uid, gid) = (fields.next()?, fields.next()?, fields.next()?);
            let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
            (found && uid != 0).then(|| Self { name: name.to_owned(), uid, gid })
        })
    }

    /// Checks that every folder down to `folder` lets this account through.
    pub(super) fn check_reach(&self, folder: &Path) -> Result<(), Error> {
        for step in folder.ancestors().filter(|step| step.is_absolute()) {
            let metadata = fs::metadata(step).map_err(at(step))?;
            if !self.may_enter(&metadata) {
                return Err(Error::Unreachable {
                    folder: step.to_owned(),
                    account: self.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn may_enter(&self, metadata: &Metadata) -> bool {
        let bit = match (metadata.uid() == self.uid, metadata.gid() == self.gid) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        metadata.permissions().mode() & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    const TABLE: &str = "root:x:0:0:root:/root:/bin/sh\n\
                         broken\n\
                         nobody:x:65534:65533::/:/bin/false\n\
                         postgres:x:0:0::/:/bin/false\n";

    #[test]
    fn an_account_is_read_from_the_user_table() {
        let nobody = Account::named("nobody", TABLE).expect("the table has it");
        assert_eq!((nobody.uid, nobody.gid), (65534, 65533));
    }

    #[test]
    fn root_by_another_name_is_no_step_down() {
        assert_eq!(Account::named("postgres", TABLE), None);
        assert_eq!(Account::named("absent", TABLE), None);
    }
}
