//! Both dialects against real stores: what they refuse, what they answer and what they do not hide. The store that fails when
//! it is told to is held to the same, so that it is taken for one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code; clippy.toml exempts only functions marked as tests"
)]

use futures::executor::block_on;
use tollbooth_object_store::answer::{Meaning, meaning};
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Address, Dialect, Failure, Store};
use tollbooth_object_store_server::{Agent, FailingStore, Kind, Server, installed_or_skip};

fn of(address: &Address, change: impl Fn(&mut Address)) -> Address {
    let mut address = address.clone();
    change(&mut address);
    address
}

/// What must hold whoever keeps the objects.
fn holds<D: Dialect>(address: &Address, open: impl Fn(&Address) -> D) {
    let agent = Agent::new();
    let store = Store::new(open(address), agent.clone());
    let keys = ["photos/north/psg_1/aa", "photos/north/psg_2/bb", "photos/odd +%&=\u{e9}/psg_3/cc"];
    for key in keys {
        assert_eq!(block_on(store.put(key, key.as_bytes())), Ok(()), "{key}");
    }
    assert_eq!(block_on(store.put("exports/1/aa", b"file")), Ok(()));

    // The same again is fine, other bytes are refused, and what was there stays.
    assert_eq!(block_on(store.put(keys[0], keys[0].as_bytes())), Ok(()));
    assert_eq!(block_on(store.put(keys[0], b"another")), Err(Failure::DifferentContent));
    for key in keys {
        assert_eq!(block_on(store.get(key)), Ok(Some(key.as_bytes().to_vec())), "{key}");
    }
    assert_eq!(block_on(store.get("photos/none")), Ok(None));
    assert_eq!(block_on(store.put("photos/empty", b"")), Ok(()));
    assert_eq!(block_on(store.get("photos/empty")), Ok(Some(Vec::new())));

    // Names: with their prefix only, in pages that meet, in order.
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = block_on(store.list("photos/", cursor.as_deref(), 2)).unwrap();
        assert!(page.keys.len() <= 2);
        found.extend(page.keys);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let mut expected: Vec<&str> = keys.to_vec();
    expected.push("photos/empty");
    expected.sort_unstable();
    assert_eq!(found, expected);

    // What was changed on the way is not taken (Azurite has another code for it than Azure).
    let call = open(address).put("photos/changed", b"whole").unwrap();
    let reply = agent.send(&call, Some(b"whol3")).unwrap();
    assert!(matches!(meaning(&reply), Meaning::Again(_) | Meaning::Refused(_)), "{reply:?}");
    assert_eq!(block_on(store.get("photos/changed")), Ok(None));

    // A wrong key, a wrong account and a missing bucket are no absence, and are not tried again.
    let wrong_key = of(address, |address| address.key = "d3Jvbmc=".to_owned());
    let wrong_account = of(address, |address| address.account = "nobody".to_owned());
    let no_bucket = of(address, |address| address.bucket = "there-is-none".to_owned());
    for wrong in [wrong_key, wrong_account, no_bucket] {
        let agent = Agent::new();
        let store = Store::new(open(&wrong), agent.clone());
        let answer = block_on(store.get(keys[0]));
        assert!(matches!(answer, Err(Failure::Denied(_))), "{wrong:?}: {answer:?}");
        assert_eq!(agent.sent.get(), 1, "{wrong:?}");
        let answer = block_on(store.put("photos/new", b"x"));
        assert!(matches!(answer, Err(Failure::Denied(_))), "{wrong:?}: {answer:?}");
    }
    assert_eq!(block_on(store.get("photos/new")), Ok(None));
}

/// A store that is out of reach is an outage, never an absence.
fn is_an_outage_while_away<D: Dialect>(server: &mut Server, address: &Address, open: impl Fn(&Address) -> D) {
    let store = Store::new(open(address), Agent::new());
    assert_eq!(block_on(store.put("photos/before", b"before")), Ok(()));
    server.kill();
    assert!(matches!(block_on(store.get("photos/before")), Err(Failure::Unavailable(_))));
    assert!(matches!(block_on(store.put("photos/meanwhile", b"x")), Err(Failure::Unavailable(_))));
}

/// What was acknowledged is there when the store is back.
fn has_what_it_acknowledged<D: Dialect>(server: &mut Server, address: &Address, open: impl Fn(&Address) -> D) {
    let store = Store::new(open(address), Agent::new());
    server.restart().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let after = loop {
        match block_on(store.get("photos/before")) {
            Err(Failure::Unavailable(_)) if std::time::Instant::now() < deadline => {}
            answer => break answer,
        }
    };
    assert_eq!(after, Ok(Some(b"before".to_vec())));
    assert_eq!(block_on(store.get("photos/meanwhile")), Ok(None));
}

#[test]
fn seaweedfs_keeps_what_it_took_and_refuses_what_it_must() {
    if !installed_or_skip(Kind::S3, "objects in S3") {
        return;
    }
    let mut server = Server::start(Kind::S3).unwrap();
    let address = server.bucket("photos").unwrap();
    holds(&address, |address| S3::new(address).unwrap());
    is_an_outage_while_away(&mut server, &address, |address| S3::new(address).unwrap());
    has_what_it_acknowledged(&mut server, &address, |address| S3::new(address).unwrap());
}

#[test]
fn a_store_in_this_process_keeps_what_it_took_and_refuses_what_it_must() {
    let server = FailingStore::start(Kind::S3).unwrap();
    holds(&server.bucket("photos").unwrap(), |address| S3::new(address).unwrap());
    let server = FailingStore::start(Kind::Azure).unwrap();
    holds(&server.bucket("photos").unwrap(), |address| AzureBlob::new(address).unwrap());
}

#[test]
fn azurite_keeps_what_it_took_and_refuses_what_it_must() {
    if !installed_or_skip(Kind::Azure, "objects in Azure Blob Storage") {
        return;
    }
    let mut server = Server::start(Kind::Azure).unwrap();
    let address = server.bucket("photos").unwrap();
    holds(&address, |address| AzureBlob::new(address).unwrap());
    // Azurite writes its books now and then, so nothing is said of what it has after a kill.
    is_an_outage_while_away(&mut server, &address, |address| AzureBlob::new(address).unwrap());
}
