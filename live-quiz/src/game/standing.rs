//! Ranks. Equal scores share a rank and the next rank is skipped (1, 1, 3); among equals the earlier joiner is listed
//! first.

use super::{Game, Participant, Slot, count};
use protocol::quiz::{Board, BoardRow, Neighbour};
use std::cmp::Reverse;

impl Game {
    /// Sorts the standing anew: after points were given or somebody was kicked. O(n log n).
    pub(super) fn rank_all(&mut self) {
        let participants = &self.participants;
        self.standing.retain(|slot| !participants[*slot].kicked);
        self.standing.sort_by_key(|slot| (Reverse(participants[*slot].score), *slot));
    }

    /// Remembers the ranks of this reveal, and those of the one before.
    pub(super) fn note_ranks(&mut self) {
        let mut rank = 1;
        let mut last_score = None;
        for (place, slot) in self.standing.iter().enumerate() {
            let participant = &mut self.participants[*slot];
            if last_score != Some(participant.score) {
                rank = count(place) + 1;
                last_score = Some(participant.score);
            }
            participant.previous_rank = participant.rank.replace(rank);
        }
    }

    /// Adds the newest player behind those with an equal score.
    pub(super) fn stand_in(&mut self, slot: Slot) {
        let place = self.better_than(self.participants[slot].score, true);
        self.standing.insert(place, slot);
    }

    /// Rank by the scores of the last reveal. O(log n).
    pub(super) fn rank(&self, participant: &Participant) -> u32 {
        count(self.better_than(participant.score, false)) + 1
    }

    /// How many have more points than `score`, or with `or_equal` at least as many.
    fn better_than(&self, score: u32, or_equal: bool) -> usize {
        self.standing.partition_point(|slot| {
            let theirs = self.participants[*slot].score;
            theirs > score || (or_equal && theirs == score)
        })
    }

    /// Who is listed just before and just after a player. O(log n).
    pub(super) fn neighbours(&self, slot: Slot) -> (Option<Neighbour>, Option<Neighbour>) {
        let score = self.participants[slot].score;
        let place = self.standing.partition_point(|other| {
            let theirs = self.participants[*other].score;
            theirs > score || (theirs == score && *other < slot)
        });
        let neighbour = |place: usize| {
            self.standing
                .get(place)
                .map(|other| &self.participants[*other])
                .map(|other| Neighbour { nickname: other.nickname.clone(), gap: other.score.abs_diff(score) })
        };
        (place.checked_sub(1).and_then(neighbour), neighbour(place + 1))
    }

    /// The top of the board as everybody sees it.
    pub(super) fn board(&self) -> Board {
        let top = self.standing.iter().take(usize::from(self.settings().board_top)).map(|slot| {
            let participant = &self.participants[*slot];
            BoardRow {
                participant: participant.id,
                nickname: participant.nickname.clone(),
                score: participant.score,
                rank: self.rank(participant),
                previous_rank: participant.previous_rank,
                streak: participant.streak,
            }
        });
        Board { top: top.collect(), players: self.players() }
    }

    /// The mean score of those who play, rounded down.
    pub(super) fn mean_score(&self) -> u32 {
        let total: u64 = self.standing.iter().map(|slot| u64::from(self.participants[*slot].score)).sum();
        let players = self.standing.len() as u64;
        u32::try_from(total.checked_div(players).unwrap_or(0)).unwrap_or(u32::MAX)
    }
}
