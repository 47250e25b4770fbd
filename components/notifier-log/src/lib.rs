//! Delivers notices by writing them to the component's log, one line each: for laptops and tests, and for sites whose
//! log collector raises the alarm.

wit_bindgen::generate!({
    inline: "
        package tollbooth:notifier-log;
        world notifier-log {
            export tollbooth:notifier/notifier@0.1.0;
        }
    ",
    path: ["../../wit/notifier"],
    world: "tollbooth:notifier-log/notifier-log",
});

use exports::tollbooth::notifier::notifier::{Failure, Guest, Notice};

struct NotifierLog;

impl Guest for NotifierLog {
    fn deliver(notice: Notice) -> Result<(), Failure> {
        let one_line = |text: &str| text.replace(['\n', '\r'], " | ");
        tollbooth_log::log!(
            Notice,
            id = notice.id,
            kind = notice.kind,
            subject = one_line(&notice.subject),
            body = one_line(&notice.body),
        );
        Ok(())
    }
}

export!(NotifierLog);
