//! Who sits in which channels.

/// Connection `i` sits in `each` channels from `i · each` on, around and around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seating {
    /// Channels in all.
    pub channels: usize,
    /// Channels of one connection.
    pub each: usize,
}

impl Seating {
    /// Indices of a connection's channels.
    pub fn of(self, connection: usize) -> impl Iterator<Item = usize> {
        (0..self.each).map(move |seat| (connection * self.each + seat) % self.channels)
    }

    /// Which of a connection's seats a channel is.
    pub fn seat(self, connection: usize, channel: usize) -> Option<usize> {
        if channel >= self.channels {
            return None;
        }
        let first = connection * self.each % self.channels;
        let seat = (channel + self.channels - first) % self.channels;
        (seat < self.each).then_some(seat)
    }

    /// The server, of `doors`, that a connection goes to: members of a channel one after the other to different ones.
    pub fn door(self, connection: usize, doors: usize) -> usize {
        let seat = connection * self.each;
        (seat % self.channels / self.each + seat / self.channels) % doors.max(1)
    }

    /// Subscribers of each channel, of the first `connections`.
    pub fn subscribers(self, connections: usize) -> Vec<u64> {
        let mut counts = vec![0; self.channels];
        for connection in 0..connections {
            for channel in self.of(connection) {
                counts[channel] += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_channel_are_spread_over_all_doors() {
        for (channels, each, members, doors) in
            [(3_000, 2, 20, 3), (5_000, 2, 20, 3), (3_334, 1, 30, 6), (6, 1, 12, 6)]
        {
            let seating = Seating { channels, each };
            let mut seen = vec![vec![0; doors]; channels];
            let mut sizes = vec![0; doors];
            for connection in 0..channels * members / each {
                let door = seating.door(connection, doors);
                sizes[door] += 1;
                for channel in seating.of(connection) {
                    seen[channel][door] += 1;
                }
            }
            for counts in seen.iter().chain([&sizes.iter().map(|size| size / members).collect()]) {
                let (least, most) = (counts.iter().min(), counts.iter().max());
                assert!(
                    least.zip(most).is_some_and(|(least, most)| most - least <= 1),
                    "{channels}: {counts:?}"
                );
            }
        }
    }

    #[test]
    fn every_seat_is_found_and_no_other() {
        for seating in [
            Seating { channels: 1, each: 1 },
            Seating { channels: 20, each: 20 },
            Seating { channels: 7, each: 2 },
        ] {
            for connection in 0..50 {
                let seats: Vec<usize> = seating.of(connection).collect();
                for channel in 0..seating.channels + 1 {
                    let expected = seats.iter().position(|own| *own == channel);
                    assert_eq!(seating.seat(connection, channel), expected);
                }
            }
            let all: u64 = seating.subscribers(50).iter().sum();
            assert_eq!(all, 50 * seating.each as u64);
        }
    }
}
