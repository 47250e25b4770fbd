-- What an export of corrections is published as is written down before its manifest is stored: from then on it is not given up,
-- so no manifest ever lies in the store under a number that something else uses. Gone once it is published.
ALTER TABLE export ADD COLUMN sealed_manifest TEXT
    CHECK (sealed_manifest IS NULL OR (state = 'bound' AND kind = 'corrections'));
