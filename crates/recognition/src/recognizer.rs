//! The front door: photo bytes in, a [`Reading`] out.

use crate::crop;
use crate::detector::Detector;
use crate::error::RecognitionError;
use crate::network::Network;
use crate::photo::{self, Limits};
use crate::raster::Raster;
use crate::reading::Reading;
use crate::regions::Region;
use crate::speller::Speller;
use crate::stages::{Clock, Stages, Stopwatch};
use tollbooth_plate::TextLine;

/// Names the models and the rules of this crate in every reading.
pub const MODEL: &str = concat!("pp-ocrv4-det+pp-ocrv6-rec-small-ascii/tollbooth-", env!("CARGO_PKG_VERSION"));

/// Lines read with less mean confidence than this are texture, not text.
const LEAST_CONFIDENCE: f32 = 0.5;

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
        let mut watch = Stopwatch::start(self.clock);
        let raster = photo::decode(photo, self.limits)?;
        let decode_ms = watch.lap();
        let regions = self.detector.regions(&raster)?;
        let detect_ms = watch.lap();
        let lines = self.lines(&raster, &regions)?;
        let (width, height) = (raster.width as u32, raster.height as u32);
        let plates = tollbooth_plate::pick(&lines, width, height);
        let read_ms = watch.lap();
        let stages = Stages { decode_ms, detect_ms, read_ms, reread_ms: watch.lap() };
        Ok(Reading { width, height, lines, plates, model: MODEL.to_owned(), stages })
    }

    fn lines(&self, photo: &Raster, regions: &[Region]) -> Result<Vec<TextLine>, RecognitionError> {
        let mut lines = Vec::new();
        for region in regions {
            let spelling = self.speller.spell(&crop::cut(photo, &region.quad))?;
            let confidence = spelling.mean();
            if confidence >= LEAST_CONFIDENCE && !spelling.text.trim().is_empty() {
                lines.push(TextLine {
                    quad: region.quad,
                    text: spelling.text,
                    confidence,
                    characters: spelling.characters,
                    detection: region.score,
                });
            }
        }
        Ok(lines)
    }
}
