use persistence::{DatabaseLocation, Store};
use protocol::ids::SchoolId;

#[tokio::test]
async fn migrations_are_pending_until_they_are_applied() {
    let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    let pending = store.pending_migrations().await.unwrap();
    assert_eq!(pending, ["0001_schools", "0002_quizzes", "0003_games", "0004_rooms"]);
    store.migrate().await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn closing_leaves_everything_in_the_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schoolbell.sqlite");
    let at = DatabaseLocation::SqliteFile(file.clone());
    let store = Store::open(&at).await.unwrap();
    store.migrate().await.unwrap();
    let school = SchoolId::generate();
    store.schools().ensure(school, "Hillside").await.unwrap();
    let schools = store.schools();
    store.close().await.unwrap();
    assert!(schools.get(school).await.is_err());
    let wal = std::fs::metadata(folder.path().join("schoolbell.sqlite-wal"));
    assert!(wal.map_or(0, |wal| wal.len()) == 0);

    let moved = folder.path().join("moved.sqlite");
    std::fs::copy(&file, &moved).unwrap();
    let store = Store::open(&DatabaseLocation::SqliteFile(moved)).await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
    assert_eq!(store.schools().get(school).await.unwrap().unwrap().name, "Hillside");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear school, this is a letter. ".repeat(100)).unwrap();
    let open = Store::open(&DatabaseLocation::SqliteFile(file.clone())).await;
    assert_eq!(open.map(|_| ()).unwrap_err().code(), "unavailable");
    assert!(std::fs::read_to_string(file).unwrap().starts_with("Dear school"));
}

#[tokio::test]
async fn a_school_is_made_once_and_keeps_its_name() {
    let store = Store::open(&DatabaseLocation::SqliteMemory).await.unwrap();
    store.migrate().await.unwrap();
    let school = SchoolId::generate();
    assert_eq!(store.schools().get(school).await.unwrap(), None);
    store.schools().ensure(school, "Hillside").await.unwrap();
    store.schools().ensure(school, "Valley").await.unwrap();
    assert_eq!(store.schools().get(school).await.unwrap().unwrap().name, "Hillside");
}
