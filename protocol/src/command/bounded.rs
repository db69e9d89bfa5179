//! Parts of commands that could grow in memory far beyond their bytes in a frame: read with a cap on their number.

use super::{MAX_FILTER_PARTS, MAX_HEADERS, MAX_SUBS, SubscribeRequest};
use crate::filter::FilterNode;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{collections::HashMap, fmt, marker::PhantomData};

/// What is read of a server-side subscription: some 100 bytes of memory where a whole request has 400.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Position {
    recover: bool,
    epoch: String,
    offset: u64,
    flag: i64,
}

pub(super) fn headers<'de, D: Deserializer<'de>>(from: D) -> Result<HashMap<String, String>, D::Error> {
    from.deserialize_map(Entries::<String, MAX_HEADERS>(PhantomData))
}

pub(super) fn positions<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<HashMap<String, SubscribeRequest>, D::Error> {
    let positions = from.deserialize_map(Entries::<Position, MAX_SUBS>(PhantomData))?;
    let request = |Position { recover, epoch, offset, flag }| SubscribeRequest {
        recover,
        epoch,
        offset,
        flag,
        ..Default::default()
    };
    Ok(positions.into_iter().map(|(channel, position)| (channel, request(position))).collect())
}

pub(super) fn write_positions<S: Serializer>(
    subs: &HashMap<String, SubscribeRequest>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(subs.iter().map(|(channel, request)| {
        let SubscribeRequest { recover, epoch, offset, flag, .. } = request;
        (channel, Position { recover: *recover, epoch: epoch.clone(), offset: *offset, flag: *flag })
    }))
}

pub(super) fn filter<'de, D: Deserializer<'de>>(from: D) -> Result<Option<FilterNode>, D::Error> {
    from.deserialize_option(Root)
}

/// A map of at most `MAX` entries.
struct Entries<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Entries<T, MAX> {
    type Value = HashMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map of at most {MAX} entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = HashMap::new();
        let mut count = 0;
        while let Some((key, value)) = map.next_entry()? {
            // Entries are counted, not keys: a key may come again.
            count += 1;
            if count > MAX {
                return Err(A::Error::invalid_length(count, &self));
            }
            entries.insert(key, value);
        }
        Ok(entries)
    }
}

/// A filter or none.
struct Root;

/// One node, which takes from the number of parts that may still come.
struct Node<'a>(&'a mut usize);
struct Nodes<'a>(&'a mut usize);
struct Values<'a>(&'a mut usize);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Op,
    Key,
    Cmp,
    Val,
    Vals,
    Nodes,
    #[serde(other)]
    Unknown,
}

fn take<E: Error>(left: &mut usize) -> Result<(), E> {
    *left = left
        .checked_sub(1)
        .ok_or_else(|| E::custom(format_args!("a filter has at most {MAX_FILTER_PARTS} parts")))?;
    Ok(())
}

impl<'de> Visitor<'de> for Root {
    type Value = Option<FilterNode>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a filter")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        let mut left = MAX_FILTER_PARTS;
        Node(&mut left).deserialize(from).map(Some)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = FilterNode;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<FilterNode, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = FilterNode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a node of a filter")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FilterNode, A::Error> {
        take(self.0)?;
        let mut node = FilterNode::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Op => node.op = map.next_value()?,
                Field::Key => node.key = map.next_value()?,
                Field::Cmp => node.cmp = map.next_value()?,
                Field::Val => node.val = map.next_value()?,
                Field::Vals => node.vals = map.next_value_seed(Values(self.0))?,
                Field::Nodes => node.nodes = map.next_value_seed(Nodes(self.0))?,
                Field::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(node)
    }
}

impl<'de> DeserializeSeed<'de> for Nodes<'_> {
    type Value = Vec<FilterNode>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Nodes<'_> {
    type Value = Vec<FilterNode>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nodes of a filter")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = seq.next_element_seed(Node(self.0))? {
            nodes.push(node);
        }
        Ok(nodes)
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values of a filter")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            take(self.0)?;
            values.push(value);
        }
        Ok(values)
    }
}
