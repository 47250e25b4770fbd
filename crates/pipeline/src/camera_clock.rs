//! Cameras that write local time and call it UTC.
//!
//! Each of their passages is off by exactly the zone's offset, and no single one can be known from a photo that was kept
//! for hours. Many of one camera can: what is usual between its capture and its receipt then lies beside the offset, where
//! a network's delays never stay. West of Greenwich only: east of it such times lie ahead, and are refused.

/// Passages of one camera that are needed to say what is usual.
pub const FEW: usize = 5;
/// Most that sending takes, and a clock may be wrong, in milliseconds. Offsets differ by quarters of an hour.
const NEAR_MS: i64 = 7 * 60_000;
/// How many in ten passages must say the same.
const TENTHS: usize = 8;

/// The time between capture and receipt that is usual for a camera, in milliseconds: the median of `lags`.
/// None where there are fewer than [`FEW`], or where fewer than eight in ten lie within seven minutes of it.
#[must_use]
pub fn usual_lag(lags: &mut [i64]) -> Option<i64> {
    if lags.len() < FEW {
        return None;
    }
    lags.sort_unstable();
    let median = *lags.get(lags.len() / 2)?;
    let near = lags.iter().filter(|lag| (**lag - median).abs() <= NEAR_MS).count();
    (near * 10 >= lags.len() * TENTHS).then_some(median)
}

/// Whether a usual lag is the one of a camera that calls local time UTC, where clocks are `offset_seconds` off UTC
/// (negative in the west).
#[must_use]
pub fn is_local_time_as_utc(usual_lag_ms: i64, offset_seconds: i32) -> bool {
    let behind = -i64::from(offset_seconds) * 1000;
    // An offset that a delay may be is none that can be told from one.
    behind > 4 * NEAR_MS && (usual_lag_ms - behind).abs() <= NEAR_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const CHICAGO: i32 = -6 * 3600;

    #[test]
    fn a_camera_that_is_always_an_offset_late_calls_local_time_utc() {
        let mut lags = [6 * HOUR + 2_000, 6 * HOUR + 800, 6 * HOUR + 40_000, 6 * HOUR + 1_000, 6 * HOUR + 3_000];
        let lag = usual_lag(&mut lags).unwrap();
        assert!(is_local_time_as_utc(lag, CHICAGO));
        assert!(!is_local_time_as_utc(lag, -5 * 3600), "it is winter");
    }

    #[test]
    fn a_camera_that_sends_what_it_kept_is_not_suspected() {
        let mut one_outage = [1_000, 2_000, 6 * HOUR, 1_500, 900, 1_200];
        assert!(!is_local_time_as_utc(usual_lag(&mut one_outage).unwrap(), CHICAGO));
        let mut emptying = [6 * HOUR, 5 * HOUR, 4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR, 1_000];
        assert_eq!(usual_lag(&mut emptying), None, "nothing is usual");
        assert_eq!(usual_lag(&mut [6 * HOUR; FEW - 1]), None, "too few to say");
    }

    #[test]
    fn where_clocks_show_utc_or_run_ahead_of_it_nobody_is_suspected() {
        assert!(!is_local_time_as_utc(1_000, 0));
        assert!(!is_local_time_as_utc(-HOUR, 3600));
        assert!(!is_local_time_as_utc(10 * 60_000, -15 * 60), "a delay may be that long");
    }
}
