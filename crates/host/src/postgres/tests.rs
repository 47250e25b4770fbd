//! What the next user of a connection finds, on a real server.

use std::sync::Arc;

use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use super::*;
use crate::{
    outbound::AllowedHosts,
    runtime::bindings::spin::postgres::postgres::{DbValue, Error, ParameterValue, QueryError},
};

/// A server, a pool of one connection, and the way to it.
struct World {
    server: Server,
    postgres: Arc<Postgres>,
    address: String,
    allowed: AllowedHosts,
}

impl World {
    fn new(pooling: PostgresPooling) -> Option<Self> {
        let programs = programs_or_skip("PostgreSQL for guests")?;
        let server = Server::start(&programs, Commits::Synced).unwrap();
        server.sql("postgres", "CREATE TABLE t (n BIGINT)").unwrap();
        let address = format!("{}?sslmode=disable", server.url(SUPERUSER, "postgres"));
        let allowed = AllowedHosts::parse([format!("postgres://127.0.0.1:{}", server.port()).as_str()]).unwrap();
        Some(Self { server, postgres: Postgres::new(pooling, 1), address, allowed })
    }

    async fn guest(&self) -> GuestConnection {
        GuestConnection::open(&self.postgres, &self.address, &self.allowed).await.unwrap()
    }

    async fn count(&self) -> Vec<Vec<DbValue>> {
        self.guest().await.query("SELECT n FROM t ORDER BY n", vec![]).await.unwrap().rows
    }
}

async fn insert(guest: &mut GuestConnection, number: i64) -> u64 {
    guest.execute("INSERT INTO t VALUES ($1)", vec![ParameterValue::Int64(number)]).await.unwrap()
}

/// A guest dies inside a transaction; the next one opens its own and commits.
async fn half_a_transaction_and_a_whole_one(world: &World) -> String {
    let mut first = world.guest().await;
    first.execute("BEGIN", vec![]).await.unwrap();
    insert(&mut first, 1).await;
    drop(first);
    let mut second = world.guest().await;
    second.execute("BEGIN", vec![]).await.unwrap();
    insert(&mut second, 2).await;
    second.execute("COMMIT", vec![]).await.unwrap();
    drop(second);
    format!("{:?}", world.count().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_transaction_of_a_dead_guest_is_nobodys() {
    let Some(world) = World::new(PostgresPooling::Fresh) else { return };
    assert_eq!(half_a_transaction_and_a_whole_one(&world).await, "[[DbValue::Int64(2)]]");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_under_spin_the_next_guest_commits_what_a_dead_one_left() {
    let Some(world) = World::new(PostgresPooling::Spin) else { return };
    assert_eq!(half_a_transaction_and_a_whole_one(&world).await, "[[DbValue::Int64(1)], [DbValue::Int64(2)]]");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_and_came_back_is_used_again() {
    let Some(mut world) = World::new(PostgresPooling::Fresh) else { return };
    let mut guest = world.guest().await;
    insert(&mut guest, 1).await;
    drop(guest);
    world.server.crash().unwrap();
    let refused = GuestConnection::open(&world.postgres, &world.address, &world.allowed).await;
    assert!(matches!(refused.err(), Some(Error::ConnectionFailed(_))));
    world.server.restart().unwrap();
    assert_eq!(insert(&mut world.guest().await, 2).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_comes_with_its_code_and_what_is_not_allowed_is_not_tried() {
    let Some(world) = World::new(PostgresPooling::Fresh) else { return };
    let mut guest = world.guest().await;
    for (sql, code) in [("SELECT 1 / $1", "22012"), ("SELECT nothing FROM t WHERE n = $1", "42703")] {
        let refused = guest.query(sql, vec![ParameterValue::Int32(0)]).await.unwrap_err();
        let Error::QueryFailed(QueryError::DbError(said)) = refused else { panic!("{refused:?}") };
        assert_eq!(said.code, code);
    }
    let wrong_type = guest.execute("INSERT INTO t VALUES ($1)", vec![ParameterValue::Str("1".to_owned())]).await;
    assert!(matches!(wrong_type, Err(Error::QueryFailed(QueryError::Text(_)))), "{wrong_type:?}");
    drop(guest);
    let elsewhere = world.address.replace("127.0.0.1", "127.0.0.2");
    let Err(Error::ConnectionFailed(text)) = GuestConnection::open(&world.postgres, &elsewhere, &world.allowed).await
    else {
        panic!("another host was reached");
    };
    assert!(text.contains("not permitted"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_come_back_as_they_were_sent() {
    let Some(world) = World::new(PostgresPooling::Fresh) else { return };
    let mut guest = world.guest().await;
    let sent = vec![
        ParameterValue::Boolean(true),
        ParameterValue::Int64(-7),
        ParameterValue::Floating64(0.5),
        ParameterValue::Str("Zürich".to_owned()),
        ParameterValue::Binary(vec![0, 255]),
        ParameterValue::Datetime((2026, 11, 29, 8, 15, 59, 123_000)),
        ParameterValue::Uuid("67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned()),
        ParameterValue::ArrayInt64(vec![Some(1), None]),
        ParameterValue::DbNull,
    ];
    let sql = "SELECT $1::bool, $2::bigint, $3::float8, $4::text, $5::bytea, $6::timestamp, $7::uuid, $8::bigint[], \
               $9::text";
    let found = guest.query(sql, sent).await.unwrap();
    let expected = [
        DbValue::Boolean(true),
        DbValue::Int64(-7),
        DbValue::Floating64(0.5),
        DbValue::Str("Zürich".to_owned()),
        DbValue::Binary(vec![0, 255]),
        DbValue::Datetime((2026, 11, 29, 8, 15, 59, 123_000)),
        DbValue::Uuid("67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned()),
        DbValue::ArrayInt64(vec![Some(1), None]),
        DbValue::DbNull,
    ];
    assert_eq!(format!("{:?}", found.rows), format!("[{:?}]", expected));
}
