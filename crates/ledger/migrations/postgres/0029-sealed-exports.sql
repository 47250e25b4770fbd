-- What an export of corrections is published as, before its manifest is stored. The meaning is that of
-- ../0029-sealed-exports.sql.
ALTER TABLE export ADD COLUMN sealed_manifest TEXT
    CHECK (sealed_manifest IS NULL OR (state = 'bound' AND kind = 'corrections'));
