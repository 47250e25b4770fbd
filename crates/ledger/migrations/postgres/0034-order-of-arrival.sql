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
-- What is done stays in the indexes of these queues until the table is cleaned, and whoever looks for the first goes past all of
-- it: the server waits by itself for a fifth of the table, which would be millions, and leaves indexes alone where little is dead.
ALTER TABLE passage SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 20000, vacuum_index_cleanup = on);
ALTER TABLE message SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 20000, vacuum_index_cleanup = on);
ALTER TABLE shadow_task SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 20000, vacuum_index_cleanup = on);
