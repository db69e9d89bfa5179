//! Which keys lie together: channels and rooms hash to partitions, and each partition to one slot of a cluster.
//!
//! A slot is what Redis Cluster moves between its masters, so all keys that one script touches must share one. A
//! partition covers a range of slots of equal size and has one tag, a short word whose own slot lies within that range:
//! ranges that are spread evenly over the masters spread the partitions evenly as well.

use std::collections::HashMap;
use std::fmt;

/// Slots of a Redis Cluster.
pub(super) const SLOTS: u16 = 16_384;

/// One part of all channels and rooms, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u16);

/// All partitions and their tags. The count is fixed for an installation's life: another one finds no key again.
pub struct Partitions {
    count: u16,
    tags: Vec<String>,
    of_slot: HashMap<u16, Partition>,
}

impl fmt::Debug for Partitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitions").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Partitions {
    /// So many partitions.
    ///
    /// # Panics
    /// Unless `count` divides 16384: ranges of slots would differ in size.
    #[must_use]
    pub fn new(count: u16) -> Self {
        assert!(Self::is_valid(count), "{count} partitions do not divide {SLOTS} slots");
        let mut tags = vec![String::new(); usize::from(count)];
        let mut of_slot = HashMap::with_capacity(tags.len());
        let mut missing = tags.len();
        for number in 0_u32.. {
            if missing == 0 {
                break;
            }
            let tag = format!("p{number}");
            let slot = crc16(tag.as_bytes()) % SLOTS;
            let partition = slot / (SLOTS / count);
            let place = &mut tags[usize::from(partition)];
            if place.is_empty() {
                *place = tag;
                of_slot.insert(slot, Partition(partition));
                missing -= 1;
            }
        }
        Self { count, tags, of_slot }
    }

    /// Whether there can be so many.
    #[must_use]
    pub fn is_valid(count: u16) -> bool {
        count > 0 && SLOTS.is_multiple_of(count)
    }

    /// Where a name belongs. The bytes are hashed as they are: braces have no meaning in names.
    #[must_use]
    pub fn of(&self, name: &[u8]) -> Partition {
        Partition(crc16(name) % SLOTS / (SLOTS / self.count))
    }

    /// The word that stands in braces in all keys of a partition. Empty for a partition that does not exist.
    #[must_use]
    pub fn tag(&self, partition: Partition) -> &str {
        self.tags.get(usize::from(partition.0)).map_or("", String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.count
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.count).map(Partition)
    }

    /// The one slot of a cluster that all keys of a partition lie in.
    pub(super) fn slot(&self, partition: Partition) -> u16 {
        crc16(self.tag(partition).as_bytes()) % SLOTS
    }

    /// The partitions among these slots.
    pub(super) fn within(&self, slots: impl Fn(u16) -> bool) -> Vec<Partition> {
        self.of_slot.iter().filter(|(slot, _)| slots(**slot)).map(|(_, partition)| *partition).collect()
    }
}

/// The slot of a key: of what stands between its first pair of braces, if anything does, else of the whole.
pub(super) fn slot_of_key(key: &[u8]) -> u16 {
    let tag = key.iter().position(|&byte| byte == b'{').and_then(|open| {
        let behind = &key[open + 1..];
        let length = behind.iter().position(|&byte| byte == b'}')?;
        (length > 0).then_some(&behind[..length])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

const TABLE: [u16; 256] = {
    let mut table = [0_u16; 256];
    let mut index = 0;
    while index < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "less than 256; a const cannot call try_from")]
        let mut value = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 0x8000 == 0 { value << 1 } else { (value << 1) ^ 0x1021 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

/// CRC-16/XMODEM, as the Redis Cluster specification (appendix A) prescribes it.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let index = (crc >> 8) ^ u16::from(*byte);
        (crc << 8) ^ TABLE[usize::from(index)]
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn slots_are_those_that_redis_computes() {
        // From CLUSTER KEYSLOT of Redis 7.0.15.
        for (key, slot) in
            [("foo", 12182), ("{foo}.bar", 12182), ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015)]
        {
            assert_eq!(slot_of_key(key.as_bytes()), slot, "{key}");
        }
        assert_eq!(slot_of_key(b"foo{bar"), crc16(b"foo{bar") % SLOTS);
    }

    #[test]
    fn each_tag_lies_in_the_range_of_its_partition() {
        for count in [1, 2, 16, 128, 1_024] {
            let partitions = Partitions::new(count);
            let width = SLOTS / count;
            for partition in partitions.all() {
                let slot = partitions.slot(partition);
                assert_eq!(slot / width, partition.0, "{count} partitions, {partition:?}");
                let key = format!("sb:{{{}}}:m:any", partitions.tag(partition));
                assert_eq!(slot_of_key(key.as_bytes()), slot);
            }
        }
    }

    #[test]
    fn each_partition_gets_the_same_number_of_slots() {
        let partitions = Partitions::new(128);
        // Any two bytes as a name: names by slot, then slots by partition.
        let mut name_of_slot = vec![None; usize::from(SLOTS)];
        for name in (0_u32..).map(|number| number.to_string()) {
            let place = &mut name_of_slot[usize::from(crc16(name.as_bytes()) % SLOTS)];
            place.get_or_insert(name);
            if name_of_slot.iter().all(Option::is_some) {
                break;
            }
        }
        let mut slots = vec![0_u16; 128];
        for name in name_of_slot {
            slots[usize::from(partitions.of(name.unwrap().as_bytes()).0)] += 1;
        }
        assert!(slots.iter().all(|&slots| slots == 128), "{slots:?}");
    }

    #[test]
    fn three_masters_get_a_third_each() {
        let partitions = Partitions::new(128);
        let masters = [0..5_461, 5_461..10_923, 10_923..16_384]
            .map(|slots: std::ops::Range<u16>| partitions.within(|slot| slots.contains(&slot)).len());
        assert_eq!(masters.iter().sum::<usize>(), 128);
        assert!(masters.iter().all(|count| (42..=44).contains(count)), "{masters:?}");
    }

    #[test]
    fn counts_that_do_not_divide_the_slots_are_refused() {
        assert!([1, 64, 128, 16_384].into_iter().all(Partitions::is_valid));
        assert!(![0, 3, 100, 129, u16::MAX].into_iter().any(Partitions::is_valid));
    }
}
