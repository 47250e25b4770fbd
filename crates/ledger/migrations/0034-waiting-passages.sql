-- What waits to be read, in order. PostgreSQL, which knows how many wait but not that those are the youngest, went through all
-- that was read before to find the oldest: each lease cost more than the one before.
DROP INDEX passage_state;
CREATE INDEX passage_state ON passage (state, sequence);
CREATE INDEX passage_waiting ON passage (sequence, next_attempt_at_ms, waiting_since_ms, turn) WHERE state = 'waiting';
