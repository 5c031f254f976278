//! Codes and digests: short strings that name things, checked once, at the edge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Why a text is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing in it, or too long.
    #[error("{what} {text:?} must have 1 to {max} characters")]
    Length {
        /// Which code.
        what: &'static str,
        /// The text.
        text: String,
        /// Most characters allowed.
        max: usize,
    },
    /// A character that codes may not have.
    #[error(
        "{what} {text:?} may hold lower-case latin letters, digits, `.`, `-` and `_` only, and starts with a letter or digit"
    )]
    Character {
        /// Which code.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// Not 64 hexadecimal digits.
    #[error("digest {text:?} must be `sha256:` and 64 lower-case hexadecimal digits")]
    Digest {
        /// The text.
        text: String,
    },
}

fn check(what: &'static str, text: &str, max: usize) -> Result<(), CodeError> {
    if text.is_empty() || text.len() > max {
        let text = text.chars().take(80).collect();
        return Err(CodeError::Length { what, text, max });
    }
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-".contains(&c);
    let first_fits = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if first_fits && text.bytes().all(inner) {
        Ok(())
    } else {
        Err(CodeError::Character { what, text: text.chars().take(80).collect() })
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// [`CodeError`] names the text and what it may hold.
            pub fn new(text: &str) -> Result<Self, CodeError> {
                check($what, text, $max)?;
                Ok(Self(text.into()))
            }

            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = CodeError;
            fn from_str(text: &str) -> Result<Self, CodeError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;
            fn try_from(text: String) -> Result<Self, CodeError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

code!(
    /// A region (tenant): `yaroslavl`.
    RegionCode, "region code", 40
);
code!(
    /// A sector block: `housing`.
    BlockCode, "block code", 60
);
code!(
    /// A category: `housing.heating`. The full path is the key; a segment may repeat under several parents.
    CategoryCode, "category code", 120
);
code!(
    /// A body that acts: `admin-rybinsk`.
    BodyCode, "body code", 120
);
code!(
    /// A municipality: its OKTMO code.
    MunicipalityCode, "municipality code", 60
);
code!(
    /// A channel, from an open dictionary: `pos`, `social`, `phone`.
    ChannelCode, "channel code", 40
);
code!(
    /// A legal regime, from an open dictionary: `59fz`, `pos`, `pos-fast`, `social`, `none`.
    RegimeCode, "legal regime code", 40
);
code!(
    /// A binding's name inside a ruleset: `keywords`, `roads-table`.
    BindingId, "binding id", 80
);
code!(
    /// A dataset's name, as plug-ins ask for it: `routes`.
    DatasetName, "dataset name", 80
);
code!(
    /// A plug-in's name, from its component metadata: `router-table`.
    PluginName, "plug-in name", 80
);

/// SHA-256 of some bytes; written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From its 32 bytes; none for another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// First 12 hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        hex::encode(self.0.get(..6).unwrap_or_default())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let wrong = || CodeError::Digest { text: text.chars().take(80).collect() };
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| wrong())?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked_at_the_edge() {
        for good in ["a", "housing.heating", "0005.0005.0056.1154", "78701000", "pos-fast"] {
            assert_eq!(CategoryCode::new(good).unwrap().as_str(), good);
        }
        for bad in ["", ".a", "-", "A26", "А26", "a b", "a/b", "..", &"x".repeat(121)] {
            assert!(CategoryCode::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn digest_round_trips() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.short(), "ba7816bf8f01");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert!("sha256:12".parse::<Digest>().is_err());
    }
}
