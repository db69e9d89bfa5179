//! Tokens for the load, signed here.

use crate::installation::SCHOOL;
use anyhow::{Context as _, anyhow};
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// How long they hold, seconds: longer than any run.
const TTL_S: u64 = 6 * 3_600;
/// What stands before the key in an Ed25519 SubjectPublicKeyInfo (RFC 8410, 4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What signs.
pub enum Signer {
    /// Ed25519, as platforms do that publish their keys.
    EdDsa(Box<Ed25519KeyPair>),
    /// HMAC with a shared secret.
    Hs256(Box<hmac::Key>),
}

impl Signer {
    /// A new Ed25519 key.
    pub fn generate() -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::generate().map_err(|_| anyhow!("no key can be made"))?;
        Ok(Self::EdDsa(Box::new(pair)))
    }

    /// A shared secret.
    pub fn shared(secret: &str) -> Self {
        Self::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }

    /// The public key in PEM form, if there is one.
    pub fn public_pem(&self) -> Option<String> {
        let Self::EdDsa(pair) = self else { return None };
        let der = [SPKI_HEAD.as_slice(), pair.public_key().as_ref()].concat();
        Some(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der)))
    }

    /// Tokens of different students of one school.
    pub fn students(&self, count: usize) -> anyhow::Result<Vec<String>> {
        (0..count).map(|number| self.token(number, "student")).collect()
    }

    /// A token of the person with a number, in a role.
    pub fn token(&self, number: usize, role: &str) -> anyhow::Result<String> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).context("a clock before 1970")?.as_secs();
        let sub = format!("00000000-0000-4000-9000-{number:012x}");
        Ok(self.sign(&json!({"sub":sub,"role":role,"schoolId":SCHOOL,"iat":now_s,"exp":now_s + TTL_S})))
    }

    fn sign(&self, claims: &Value) -> String {
        let algorithm = match self {
            Self::EdDsa(_) => "EdDSA",
            Self::Hs256(_) => "HS256",
        };
        let header = URL_SAFE_NO_PAD.encode(json!({"alg":algorithm,"typ":"JWT"}).to_string());
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = match self {
            Self::EdDsa(pair) => URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes())),
            Self::Hs256(key) => URL_SAFE_NO_PAD.encode(hmac::sign(key, signed.as_bytes())),
        };
        format!("{signed}.{signature}")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn a_token_is_good_by_the_key_that_the_pem_holds() {
        let signer = Signer::generate().unwrap();
        let pem = signer.public_pem().unwrap();
        let der = STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
        let token = signer.students(2).unwrap().pop().unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&ED25519, &der[SPKI_HEAD.len()..]);
        assert!(key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok());
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], "00000000-0000-4000-9000-000000000001");
    }

    #[test]
    fn a_shared_secret_signs_as_the_published_example_does() {
        // The token that jwt.io shows for the secret "your-256-bit-secret".
        let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
        let claims = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ";
        let Signer::Hs256(key) = Signer::shared("your-256-bit-secret") else { unreachable!() };
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("{header}.{claims}").as_bytes()));
        assert_eq!(signature, "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c");
    }
}
