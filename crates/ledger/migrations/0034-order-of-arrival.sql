-- What waits for readers and for people, by arrival. PostgreSQL, which knows how many wait but not that those are the youngest,
-- found the first by sequence through the primary key, past all that was read before: each lease and claim cost more than the
-- one before. No other index has this order.
DROP INDEX passage_state;
CREATE INDEX passage_state ON passage (state, sequence);
CREATE INDEX passage_waiting ON passage (received_at_ms, sequence, next_attempt_at_ms, waiting_since_ms, turn)
    WHERE state = 'waiting';
DROP INDEX passage_second;
CREATE INDEX passage_second ON passage (received_at_ms, sequence, next_attempt_at_ms, waiting_since_ms)
    WHERE state = 'waiting' AND turn = 'second';
CREATE INDEX passage_open ON passage (received_at_ms, sequence) WHERE state = 'in-review';
-- What one person holds was counted among all that is open.
CREATE INDEX passage_claimed ON passage (claimed_by, claimed_until_ms, claimed_at_ms) WHERE claimed_by IS NOT NULL;
