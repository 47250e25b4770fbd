//! The front door: photo bytes in, a [`Reading`] out.

use crate::bands;
use crate::contrast;
use crate::detector::Detector;
use crate::error::RecognitionError;
use crate::frame;
use crate::look::{self, Eyes};
use crate::models::Models;
use crate::network::Network;
use crate::photo::{self, Limits};
use crate::raster::Raster;
use crate::reading::Reading;
use crate::settling;
use crate::speller::Speller;
use crate::stages::{Clock, Stages, Stopwatch};
use crate::turned;
use crate::vehicle::VehicleFinder;
use crate::view::Look;
use tollbooth_plate::{PlateSighting, TextLine, names_barred_zeros, names_other_register, pair};

/// Names the networks and the revision of what is done with them, in every reading, so that readings of different makes
/// are never compared as one. The revision grows with every change of the networks, their arithmetic, this crate or
/// `tollbooth-plate` after which some photo could be read differently.
pub const MODEL: &str = "pp-ocrv4-det+pp-ocrv6-rec-small-ascii+efficientnet-lite0/r11";

/// Texts of a photo beside which names are looked for, at most.
const NAMED_PLATES: usize = 3;
/// A text with less than this share of the best one's score is not the plate in its place.
const RIVAL_SHARE: f32 = 0.2;

/// Reads plates from photos. Loading takes tens of milliseconds; keep it while there is work.
pub struct Recognizer {
    detector: Detector,
    speller: Speller,
    vehicles: VehicleFinder,
    limits: Limits,
    clock: Option<Clock>,
}

impl Recognizer {
    /// Loads the networks that every photo needs; the one that looks for vehicles is loaded by the first photo without a
    /// plate.
    ///
    /// # Errors
    /// [`RecognitionError::Model`] when a model is not the expected one.
    pub fn new(models: Models) -> Result<Self, RecognitionError> {
        Ok(Self {
            detector: Detector::new(Network::load("detection", models.detection)?),
            speller: Speller::new(Network::load("recognition", models.recognition)?)?,
            vehicles: VehicleFinder::new(models.vehicle),
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
    /// A photo that is damaged, empty, of another format or too large; or a model that does not run. A photo
    /// without a plate is no error: its list of plates is empty.
    pub fn read(&self, photo: &[u8]) -> Result<Reading, RecognitionError> {
        let mut stages = Stages::default();
        let mut watch = Stopwatch::start(self.clock);
        let raster = photo::decode(photo, self.limits)?;
        if let Some(emptiness) = frame::emptiness(&raster) {
            return Err(RecognitionError::EmptyFrame { reason: emptiness.description() });
        }
        stages.decode_ms = watch.lap();
        let (looks, mut plates) = self.examine(&raster, &mut watch, &mut stages)?;
        let lines = settling::lines(looks);
        self.name(&raster, &mut plates, &lines)?;
        if let Some(plate) = plates.first_mut() {
            plate.doubts.extend(turned::doubt(&self.speller, &raster, plate)?);
        }
        stages.bands_ms = watch.lap();
        let mut vehicle = None;
        if plates.is_empty() {
            // Where the camera writes into its photos, a black frame is not black all over.
            if let Some(emptiness) = frame::emptiness_between_stamps(&raster) {
                return Err(RecognitionError::EmptyFrame { reason: emptiness.description() });
            }
            vehicle = self.vehicles.look(&raster)?;
        }
        stages.vehicle_ms = watch.lap();
        let (width, height) = (raster.width as u32, raster.height as u32);
        Ok(Reading { width, height, lines, plates, vehicle, model: MODEL.to_owned(), stages })
    }

    /// Looks for an issuer's name beside the foremost text, and beside those that may be the plate in its place.
    fn name(&self, photo: &Raster, plates: &mut [PlateSighting], lines: &[TextLine]) -> Result<(), RecognitionError> {
        let best = plates.first().map_or(0.0, |plate| plate.score);
        let may_be_the_plate = |plate: &&mut PlateSighting| plate.score >= RIVAL_SHARE * best;
        for plate in plates.iter_mut().take(NAMED_PLATES).filter(may_be_the_plate) {
            if bands::are_worth_reading(plate) {
                let serial = plate.best().map(|best| best.text.clone()).unwrap_or_default();
                let beside = bands::read(&self.speller, photo, &plate.quad, &serial)?;
                plate.evidence.is_of_other_register |= beside.words.iter().any(|words| names_other_register(words));
                plate.evidence.has_barred_zeros |= beside.words.iter().any(|words| names_barred_zeros(words));
                plate.marks = beside.marks;
                let named = plate.issuers.drain(..).chain(pair::reads(&plate.marks)).collect::<Vec<_>>();
                plate.name(tollbooth_plate::with_registers(named, &plate.quad, lines));
                plate.jurisdiction = plate.jurisdiction.take().or_else(|| pair::clearest(&plate.issuers));
            } else if plate.clear_name().is_some() {
                plate.name(plate.issuers.clone());
            }
        }
        tollbooth_plate::plate_before_writing(plates);
        Ok(())
    }

    /// Glances at the photo, then looks at all of it, closer, and with more contrast, until the plate is certain.
    fn examine(
        &self,
        photo: &Raster,
        watch: &mut Stopwatch,
        stages: &mut Stages,
    ) -> Result<(Vec<Look>, Vec<PlateSighting>), RecognitionError> {
        let eyes = Eyes { detector: &self.detector, speller: &self.speller };
        let is_certain = |plates: &[PlateSighting]| plates.first().is_some_and(settling::is_certain);

        let glance = eyes.confirm(photo, eyes.look(photo, &look::GLANCE)?, &look::GLANCE_REREADINGS)?;
        let plates = settling::settle(&[&glance]);
        stages.glance_ms = watch.lap();
        if is_certain(&plates) {
            return Ok((vec![glance], plates));
        }

        // A large text that is nearly certain is looked at closer at once; else the whole photo is searched for more.
        let mut looks = vec![glance];
        let mut crops = &look::GLANCE_REREADINGS;
        if !looks.first().is_some_and(|glance| glance.is_promising() && glance.is_near(photo)) {
            let full = eyes.confirm(photo, eyes.look(photo, &look::FULL)?, &look::REREADINGS)?;
            let plates = settling::settle(&[&full]);
            stages.full_look_ms = watch.lap();
            looks.insert(0, full);
            crops = &look::REREADINGS;
            if is_certain(&plates) {
                return Ok((looks, plates));
            }
        }

        let close = eyes.look_closer(photo, looks.first(), &look::CLOSE)?;
        let mut close = eyes.reread(photo, close, &look::REREADINGS)?;
        let plates = settling::settle(&[&close]);
        stages.close_look_ms = watch.lap();
        if is_certain(&plates) {
            looks.insert(0, close);
            return Ok((looks, plates));
        }

        let evened = contrast::evened(photo);
        let contrast = eyes.look_closer(&evened, looks.first(), &look::CONTRAST)?;
        let mut contrast = eyes.reread(&evened, contrast, &look::REREADINGS)?;
        eyes.read_own_rows(photo, &mut close)?;
        eyes.read_own_rows(&evened, &mut contrast)?;
        // The looks before saw less than these two, so they have a say only where these saw nothing.
        let mut plates = settling::settle(&[&close, &contrast]);
        if plates.is_empty() && !looks.is_empty() {
            let before = eyes.reread(photo, looks.remove(0), crops)?;
            plates = settling::settle(&[&before]);
            looks.insert(0, before);
        }
        stages.contrast_look_ms = watch.lap();
        looks.splice(0..0, [close, contrast]);
        Ok((looks, plates))
    }
}
