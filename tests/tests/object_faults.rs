//! A store of objects that fails as stores do, and lies, under the whole application with `photos-s3` and with
//! `photos-azure-blob`: what is acknowledged is stored, bytes that are not the photo are shown to nobody, and an outage is
//! never taken for a photo that is missing.

use serde_json::{Value, json};
use tollbooth_object_store_server::{FailingStore, Fault, Kind, On};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{Api, Host, Ledger, Options, Reply, Script, scripted};

const BUCKET: &str = "failing";

struct Site {
    host: Host,
    camera: Api,
    reviewer: Api,
    store: FailingStore,
    began: i64,
}

impl Site {
    fn new(kind: Kind, what: &str) -> Option<Self> {
        let database = Database::new(what)?;
        let store = FailingStore::start(kind).unwrap();
        let bucket = Bucket::at(kind, store.bucket(BUCKET).unwrap());
        let host = Host::start_with(Options { ledger: Ledger::Postgres(database, bucket), ..Options::default() });
        let (camera, reviewer) = (host.camera("north"), host.token("reviewer", None));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        Some(Self { camera, reviewer, store, began: i64::try_from(now).unwrap(), host })
    }

    /// Sends the photo of this number, the same whenever it is sent.
    fn send(&self, number: u64) -> Reply {
        let captured = tollbooth_pipeline::capture::rfc3339(self.began - i64::try_from(number).unwrap() * 700_000);
        let path = format!("/v1/booths/north/passages/key-{number}?captured_at={captured}&lane=1&camera=front");
        self.camera.put(&path, &photo(number))
    }

    /// Whether the store has this photo, byte for byte.
    fn is_stored(&self, number: u64) -> bool {
        let photo = photo(number);
        let names = self.store.names(BUCKET, "photos/");
        names.iter().any(|name| self.store.stored(BUCKET, name).is_some_and(|bytes| bytes == photo))
    }

    fn shown(&self, passage: &str) -> Reply {
        self.reviewer.get(&format!("/v1/passages/{passage}/photo"))
    }

    fn inspected(&self) -> Reply {
        self.host.operator.get("/v1/audit/passages?limit=100")
    }
}

fn photo(number: u64) -> Vec<u8> {
    scripted(number, &Script::plate(&format!("BKD{number:02}{number:02}")))
}

/// Told to come back, with nothing of the store's words.
fn is_told_to_come_back(reply: &Reply) -> bool {
    reply.status == 503 && reply.header("retry-after").is_some()
}

fn findings(page: &Value) -> Vec<&str> {
    page["findings"].as_array().unwrap().iter().map(|found| found["finding"].as_str().unwrap()).collect()
}

#[test]
fn a_photo_is_acknowledged_only_when_s3_has_it() {
    acknowledges_only_what_the_store_has(Kind::S3);
}

#[test]
fn a_photo_is_acknowledged_only_when_azure_has_it() {
    acknowledges_only_what_the_store_has(Kind::Azure);
}

fn acknowledges_only_what_the_store_has(kind: Kind) {
    let Some(site) = Site::new(kind, "a store that fails to write") else { return };
    let mut number = 0;
    for fault in [
        Fault::SlowDown,
        Fault::InternalError,
        Fault::InternalErrorAfterwards,
        Fault::BadDigest,
        Fault::Broken,
        Fault::BrokenAfterwards,
        Fault::ForeignPage,
        Fault::Late(std::time::Duration::from_millis(200)),
    ] {
        number += 1;
        site.store.fail(On::Write, fault, 1);
        let reply = site.send(number);
        assert_eq!(reply.status, 202, "{fault:?}: once is tried again: {reply:?}");
        assert_eq!(site.store.heal(), 1, "{fault:?}");
        assert!(site.is_stored(number), "{fault:?}");
    }
    let acknowledged = number;
    for (fault, at_least) in [(Fault::SlowDown, 2), (Fault::BrokenAfterwards, 2), (Fault::SaidToBeThere, 1)] {
        number += 1;
        site.store.fail(On::Write, fault, u32::MAX);
        let reply = site.send(number);
        assert!(is_told_to_come_back(&reply), "{fault:?}: {reply:?}");
        assert!(site.store.heal() >= at_least, "{fault:?}");
    }
    let balance = site.host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], acknowledged, "{balance:#}");
    // The camera comes back, as it was told to: also to what the store took and was not believed to have.
    for number in 1..=number {
        let reply = site.send(number);
        assert!(matches!(reply.status, 200 | 202), "{reply:?}");
        assert!(site.is_stored(number));
    }
    assert_eq!(site.store.names(BUCKET, "photos/").len() as u64, number, "each once");
    let page = site.inspected().json();
    assert_eq!((page["checked"].as_u64(), findings(&page).len()), (Some(number), 0), "{page:#}");
}

#[test]
fn bytes_of_s3_that_are_not_the_photo_are_shown_to_nobody_and_an_outage_is_no_missing_photo() {
    shows_nothing_but_the_photo(Kind::S3);
}

#[test]
fn bytes_of_azure_that_are_not_the_photo_are_shown_to_nobody_and_an_outage_is_no_missing_photo() {
    shows_nothing_but_the_photo(Kind::Azure);
}

fn shows_nothing_but_the_photo(kind: Kind) {
    let Some(site) = Site::new(kind, "a store that lies") else { return };
    let sent: Vec<String> = (1..=2).map(|number| site.send(number).text("passage")).collect();
    let first = sent[0].as_str();
    // Nobody else fetches them meanwhile.
    site.host.drain();
    for fault in [Fault::WrongBytes, Fault::WrongDigest, Fault::CutOff, Fault::SlowDown] {
        site.store.fail(On::Read, fault, 1);
        let reply = site.shown(first);
        assert!(reply.status == 200 && reply.body == photo(1), "{fault:?}: once is fetched again: {}", reply.status);
        assert_eq!(site.store.heal(), 1, "{fault:?}");
    }
    site.store.fail(On::Read, Fault::WrongBytes, u32::MAX);
    let reply = site.shown(first);
    assert_eq!((reply.status, reply.problem()), (500, "internal".to_owned()), "nothing of it is shown");
    assert!(site.store.heal() > 0);
    for fault in [Fault::SlowDown, Fault::CutOff, Fault::ForeignPage] {
        site.store.fail(On::Read, fault, u32::MAX);
        let (shown, inspected) = (site.shown(first), site.inspected());
        assert!(site.store.heal() > 2, "{fault:?}");
        for reply in [shown, inspected] {
            assert_eq!((reply.status, reply.problem()), (503, "unavailable".to_owned()), "{fault:?}: {reply:?}");
        }
    }
    // A list of a moment ago names fewer photos, and none is missing for it.
    site.store.fail(On::List, Fault::StaleList, u32::MAX);
    assert_eq!(site.send(3).status, 202);
    let (code, said, errors) = site.host.tool(&["audit"]);
    assert_eq!(code, 0, "{said}{errors}");
    assert!(site.store.heal() > 0);

    // The store took it and wrote down another: told by the audit, shown to nobody, and no plate is read of it.
    site.store.fail(On::Write, Fault::DamagedAtRest, 1);
    let damaged = site.send(4);
    assert_eq!((damaged.status, site.store.heal()), (202, 1));
    let damaged = damaged.text("passage");
    assert_eq!(site.shown(&damaged).status, 500);
    let page = site.inspected().json();
    assert_eq!(findings(&page), ["photo-changed"], "{page:#}");
    assert_eq!(page["findings"][0]["passage"], json!(damaged));
    site.host.drain();
    let passage = site.reviewer.get(&format!("/v1/passages/{damaged}")).json();
    assert_eq!(passage["state"], "in-review", "{passage:#}");
    // Gone is gone, and only this is called missing.
    let name = site.store.names(BUCKET, "photos/").into_iter().find(|name| name.contains(first));
    assert!(site.store.lose(BUCKET, &name.unwrap()));
    let page = site.inspected().json();
    let mut found = findings(&page);
    found.sort_unstable();
    assert_eq!(found, ["photo-changed", "photo-missing"], "{page:#}");
}
