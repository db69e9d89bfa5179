//! Schools: the tenants.

use crate::Unavailable;
use crate::db::Db;
use protocol::ids::SchoolId;

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct School {
    /// Its id.
    pub id: SchoolId,
    /// Its name, as shown.
    pub name: String,
}

const ENSURE: &str = "
    INSERT INTO school (school_id, name) VALUES ($1, $2) ON CONFLICT (school_id) DO NOTHING";

const GET: &str = "SELECT name FROM school WHERE school_id = $1";

/// The repository of schools.
#[derive(Clone, Debug)]
pub struct Schools {
    db: Db,
}

impl Schools {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes a school if it does not exist; one that exists keeps its name.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn ensure(&self, school: SchoolId, name: &str) -> Result<(), Unavailable> {
        self.db.execute(school, ENSURE, [school.0.into(), name.into()]).await?;
        Ok(())
    }

    /// Looks a school up.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn get(&self, school: SchoolId) -> Result<Option<School>, Unavailable> {
        let row: Option<(String,)> = self.db.fetch_optional(school, GET, [school.0.into()]).await?;
        Ok(row.map(|(name,)| School { id: school, name }))
    }
}
