//! How long a reviewer waits for the next photo: 200 reviews driven by the keyboard in Chromium, photos of 1920 x 1080, the
//! time from `Enter` to the next photo painted, and whether the page's memory grows. Run with `scripts/bench console`.

use serde_json::json;
use tollbooth_simulator::{Scene, SceneOptions};
use tollbooth_tests::{Host, Script, browser_or_skip};

const REVIEWS: u64 = 200;

fn main() {
    assert!(browser_or_skip("the bench of the console"), "install the browser first: scripts/browser");
    let mut host = Host::start();
    let camera = host.camera("north");
    let settings =
        json!({ "intake.captured_at_max_age_hours": 87_600, "intake.captured_at_max_ahead_seconds": 86_400 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    let options = SceneOptions { width: 1920, height: 1080, ..SceneOptions::clear_day() };
    // Two more than are decided: the last ones are followed by a photo, too.
    for seed in 0..REVIEWS + 2 {
        let drawn = Scene::draw(seed, &options).expect("draw a photo");
        let photo = Script::default().then_plate(&drawn.plate, 0.62).behind(drawn.jpeg);
        let at = format!("2026-11-20T{:02}:{:02}:00Z", seed / 60, seed % 60);
        let sent = camera.send_photo("north", &format!("key-{seed}"), &at, "1", &photo);
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    host.drain();
    host.browse("bench");
}
