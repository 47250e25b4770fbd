//! `tollbooth:ledger/pushing`

use crate::bindings::exports::tollbooth::ledger::pushing::{Guest, LedgerFailure, PushingCamera};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn find(token: String) -> Result<Option<PushingCamera>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.pushing_camera(&token))?;
        Ok(found.map(|camera| PushingCamera {
            token: camera.token,
            booth: camera.booth,
            lane: camera.lane,
            camera: camera.camera,
            time_zone: camera.time_zone,
            revoked: camera.revoked,
        }))
    }
}
