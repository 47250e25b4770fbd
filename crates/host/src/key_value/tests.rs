//! Durability, order and isolation of the key-value store.

use super::*;

fn open(directory: &Path) -> KeyValue {
    KeyValue::open(&directory.join("kv.db"), Handle::current()).unwrap()
}

#[tokio::test]
async fn a_value_is_read_back_replaced_and_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let kv = open(directory.path());
    assert_eq!(kv.get("default", "a").await.unwrap(), None);
    kv.set("default", "a", b"1".to_vec()).await.unwrap();
    kv.set("default", "a", b"2".to_vec()).await.unwrap();
    assert_eq!(kv.get("default", "a").await.unwrap(), Some(b"2".to_vec()));
    assert!(kv.exists("default", "a").await.unwrap());
    kv.delete("default", "a").await.unwrap();
    assert!(!kv.exists("default", "a").await.unwrap());
}

#[tokio::test]
async fn stores_do_not_see_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let kv = open(directory.path());
    kv.set("one", "a", b"1".to_vec()).await.unwrap();
    assert_eq!(kv.get("two", "a").await.unwrap(), None);
    assert_eq!(kv.keys("one").await.unwrap(), ["a"]);
    assert!(kv.keys("two").await.unwrap().is_empty());
}

/// A copy of the files at the moment of the acknowledgement is what a crash at that moment would leave.
#[tokio::test]
async fn an_acknowledged_value_survives_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let kv = open(directory.path());
    kv.set("default", "a", vec![7; 100_000]).await.unwrap();
    let after = tempfile::tempdir().unwrap();
    for file in ["kv.db", "kv.db-wal"] {
        std::fs::copy(directory.path().join(file), after.path().join(file)).unwrap();
    }
    let recovered = open(after.path());
    let value = recovered.get("default", "a").await.unwrap();
    assert_eq!(value, Some(vec![7; 100_000]));
}

#[tokio::test]
async fn writes_are_committed_with_full_synchronisation() {
    let directory = tempfile::tempdir().unwrap();
    let connection = Connection::open(directory.path().join("kv.db")).unwrap();
    prepare(&connection).unwrap();
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!((synchronous, journal.as_str()), (2, "wal"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_one_guest_keep_their_order_among_many() {
    let directory = tempfile::tempdir().unwrap();
    let kv = Arc::new(open(directory.path()));
    let mut guests = tokio::task::JoinSet::new();
    for guest in 0..16 {
        let kv = Arc::clone(&kv);
        guests.spawn(async move {
            let key = format!("guest-{guest}");
            for value in 0..50_u32 {
                let bytes = value.to_le_bytes().to_vec();
                kv.set("default", &key, bytes.clone()).await.unwrap();
                let read = kv.get("default", &key).await.unwrap();
                assert_eq!(read, Some(bytes), "an acknowledged write is visible");
            }
        });
    }
    while let Some(guest) = guests.join_next().await {
        guest.unwrap();
    }
    assert_eq!(kv.keys("default").await.unwrap().len(), 16);
}

#[tokio::test]
async fn one_failing_write_does_not_fail_the_others_of_its_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kv.db");
    drop(open(directory.path()));
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON spin_key_value WHEN NEW.key = 'bad'
             BEGIN SELECT RAISE(ABORT, 'refused'); END;",
        )
        .unwrap();
    let kv = open(directory.path());
    let writes = ["a", "b", "bad", "c", "d"].map(|key| kv.set("default", key, vec![1]));
    let results = futures_util::future::join_all(writes).await;
    let failed: Vec<bool> = results.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, false, true, false, false]);
    let mut keys = kv.keys("default").await.unwrap();
    keys.sort();
    assert_eq!(keys, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_closed_store_refuses_writes_and_leaves_no_log() {
    let directory = tempfile::tempdir().unwrap();
    let kv = open(directory.path());
    kv.set("default", "a", vec![1]).await.unwrap();
    kv.close();
    assert!(kv.set("default", "b", vec![1]).await.is_err());
    let log = directory.path().join("kv.db-wal");
    assert!(!log.exists() || log.metadata().unwrap().len() == 0);
}
