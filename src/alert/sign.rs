//! Signs what is posted, as Standard Webhooks (version 1) say: whoever has the secret
//! knows who sent it, when, and that it is whole.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::alert::AlertId;
use crate::domain::alert::delivery::Secret;

/// The secret as it is shown, once.
#[must_use]
pub fn shown(secret: Secret) -> String {
    format!("whsec_{}", STANDARD.encode(secret.0))
}

/// The value of `webhook-signature` for a body that is posted at `timestamp`, in
/// seconds since 1970.
///
/// # Panics
/// Never: any bytes can be the key.
#[must_use]
pub fn signature(secret: Secret, id: AlertId, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).expect("a key may have any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn another_implementation_signs_the_same() {
        let secret = Secret(std::array::from_fn(|n| u8::try_from(n).unwrap()));
        let id = AlertId(Uuid::from_u128(0x0199_a5b4_7c00_7abc_8def_0123_4567_89ab));
        let other = Webhook::new(&shown(secret)).unwrap();
        for (timestamp, body) in [(0, ""), (1_795_348_800, "{\"type\": \"alert.threshold\"}")] {
            let expected = other.sign(&id.to_string(), timestamp, body.as_bytes()).unwrap();
            assert_eq!(signature(secret, id, timestamp, body.as_bytes()), expected);
        }
    }
}
