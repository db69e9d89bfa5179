//! The log of rooms: the contract, run against each implementation, and what only a file can show.

#![expect(clippy::unwrap_used, reason = "tests")]

use persistence::room_log::{Loaded, LogEntry, RoomKey, RoomLog};
use persistence::{ArchivedRoomLog, DatabaseLocation, MemoryRoomLog, Store, StoredRoomLog};
use protocol::ids::SchoolId;
use std::sync::Arc;
use tempfile::TempDir;
use test_servers::postgres::{APP, Server};
use uuid::Uuid;

#[path = "postgres/database.rs"]
mod database;

mod memory {
    use super::*;

    async fn fresh() -> (MemoryRoomLog, ()) {
        (MemoryRoomLog::new(), ())
    }

    persistence::room_log_contract!(fresh);
}

mod postgres {
    use super::*;

    async fn fresh() -> (StoredRoomLog, Store) {
        let store = database::open(database::copy().await).await;
        (store.room_log(), store)
    }

    persistence::room_log_contract!(fresh);

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_a_crash() {
        let server = Server::start();
        let at = database::location(&server, APP, &server.empty_database());
        let store = Store::open(&at).await.unwrap();
        store.migrate().await.unwrap();
        let room = RoomKey { school: SchoolId::generate(), kind: "quiz".to_owned(), id: Uuid::now_v7() };
        let entries: Vec<LogEntry> =
            (1..=200).map(|seq| LogEntry { seq, at: seq * 10, body: seq.to_be_bytes().to_vec() }).collect();
        let log = store.room_log();
        let fence = log.acquire(&room).await.unwrap();
        log.append(&room, fence, &entries[..100]).await.unwrap();
        log.snapshot(&room, fence, 50, b"state").await.unwrap();
        log.append(&room, fence, &entries[100..]).await.unwrap();
        server.restart();
        // The same store: its connections have died, and it makes others.
        let loaded = log.load(&room).await.unwrap().unwrap();
        assert_eq!(
            loaded,
            Loaded { snapshot: Some((50, b"state".to_vec())), tail: entries[50..].to_vec(), closed: false }
        );
        assert_eq!(log.open_rooms("quiz").await.unwrap(), [room]);
    }
}

mod archived {
    use super::*;

    /// The live log, the archive, and both as one.
    async fn both() -> (Arc<MemoryRoomLog>, Arc<StoredRoomLog>, ArchivedRoomLog) {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let (live, archive) = (Arc::new(MemoryRoomLog::new()), Arc::new(store.room_log()));
        let log = ArchivedRoomLog::new(live.clone(), archive.clone());
        (live, archive, log)
    }

    async fn fresh() -> (ArchivedRoomLog, ()) {
        (both().await.2, ())
    }

    persistence::room_log_contract!(fresh);

    fn room() -> RoomKey {
        RoomKey { school: SchoolId::generate(), kind: "quiz".to_owned(), id: Uuid::now_v7() }
    }

    fn entries(last: u64) -> Vec<LogEntry> {
        (1..=last).map(|seq| LogEntry { seq, at: seq, body: seq.to_be_bytes().to_vec() }).collect()
    }

    #[tokio::test]
    async fn a_closed_room_outlives_the_live_log() {
        let (_, archive, log) = both().await;
        let (room, entries) = (room(), entries(2_500));
        let fence = log.acquire(&room).await.unwrap();
        log.append(&room, fence, &entries).await.unwrap();
        log.snapshot(&room, fence, 2_400, b"state").await.unwrap();
        log.close(&room).await.unwrap();
        log.close(&room).await.unwrap();

        let emptied = ArchivedRoomLog::new(Arc::new(MemoryRoomLog::new()), archive);

        let loaded = emptied.load(&room).await.unwrap().unwrap();
        assert!(loaded.closed);
        assert_eq!(loaded.snapshot, Some((2_400, b"state".to_vec())));
        assert_eq!(loaded.tail, entries[2_400..]);
        assert_eq!(emptied.entries(&room, 0, usize::MAX).await.unwrap(), entries);
        assert!(emptied.open_rooms("quiz").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_room_that_was_copied_in_part_is_completed_and_not_shown_before() {
        let (live, archive, log) = both().await;
        let (room, entries) = (room(), entries(1_200));
        let fence = log.acquire(&room).await.unwrap();
        log.append(&room, fence, &entries).await.unwrap();
        // Whoever closed it died after the first page.
        let copying = archive.acquire(&room).await.unwrap();
        archive.append(&room, copying, &entries[..1_000]).await.unwrap();
        let emptied = ArchivedRoomLog::new(Arc::new(MemoryRoomLog::new()), archive.clone());
        assert_eq!(emptied.load(&room).await.unwrap(), None);
        assert!(emptied.entries(&room, 0, 10).await.unwrap().is_empty());

        log.close(&room).await.unwrap();

        assert_eq!(archive.entries(&room, 0, usize::MAX).await.unwrap(), entries);
        assert!(live.load(&room).await.unwrap().unwrap().closed);
    }

    #[tokio::test]
    async fn a_room_that_cannot_be_archived_stays_open() {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        let archive = Arc::new(store.room_log());
        let log = ArchivedRoomLog::new(Arc::new(MemoryRoomLog::new()), archive);
        let room = room();
        let fence = log.acquire(&room).await.unwrap();
        log.append(&room, fence, &entries(3)).await.unwrap();
        store.close().await.unwrap();

        assert!(log.close(&room).await.is_err());

        assert_eq!(log.open_rooms("quiz").await.unwrap(), [room]);
    }
}

mod sqlite_in_memory {
    use super::*;

    async fn fresh() -> (StoredRoomLog, Store) {
        let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
        store.migrate().await.unwrap();
        (store.room_log(), store)
    }

    persistence::room_log_contract!(fresh);
}

mod sqlite_file {
    use super::*;

    async fn open(folder: &TempDir) -> Store {
        let file = folder.path().join("data").join("schoolbell.sqlite");
        let store = Store::open(&DatabaseLocation::SqliteFile(file)).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn fresh() -> (StoredRoomLog, (Store, TempDir)) {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        (store.room_log(), (store, folder))
    }

    persistence::room_log_contract!(fresh);

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let room = RoomKey { school: SchoolId::generate(), kind: "quiz".to_owned(), id: Uuid::now_v7() };
        let entries: Vec<LogEntry> =
            (1..=300).map(|seq| LogEntry { seq, at: seq * 10, body: seq.to_be_bytes().to_vec() }).collect();
        let store = open(&folder).await;
        let log = store.room_log();
        let old = log.acquire(&room).await.unwrap();
        log.append(&room, old, &entries[..200]).await.unwrap();
        log.snapshot(&room, old, 150, b"state").await.unwrap();
        log.append(&room, old, &entries[200..]).await.unwrap();
        // The files as they lie on the disk at this moment, without any goodbye: what a killed process leaves.
        let left = tempfile::tempdir().unwrap();
        std::fs::create_dir(left.path().join("data")).unwrap();
        for file in std::fs::read_dir(folder.path().join("data")).unwrap() {
            let file = file.unwrap();
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(file.path(), left.path().join("data").join(file.file_name())).unwrap();
            }
        }

        let log = open(&left).await.room_log();

        assert_eq!(log.open_rooms("quiz").await.unwrap(), std::slice::from_ref(&room));
        let loaded = log.load(&room).await.unwrap().unwrap();
        assert_eq!(
            loaded,
            Loaded { snapshot: Some((150, b"state".to_vec())), tail: entries[150..].to_vec(), closed: false }
        );
        assert!(old < log.acquire(&room).await.unwrap());
    }

    #[tokio::test]
    async fn a_store_that_was_only_dropped_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let room = RoomKey { school: SchoolId::generate(), kind: "quiz".to_owned(), id: Uuid::now_v7() };
        let entry = LogEntry { seq: 1, at: 1, body: b"one".to_vec() };
        let store = open(&folder).await;
        let fence = store.room_log().acquire(&room).await.unwrap();
        store.room_log().append(&room, fence, std::slice::from_ref(&entry)).await.unwrap();
        drop(store);
        let log = open(&folder).await.room_log();
        assert_eq!(log.entries(&room, 0, 10).await.unwrap(), [entry]);
    }
}
