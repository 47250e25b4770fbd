-- What pictures look like, to know one that is sent again in another encoding. The meaning is that of ../0011-prints.sql.

CREATE TABLE picture_print (
    passage_sequence BIGINT PRIMARY KEY REFERENCES passage (sequence),
    booth_id         TEXT NOT NULL REFERENCES booth (id),
    -- What was read, with all characters that are commonly confused as one.
    text_key         TEXT NOT NULL,
    -- Mean brightness of each cell of a grid over the picture, a byte each.
    print            BYTEA NOT NULL CHECK (length(print) BETWEEN 1 AND 1024)
);

CREATE INDEX picture_print_text ON picture_print (booth_id, text_key, passage_sequence);
