//! Games of classes whose scores are still to go to the gradebook.

use super::Games;
use crate::Unavailable;
use crate::db::Reach;
use protocol::ids::{GameId, SchoolId};
use uuid::Uuid;

const UNPOSTED: &str = "
    SELECT school_id, game_id FROM open_posting ORDER BY ended_us, game_id LIMIT $1";

impl Games {
    /// Games of classes, of all schools, that have ended and whose scores are not in the gradebook yet; `limit` of them, the
    /// oldest first. [`Gradebooks::post_game`](crate::gradebook::Gradebooks::post_game) takes them off this list.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn unposted(&self, limit: u32) -> Result<Vec<(SchoolId, GameId)>, Unavailable> {
        let rows: Vec<(Uuid, Uuid)> = self.db.fetch_all(Reach::Directory, UNPOSTED, [limit.into()]).await?;
        Ok(rows.into_iter().map(|(school, game)| (SchoolId(school), GameId(game))).collect())
    }
}
