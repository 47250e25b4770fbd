-- What waits to be read, by arrival. PostgreSQL, which knows how many wait but not that those are the youngest, found the first
-- by sequence through the primary key, past all that was read before: each lease cost more than the one before. No other
-- index has this order.
DROP INDEX passage_state;
CREATE INDEX passage_state ON passage (state, sequence);
CREATE INDEX passage_waiting ON passage (received_at_ms, sequence, next_attempt_at_ms, waiting_since_ms, turn)
    WHERE state = 'waiting';
DROP INDEX passage_second;
CREATE INDEX passage_second ON passage (received_at_ms, sequence, next_attempt_at_ms, waiting_since_ms)
    WHERE state = 'waiting' AND turn = 'second';
