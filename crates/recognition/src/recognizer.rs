//! The front door: photo bytes in, a [`Reading`] out.

use crate::contrast;
use crate::detector::Detector;
use crate::error::RecognitionError;
use crate::look::{self, Eyes, Look};
use crate::network::Network;
use crate::photo::{self, Limits};
use crate::raster::Raster;
use crate::reading::Reading;
use crate::settling;
use crate::speller::Speller;
use crate::stages::{Clock, Stages, Stopwatch};
use tollbooth_plate::PlateSighting;

/// Names the models and the rules of this crate in every reading.
pub const MODEL: &str = concat!("pp-ocrv4-det+pp-ocrv6-rec-small-ascii/tollbooth-", env!("CARGO_PKG_VERSION"));

/// Reads plates from photos. Loading takes tens of milliseconds; keep it while there is work.
pub struct Recognizer {
    detector: Detector,
    speller: Speller,
    limits: Limits,
    clock: Option<Clock>,
}

impl Recognizer {
    /// Uses models that live as long as the program, such as embedded ones, without copying them.
    ///
    /// # Errors
    /// [`RecognitionError::Model`] when a model is not the expected one.
    pub fn from_static(detection: &'static [u8], recognition: &'static [u8]) -> Result<Self, RecognitionError> {
        Self::new(Network::from_static("detection", detection)?, Network::from_static("recognition", recognition)?)
    }

    /// Uses models read at run time, for example from files.
    ///
    /// # Errors
    /// [`RecognitionError::Model`] when a model is not the expected one.
    pub fn from_bytes(detection: Vec<u8>, recognition: Vec<u8>) -> Result<Self, RecognitionError> {
        Self::new(Network::from_bytes("detection", detection)?, Network::from_bytes("recognition", recognition)?)
    }

    fn new(detection: Network, recognition: Network) -> Result<Self, RecognitionError> {
        Ok(Self {
            detector: Detector::new(detection),
            speller: Speller::new(recognition)?,
            limits: Limits::default(),
            clock: None,
        })
    }

    /// Measures stages with this clock; without one they are reported as zero.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Bounds what one photo may cost.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Reads a photo (JPEG, PNG or WebP). A pure function of its bytes, apart from the measured times.
    ///
    /// # Errors
    /// A photo that is damaged, of another format or too large; or a model that does not run. A photo
    /// without a plate is no error: its list of plates is empty.
    pub fn read(&self, photo: &[u8]) -> Result<Reading, RecognitionError> {
        let mut stages = Stages::default();
        let mut watch = Stopwatch::start(self.clock);
        let raster = photo::decode(photo, self.limits)?;
        stages.decode_ms = watch.lap();
        let (looks, plates) = self.examine(&raster, &mut watch, &mut stages)?;
        let (width, height) = (raster.width as u32, raster.height as u32);
        Ok(Reading { width, height, lines: settling::lines(looks), plates, model: MODEL.to_owned(), stages })
    }

    /// Looks again, closer and then with more contrast, until the plate is certain.
    fn examine(
        &self,
        photo: &Raster,
        watch: &mut Stopwatch,
        stages: &mut Stages,
    ) -> Result<(Vec<Look>, Vec<PlateSighting>), RecognitionError> {
        let eyes = Eyes { detector: &self.detector, speller: &self.speller };
        let is_certain = |plates: &[PlateSighting]| plates.first().is_some_and(settling::is_certain);

        let first = eyes.look(photo, &look::FIRST)?;
        stages.first_look_ms = watch.lap();
        let first = eyes.reread(photo, first)?;
        let plates = settling::settle(&[&first]);
        stages.reread_ms = watch.lap();
        if is_certain(&plates) {
            return Ok((vec![first], plates));
        }

        let close = eyes.reread(photo, eyes.look(photo, &look::CLOSE)?)?;
        let plates = settling::settle(&[&close]);
        stages.close_look_ms = watch.lap();
        if is_certain(&plates) {
            return Ok((vec![close, first], plates));
        }

        let evened = contrast::evened(photo);
        let contrast = eyes.reread(&evened, eyes.look(&evened, &look::CONTRAST)?)?;
        // The first look saw less than these two, so it has a say only where they saw nothing.
        let mut plates = settling::settle(&[&close, &contrast]);
        if plates.is_empty() {
            plates = settling::settle(&[&first]);
        }
        stages.contrast_look_ms = watch.lap();
        Ok((vec![close, contrast, first], plates))
    }
}
