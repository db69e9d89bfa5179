//! Enums in columns, by the names that they have on the wire.

use crate::Unavailable;
use serde::Serialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

/// The name of a variant without fields.
pub(crate) fn write(value: impl Serialize) -> Result<String, Unavailable> {
    // A unit variant's JSON form is its name as a string.
    Ok(serde_json::from_value(serde_json::to_value(value)?)?)
}

/// The variant of a name.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> Result<T, Unavailable> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(name).map_err(|error| Unavailable::from(sqlx::Error::Decode(error.into())))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use protocol::role::Role;

    #[test]
    fn a_variant_is_read_as_it_was_written() {
        assert_eq!(write(Role::SchoolAdmin).unwrap(), "school_admin");
        assert_eq!(read::<Role>("school_admin").unwrap(), Role::SchoolAdmin);
        assert!(read::<Role>("headmaster").is_err());
    }
}
