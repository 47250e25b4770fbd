-- What components may do with the ledger's tables. `tollbooth migrate` runs this after every migration, in one
-- transaction, as the owner of the tables; it can be run again at any time.
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO tollbooth_application;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tollbooth_application;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO tollbooth_application;
-- What happened, happened: history, verdicts, bill lines and what became of them are added to, never changed.
REVOKE UPDATE ON event, verdict, bill_line, correction, disposition, recall, export_copy, alert_rule_version
    FROM tollbooth_application;
-- Nor who looked at a photo or fetched a file, which mail told of which alert, and which secrets and sign-ins were used up.
REVOKE UPDATE ON photo_view, export_download, message_alert, finished_sign_in, revoked_first_operator FROM tollbooth_application;
-- Which reviews are drawn follows from this, for as long as the ledger lives.
REVOKE INSERT, UPDATE ON blind_secret FROM tollbooth_application;
-- Only the owner changes the schema.
REVOKE INSERT, UPDATE ON schema_migration FROM tollbooth_application;
-- Nothing of the ledger is deleted but a setting that goes back to its default, what people signed in with, looked at and fetched, long
-- over, what was wrong and is well again (the alert about it stays), destinations that nothing is delivered to any more, and telemetry that is added up
-- or kept no longer, with the counts of refused uploads that were added into it.
GRANT DELETE ON setting, sign_in_link, session, finished_sign_in, photo_view, export_download, alert_condition, alert_snooze, destination,
    booth_traffic TO tollbooth_application;
GRANT DELETE ON telemetry, telemetry_pending, telemetry_standing, refusal, stranger_refusal TO tollbooth_application;
-- An export of corrections that nobody has seen is given up when a file that it refers to is lost; triggers keep the rest.
GRANT DELETE ON export, correction TO tollbooth_application;
