use protocol::ids::SchoolId;

#[tokio::test]
async fn a_school_is_made_once_and_keeps_its_name() {
    let store = crate::fresh().await;
    let school = SchoolId::generate();
    assert_eq!(store.schools().get(school).await.unwrap(), None);
    store.schools().ensure(school, "Hillside").await.unwrap();
    store.schools().ensure(school, "Valley").await.unwrap();
    assert_eq!(store.schools().get(school).await.unwrap().unwrap().name, "Hillside");
}
