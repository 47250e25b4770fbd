//! The passage key of a push: derived from camera, time and picture, so that a camera may send an event as often as it
//! likes (ADR 0002 says why derived and not drawn).

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;

/// Events of one vehicle come within this time of each other, in milliseconds. Cameras count vehicles from 1 again when they
/// start, so what is farther apart is another vehicle.
pub const ONE_VEHICLE_MS: i64 = 600_000;

/// Of a picture and the time that its camera says; none where only the receipt is known, for that is another one each time.
pub fn of_picture(camera: &str, captured_at: Option<Instant>, picture_digest: &str) -> String {
    let time = captured_at.map(|instant| instant.to_string()).unwrap_or_default();
    derived_id("push", &[camera, "picture", &time, picture_digest])
}

/// Of a vehicle of which a camera sends several events: the key of this stretch of time, and the one before it. Of the camera's
/// token: each camera counts its own vehicles, and those of two lanes may have one name.
pub fn of_vehicle(token: &str, vehicle: &str, captured_at: Instant) -> [String; 2] {
    let stretch = captured_at.div_euclid(ONE_VEHICLE_MS);
    [stretch, stretch - 1].map(|stretch| derived_id("push", &[token, "vehicle", vehicle, &stretch.to_string()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_event_has_the_same_key_and_another_time_or_picture_another_one() {
        let key = of_picture("front", Some(1), "aa");
        assert_eq!(key, of_picture("front", Some(1), "aa"));
        for other in [
            of_picture("rear", Some(1), "aa"),
            of_picture("front", Some(2), "aa"),
            of_picture("front", Some(1), "bb"),
            of_picture("front", None, "aa"),
        ] {
            assert_ne!(key, other);
        }
        assert_eq!(tollbooth_pipeline::ident::check_key(&key), Ok(()));
    }

    #[test]
    fn events_of_a_vehicle_share_a_key_or_are_found_under_the_one_before() {
        let [first, _] = of_vehicle("tok_1", "907 KBR4651", ONE_VEHICLE_MS - 1);
        let [later, before] = of_vehicle("tok_1", "907 KBR4651", ONE_VEHICLE_MS + 9_000);
        assert_ne!(first, later);
        assert_eq!(first, before);
        assert_ne!(first, of_vehicle("tok_1", "908 KBR4651", ONE_VEHICLE_MS - 1)[0]);
        assert_ne!(first, of_vehicle("tok_2", "907 KBR4651", ONE_VEHICLE_MS - 1)[0], "another camera's vehicle");
    }
}
