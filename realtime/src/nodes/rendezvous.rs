//! Whose a room is: rendezvous hashing (Thaler and Ravishankar, 1998). Every node gives each name a weight, and the
//! greatest one wins. Who comes or goes moves only the names that it wins or had won.

use super::NodeInfo;

/// The node that a name belongs to: the one with the greatest weight among those that are not going down, or among all
/// if every one is. None without nodes. The same for the same nodes in any order, in every build and on every machine:
/// two nodes that see the same nodes never disagree.
#[must_use]
pub fn owner_of<'a>(name: &[u8], nodes: &'a [NodeInfo]) -> Option<&'a NodeInfo> {
    let name = fnv1a(name);
    // Equal weights of two nodes are next to impossible; their ids decide, so that the order does not.
    nodes.iter().max_by_key(|node| (!node.draining, weight(name, &node.id), &node.id))
}

fn weight(name: u64, node: &super::NodeId) -> u64 {
    // Mixed twice: FNV alone leaves names with equal ends near each other.
    mix(name.wrapping_add(mix(fnv1a(node.as_str().as_bytes()))))
}

/// FNV-1a of 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The step of `SplitMix64` (Steele, Lea and Flood, 2014).
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::nodes::Load;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const ROOMS: usize = 10_000;

    fn node(id: &str) -> NodeInfo {
        let load = Load::default();
        NodeInfo { id: id.into(), started_at: 0, version: String::new(), draining: false, load }
    }

    /// Nodes with ids as they are in service: UUIDs of about the same time, which differ little.
    fn nodes(count: u128) -> Vec<NodeInfo> {
        let id = |n| uuid::Uuid::from_u128(0x0193_5000_0000_7000_8000_0000_0000_0000 + n * 0x1_0001);
        (0..count).map(|n| node(&id(n).to_string())).collect()
    }

    fn room(number: usize) -> Vec<u8> {
        format!("quiz:{}:{number}", uuid::Uuid::from_u128(7)).into_bytes()
    }

    fn owners(nodes: &[NodeInfo]) -> Vec<&str> {
        (0..ROOMS).map(|number| owner_of(&room(number), nodes).unwrap().id.as_str()).collect()
    }

    fn moved(before: &[NodeInfo], after: &[NodeInfo]) -> usize {
        let (before, after) = (owners(before), owners(after));
        before.iter().zip(&after).filter(|(before, after)| before != after).count()
    }

    #[test]
    fn the_hashes_are_the_published_ones() {
        // The vectors of the FNV page, and the first number of SplitMix64 from seed 0.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn each_of_four_nodes_owns_about_a_quarter() {
        let nodes = nodes(4);
        let mut owned = BTreeMap::<_, usize>::new();
        for owner in owners(&nodes) {
            *owned.entry(owner).or_default() += 1;
        }
        // Binomial: 10,000 tries of 1/4 have a deviation of 43; five of them are 217, or 9 %.
        for (node, rooms) in &owned {
            assert!(rooms.abs_diff(ROOMS / 4) <= 217, "{node} owns {rooms}");
        }
        assert_eq!(owned.len(), 4);
    }

    #[test]
    fn a_node_that_joins_takes_its_share_and_moves_nothing_else() {
        let (three, four) = (nodes(3), nodes(4));
        let moved = moved(&three, &four);
        assert!(moved <= ROOMS / 4 + ROOMS / 10, "{moved} rooms moved");
        let new = four[3].id.as_str();
        let (before, after) = (owners(&three), owners(&four));
        assert!(before.iter().zip(&after).all(|(before, after)| before == after || *after == new));
        assert_eq!(after.iter().filter(|owner| **owner == new).count(), moved);
    }

    #[test]
    fn a_node_that_leaves_moves_only_what_it_owned() {
        let four = nodes(4);
        for leaving in 0..4 {
            let mut three = four.clone();
            let gone = three.remove(leaving);
            let (before, after) = (owners(&four), owners(&three));
            for (before, after) in before.iter().zip(&after) {
                assert!(before == after || *before == gone.id.as_str());
            }
        }
    }

    #[test]
    fn a_node_that_goes_down_owns_nothing_unless_all_do() {
        let mut some = nodes(3);
        some[1].draining = true;
        let without = [some[0].clone(), some[2].clone()];
        assert_eq!(owners(&some), owners(&without));
        let mut all = nodes(3);
        all.iter_mut().for_each(|node| node.draining = true);
        assert_eq!(owners(&all), owners(&nodes(3)));
        assert_eq!(owner_of(b"room", &[]), None);
    }

    #[test]
    fn owners_are_the_same_in_every_build() {
        // Nodes of two versions must agree while one replaces the other: these may never change.
        let nodes = ["a", "b", "c", "d"].map(node);
        let owner = |name: &str| owner_of(name.as_bytes(), &nodes).unwrap().id.to_string();
        let owned: String = ["", "one", "two", "three", "four", "five", "six", "seven"].map(owner).concat();
        assert_eq!(owned, "dbdacada");
    }

    proptest! {
        #[test]
        fn the_order_of_the_nodes_does_not_matter(
            name in proptest::collection::vec(any::<u8>(), 0..64),
            draining in proptest::collection::vec(any::<bool>(), 1..8),
            shift in 0_usize..8,
        ) {
            let mut nodes = nodes(draining.len() as u128);
            for (node, draining) in nodes.iter_mut().zip(&draining) {
                node.draining = *draining;
            }
            let owner = owner_of(&name, &nodes).cloned();
            let shift = shift % nodes.len();
            nodes.rotate_left(shift);
            nodes.reverse();
            prop_assert_eq!(owner_of(&name, &nodes).cloned(), owner);
        }
    }
}
