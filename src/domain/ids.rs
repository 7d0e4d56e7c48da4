//! Identities.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The customer whose data it is. Only authentication makes one, from a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub Uuid);

/// A record's id: a UUIDv7, so that it carries the time it was made at.
///
/// The log is partitioned by this id, which makes it unique for ever without a
/// second index: a retry meets its own first try whatever else it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Uuid);

/// A request to price records anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepricingId(pub Uuid);

impl std::fmt::Display for RepricingId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// Why an id was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordIdError {
    /// It is no UUID.
    #[error("must be a UUID such as 0199a5b4-7c00-7abc-8def-0123456789ab")]
    NotAUuid,
    /// It is a UUID of another version.
    #[error(
        "must be a UUID of version 7, is of version {version}; leave it empty to have one made"
    )]
    NotVersion7 {
        /// The version it has.
        version: usize,
    },
}

impl RecordId {
    /// Reads an id from its text form.
    pub fn parse(text: &str) -> Result<Self, RecordIdError> {
        let uuid = Uuid::try_parse(text).map_err(|_| RecordIdError::NotAUuid)?;
        Self::from_uuid(uuid)
    }

    /// Checks that `uuid` is a version 7 UUID.
    pub fn from_uuid(uuid: Uuid) -> Result<Self, RecordIdError> {
        let is_rfc9562 = uuid.get_variant() == uuid::Variant::RFC4122;
        match uuid.get_version_num() {
            7 if is_rfc9562 => Ok(Self(uuid)),
            version => Err(RecordIdError::NotVersion7 { version }),
        }
    }

    /// Makes an id of `time` and of bytes that nobody else has.
    #[must_use]
    pub fn make(time: DateTime<Utc>, random: [u8; 10]) -> Self {
        let milliseconds = u64::try_from(time.timestamp_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }

    /// The UUID.
    #[must_use]
    pub fn as_uuid(self) -> Uuid {
        self.0
    }

    /// When the id was made, to the millisecond.
    #[must_use]
    pub fn time(self) -> DateTime<Utc> {
        let milliseconds = i64::try_from(self.0.as_u128() >> 80).expect("48 bits fit in 63");
        DateTime::from_timestamp_millis(milliseconds).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl std::fmt::Display for RecordId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// Names a price set: one list of rates of one model that never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceSetId(pub i64);

/// Names a model of the price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_7_is_an_id() {
        assert!(RecordId::parse("0199a5b4-7c00-7abc-8def-0123456789ab").is_ok());
        assert_eq!(RecordId::parse("x"), Err(RecordIdError::NotAUuid));
        assert_eq!(
            RecordId::parse("9b2d1f5e-7c00-4abc-8def-0123456789ab"),
            Err(RecordIdError::NotVersion7 { version: 4 })
        );
    }

    #[test]
    fn an_id_tells_its_time() {
        let id = RecordId::parse("0199a5b4-7c00-7abc-8def-0123456789ab").unwrap();
        assert_eq!(id.time().timestamp_millis(), 0x0199_a5b4_7c00);
    }
}
