-- What waits to be read, in order. PostgreSQL, which knows how many wait but not that those are the youngest, went through all
-- that was read before to find the oldest: each lease cost more than the one before.
DROP INDEX passage_state;
CREATE INDEX passage_state ON passage (state, sequence);
-- By one column: of an index by several, PostgreSQL assumes that its rows lie scattered, and takes the primary key instead.
CREATE INDEX passage_waiting ON passage (sequence) INCLUDE (next_attempt_at_ms, waiting_since_ms, turn)
    WHERE state = 'waiting';
