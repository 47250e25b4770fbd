-- Who may do what in the ledger's database, once, by the server's administrator. Texts must compare byte by byte, so:
--
--   createdb --template template0 --encoding UTF8 --locale C.UTF-8 tollbooth
--   psql -d tollbooth -f deploy/postgres/database.sql
--   tollbooth migrate --postgres postgres://tollbooth_migrator@HOST/tollbooth

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO tollbooth_migrator;
GRANT USAGE ON SCHEMA public TO tollbooth_application;
