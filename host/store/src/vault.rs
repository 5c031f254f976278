//! Applicants' data at rest: sealed with XChaCha20-Poly1305, one row at a time, each with the id of its key.
//!
//! The appeal's id is authenticated with the data, so a row moved to another appeal does not open. Phone, e-mail and name
//! with address are also kept as keyed digests: rows of one person are found without opening any.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use veche_domain::appeal::{AppealId, Applicant};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// Opens and seals personal data. Cheap to clone.
#[derive(Clone, Default)]
pub struct Vault(Mode);

#[derive(Clone, Default)]
enum Mode {
    /// No key: personal data are neither read nor written.
    #[default]
    Closed,
    /// As they are, because somebody said so.
    Plain,
    /// The first key seals; every one opens.
    Keys(Arc<[Key]>),
}

struct Key {
    id: String,
    secret: Zeroizing<[u8; 32]>,
}

/// Why a text holds no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Not `id:hex`.
    #[error("key {0} of the personal data must be `<id>:<64 hexadecimal digits>`: `veche keys new` makes one")]
    Form(usize),
    /// One id twice.
    #[error("key id {0:?} is given twice: each key needs an id of its own")]
    Twice(String),
    /// None.
    #[error("there is no key in it: `veche keys new` makes one")]
    Empty,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Mode::Closed => f.write_str("Vault(closed)"),
            Mode::Plain => f.write_str("Vault(plain)"),
            Mode::Keys(keys) => f.debug_list().entries(keys.iter().map(|key| &key.id)).finish(),
        }
    }
}

/// A row of `applicant`.
pub(crate) struct Sealed {
    pub(crate) data: String,
    pub(crate) key: Option<String>,
    pub(crate) by_phone: Option<Vec<u8>>,
    pub(crate) by_email: Option<Vec<u8>>,
    pub(crate) by_name: Option<Vec<u8>>,
}

impl Vault {
    /// Keeps personal data as they are.
    #[must_use]
    pub fn plain() -> Self {
        Self(Mode::Plain)
    }

    /// Takes keys, one `id:hex` a line or between commas. The first one seals; the others open what they sealed before.
    /// Lines that begin with `#` are remarks.
    ///
    /// # Errors
    /// [`VaultError`]; never a part of a key.
    pub fn with_keys(text: &str) -> Result<Self, VaultError> {
        let mut keys: Vec<Key> = Vec::new();
        let parts = text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| line.split(','));
        for (i, part) in parts.map(str::trim).filter(|part| !part.is_empty()).enumerate() {
            let form = || VaultError::Form(i + 1);
            let (id, digits) = part.split_once(':').ok_or_else(form)?;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if id.is_empty() || id.len() > 40 || !id.chars().all(plain) {
                return Err(form());
            }
            let mut secret = Zeroizing::new([0; 32]);
            hex::decode_to_slice(digits.trim(), secret.as_mut_slice()).map_err(|_| form())?;
            if keys.iter().any(|key| key.id == id) {
                return Err(VaultError::Twice(id.to_owned()));
            }
            keys.push(Key { id: id.to_owned(), secret });
        }
        if keys.is_empty() { Err(VaultError::Empty) } else { Ok(Self(Mode::Keys(keys.into()))) }
    }

    /// Whether it can neither open nor seal.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.0, Mode::Closed)
    }

    /// Id of the key that seals; none without keys.
    pub(crate) fn current(&self) -> Option<&str> {
        match &self.0 {
            Mode::Keys(keys) => keys.first().map(|key| key.id.as_str()),
            Mode::Closed | Mode::Plain => None,
        }
    }

    pub(crate) fn seal(&self, appeal: AppealId, applicant: &Applicant) -> Result<Sealed, StoreError> {
        let json = Zeroizing::new(serde_json::to_string(applicant)?);
        let key = match &self.0 {
            Mode::Closed => return Err(StoreError::NoKey),
            Mode::Plain => None,
            Mode::Keys(keys) => Some(keys.first().ok_or(StoreError::NoKey)?),
        };
        let data = match key {
            None => json.to_string(),
            Some(key) => {
                let mut nonce = [0; 24];
                getrandom::fill(&mut nonce)
                    .map_err(|e| StoreError::Unavailable { reason: format!("no random bytes: {e}") })?;
                let payload = Payload { msg: json.as_bytes(), aad: appeal.0.as_bytes() };
                let sealed = cipher(key)
                    .encrypt(&XNonce::from(nonce), payload)
                    .map_err(|_| StoreError::Corrupt { what: "personal data that are too long".into() })?;
                hex::encode([nonce.as_slice(), &sealed].concat())
            }
        };
        let find = |kind: &str, value: Option<String>| value.map(|value| index(key, kind, &value));
        Ok(Sealed {
            data,
            key: key.map(|key| key.id.clone()),
            by_phone: find("phone", applicant.phone.as_deref().and_then(phone)),
            by_email: find("email", applicant.email.as_deref().map(|email| email.trim().to_lowercase())),
            by_name: find("name", name_and_address(applicant)),
        })
    }

    pub(crate) fn open(&self, appeal: AppealId, data: &str, key: Option<&str>) -> Result<Applicant, StoreError> {
        let keys = match (&self.0, key) {
            (Mode::Closed, _) => return Err(StoreError::NoKey),
            (_, None) => return Ok(serde_json::from_str(data)?),
            (Mode::Plain, Some(_)) => &[],
            (Mode::Keys(keys), Some(_)) => keys.as_ref(),
        };
        let id = key.unwrap_or_default();
        let key = keys.iter().find(|key| key.id == id).ok_or_else(|| StoreError::UnknownKey { id: id.to_owned() })?;
        let damaged = || StoreError::Corrupt { what: format!("the applicant of appeal {appeal}") };
        let bytes = hex::decode(data).map_err(|_| damaged())?;
        let (nonce, sealed) = bytes.split_first_chunk::<24>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: appeal.0.as_bytes() };
        let json = Zeroizing::new(cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?);
        Ok(serde_json::from_slice(&json)?)
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.secret).into())
}

/// Keyed digest of a value; two keys never give the same, so a rotation gives every row a new one.
fn index(key: Option<&Key>, kind: &str, value: &str) -> Vec<u8> {
    // HMAC takes a key of any length; the label keeps it apart from the key's use as a cipher.
    let secret = key.map(|key| [b"veche index ".as_slice(), key.secret.as_slice()].concat()).unwrap_or_default();
    let Ok(mut mac) = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&secret) else { return Vec::new() };
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Last ten digits: +7, 8 and none before them are one phone.
fn phone(text: &str) -> Option<String> {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    digits.len().checked_sub(10).map(|from| digits.iter().skip(from).collect())
}

/// A name alone is no person: namesakes have one.
fn name_and_address(applicant: &Applicant) -> Option<String> {
    let plain = |text: &Option<String>| {
        let words = text.as_deref()?.to_lowercase().replace('ё', "е");
        let words: Vec<&str> = words.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    Some(format!("{}\n{}", plain(&applicant.name)?, plain(&applicant.address)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn keys(ids: &[(&str, char)]) -> Vault {
        let lines: Vec<_> = ids.iter().map(|(id, digit)| format!("{id}:{}", digit.to_string().repeat(64))).collect();
        Vault::with_keys(&lines.join("\n")).unwrap()
    }

    fn person() -> Applicant {
        Applicant {
            name: Some("Мышкина  Алёна".into()),
            phone: Some("+7 (900) 123-45-67".into()),
            email: Some("Mouse@Example.org ".into()),
            address: Some("Ярославль".into()),
            ..Applicant::default()
        }
    }

    #[test]
    fn what_is_sealed_opens_for_its_appeal_with_its_key_alone() {
        let (vault, id) = (keys(&[("a", '1')]), AppealId::new());
        let sealed = vault.seal(id, &person()).unwrap();
        assert!(sealed.key.as_deref() == Some("a") && !sealed.data.contains("Мышкина"));
        let open = |vault: &Vault, id, data: &str| vault.open(id, data, Some("a"));
        assert_eq!(open(&vault, id, &sealed.data).unwrap(), person());
        assert_eq!(open(&keys(&[("b", '2'), ("a", '1')]), id, &sealed.data).unwrap(), person());
        let changed = sealed.data.replacen(|c| c != '0', "0", 1);
        for (result, part) in [
            (open(&vault, AppealId::new(), &sealed.data), "damaged"),
            (open(&vault, id, &changed), "damaged"),
            (open(&vault, id, "00"), "damaged"),
            (open(&keys(&[("a", '3')]), id, &sealed.data), "damaged"),
            (open(&keys(&[("b", '1')]), id, &sealed.data), "key \"a\""),
            (open(&Vault::plain(), id, &sealed.data), "key \"a\""),
            (open(&Vault::default(), id, &sealed.data), "--data-key-file"),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(part), "{part}: {error}");
        }
        assert_ne!(vault.seal(id, &person()).unwrap().data, sealed.data, "each sealing has a nonce of its own");
    }

    #[test]
    fn one_person_has_one_digest_however_it_is_written() {
        let vault = keys(&[("a", '1')]);
        let other = Applicant {
            name: Some("мышкина алена".into()),
            phone: Some("8 900 1234567".into()),
            email: Some("mouse@example.org".into()),
            address: Some(" ярославль".into()),
            ..Applicant::default()
        };
        let [a, b] = [person(), other].map(|person| vault.seal(AppealId::new(), &person).unwrap());
        assert!(a.by_phone.is_some() && a.by_phone == b.by_phone);
        assert!(a.by_email.is_some() && a.by_email == b.by_email);
        assert!(a.by_name.is_some() && a.by_name == b.by_name);
        let rotated = keys(&[("b", '2')]).seal(AppealId::new(), &person()).unwrap();
        assert_ne!(a.by_phone, rotated.by_phone);
        let namesake = Applicant { address: None, ..person() };
        assert_eq!(vault.seal(AppealId::new(), &namesake).unwrap().by_name, None);
    }

    #[test]
    fn keys_are_read_or_named_by_their_place() {
        let hex = "a".repeat(64);
        assert_eq!(format!("{:?}", Vault::with_keys(&format!("# old\nb:{hex}, a:{hex}")).unwrap()), r#"["b", "a"]"#);
        for (text, error) in [
            (String::new(), VaultError::Empty),
            ("a".into(), VaultError::Form(1)),
            (format!("a:{hex}\nb:{}", &hex[1..]), VaultError::Form(2)),
            (format!("a b:{hex}"), VaultError::Form(1)),
            (format!("a:{hex},a:{hex}"), VaultError::Twice("a".into())),
        ] {
            assert_eq!(Vault::with_keys(&text).unwrap_err(), error);
        }
    }
}
