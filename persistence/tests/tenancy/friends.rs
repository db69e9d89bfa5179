//! Friends, codes and blocks of a school, and what another one tries with their ids.

use persistence::friends::{AskError, BlockError, CodeTaken};
use persistence::{Micros, Store};
use protocol::ids::{PersonId, SchoolId};

const CODE: &str = "AAAA-AAAA";

pub struct Friends {
    teacher: PersonId,
    student: PersonId,
}

impl Friends {
    /// A row in every table of them.
    pub async fn in_store(store: &Store, school: SchoolId, teacher: PersonId, student: PersonId) -> Self {
        let friends = store.friends();
        friends.block(school, teacher, student, Micros(5)).await.unwrap();
        friends.set_code(school, student, CODE).await.unwrap();
        let colleague = crate::suite::person(school, protocol::role::Role::Student, "Cleo", "");
        store.people().upsert(&colleague).await.unwrap();
        friends.ask(school, student, colleague.id, Micros(6)).await.unwrap();
        Self { teacher, student }
    }

    /// Everything that a store does with them, for another school that has such things of its own.
    pub async fn meddle(&self, store: &Store, school: SchoolId, own: &Self) {
        let friends = store.friends();
        assert_eq!(friends.list(school, self.student).await.unwrap(), []);
        assert_eq!(friends.blocked(school, self.teacher).await.unwrap(), []);
        assert!(!friends.block_among(school, self.teacher, &[self.student, own.teacher]).await.unwrap());
        assert_eq!(friends.code(school, self.student).await.unwrap(), None);
        assert_eq!(friends.by_code(school, CODE).await.unwrap(), Some(own.student));
        assert_eq!(friends.suggestions(school, self.student, 9).await.unwrap(), []);
        assert_eq!(friends.end(school, self.student, self.teacher).await.unwrap(), None);
        assert!(!friends.unblock(school, self.teacher, self.student).await.unwrap());
        for (by, whom) in [(own.student, self.student), (self.student, own.student)] {
            let asked = friends.ask(school, by, whom, Micros(9)).await;
            assert!(matches!(asked, Err(AskError::UnknownPerson)), "{asked:?}");
            let blocked = friends.block(school, by, whom, Micros(9)).await;
            assert!(matches!(blocked, Err(BlockError::UnknownPerson)), "{blocked:?}");
        }
        let code = friends.set_code(school, self.student, "BBBB-BBBB").await;
        assert!(matches!(code, Err(CodeTaken::UnknownPerson)), "{code:?}");
    }
}
