-- The roles of TollBooth's ledger, once for a server, by its administrator:
--
--   psql -d postgres -f deploy/postgres/roles.sql
--
-- Neither has a password yet: give each one with \password, or whatever your server authenticates by.

-- Owns the schema and changes it; used by `tollbooth migrate` and nothing else.
CREATE ROLE tollbooth_migrator LOGIN;

-- What components connect as. A connection is taken for a request and waited for by others, so nothing may run or do
-- nothing for long; the limits here hold from the first statement on. Replicas share the connections: with more than
-- two, raise the limit, and the server's max_connections with it.
CREATE ROLE tollbooth_application LOGIN CONNECTION LIMIT 90;
ALTER ROLE tollbooth_application SET statement_timeout = '15s';
ALTER ROLE tollbooth_application SET lock_timeout = '5s';
ALTER ROLE tollbooth_application SET idle_in_transaction_session_timeout = '10s';
-- A commit that is acknowledged is on the disk, and on the standby that the server waits for: set synchronous_standby_names,
-- or a failover may lose what was acknowledged (docs/operations.md, "A standby").
ALTER ROLE tollbooth_application SET synchronous_commit = 'on';
