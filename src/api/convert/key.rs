//! API keys.

use chrono::{DateTime, Utc};

use super::time;
use crate::api::pb;
use crate::domain::text::{self, UserId};
use crate::domain::violation::Violations;
use crate::store::keys::{KEY_NAME_MAX, KeyTerms, ListedKey};

/// Reads what a new key is for.
pub(crate) fn terms(
    request: pb::CreateKeyRequest,
    now: DateTime<Utc>,
) -> Result<KeyTerms, Violations> {
    let mut violations = Violations::default();
    let name = violations.take("display_name", text::required(&request.display_name, KEY_NAME_MAX));
    let user = (!request.user_id.is_empty()).then(|| UserId::new(&request.user_id));
    let user = violations.take("user_id", user.transpose());
    let expire_time = request.expire_time.map(time::timestamp).transpose();
    let expire_time = violations.take("expire_time", expire_time);
    if expire_time.flatten().is_some_and(|end| end <= now) {
        violations.add("expire_time", "must be in the future");
    }
    match (name, user, expire_time) {
        (Some(name), Some(user), Some(expire_time)) if violations.is_empty() => {
            Ok(KeyTerms { name, user, create_time: now, expire_time })
        }
        _ => Err(violations),
    }
}

/// Writes a key without what is secret.
pub(crate) fn key(key: ListedKey) -> pb::ApiKey {
    pb::ApiKey {
        key_id: key.key_id,
        display_name: key.name,
        user_id: key.user_id.unwrap_or_default(),
        create_time: Some(time::to_timestamp(key.create_time)),
        expire_time: key.expire_time.map(time::to_timestamp),
        revoke_time: key.revoke_time.map(time::to_timestamp),
    }
}
