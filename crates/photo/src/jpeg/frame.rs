//! The frame header (T.81, B.2.2): size, coding process, components.

use crate::Break;
use crate::bytes::{array, u16_be};

/// Most components that are decoded: four, as in CMYK.
const MOST_COMPONENTS: usize = 4;

/// Frame headers SOF0..SOF15, without DHT, JPG and DAC which share their range.
pub(super) fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// Width and height of a frame header of any kind.
pub(super) fn size(body: &[u8]) -> Result<(u32, u32), Break> {
    // Precision (1), height (2), width (2).
    Ok((u16_be(body, 3)?.into(), u16_be(body, 1)?.into()))
}

/// One component of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    pub id: u8,
    /// Destination of its quantisation table.
    pub quantisation: u8,
    /// Samples across and down, without padding.
    pub samples_across: usize,
    pub samples_down: usize,
    /// Blocks a minimum coded unit has of it, across and down (1 to 4).
    pub across: usize,
    pub down: usize,
    /// Blocks in a scan of this component alone, across and down: what the picture needs.
    pub blocks_across: usize,
    pub blocks_down: usize,
    /// Blocks a line has in an interleaved scan, padding included.
    pub stride: usize,
    /// Blocks with all padding.
    pub padded_blocks: usize,
}

/// A frame that is decoded here: Huffman-coded, eight bits, sequential or progressive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub progressive: bool,
    /// Minimum coded units of an interleaved scan, across and down.
    pub units_across: usize,
    pub units_down: usize,
    pub components: Vec<Component>,
}

/// Why a frame is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameError {
    /// A coding process of the standard that is not decoded here.
    Unsupported(&'static str),
    /// The header contradicts the standard.
    Broken(&'static str),
}

impl FrameError {
    /// The coding process, when that is the trouble.
    #[cfg(feature = "pixels")]
    pub(super) fn unsupported(self) -> Option<&'static str> {
        match self {
            Self::Unsupported(what) => Some(what),
            Self::Broken(_) => None,
        }
    }

    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Unsupported(reason) | Self::Broken(reason) => reason,
        }
    }
}

/// A component as the frame header states it: id, sampling across and down, quantisation table.
type Stated = (u8, usize, usize, u8);

impl Frame {
    pub(super) fn parse(marker: u8, body: &[u8]) -> Result<Self, FrameError> {
        let short = |_| FrameError::Broken("the frame header is too short");
        let progressive = match marker {
            0xC0 | 0xC1 => false,
            0xC2 => true,
            0xC3 => return Err(FrameError::Unsupported("lossless JPEG (SOF3)")),
            0xC5..=0xC7 | 0xCD..=0xCF => return Err(FrameError::Unsupported("hierarchical JPEG")),
            _ => return Err(FrameError::Unsupported("JPEG with arithmetic coding")),
        };
        let [precision, _, _, _, _, count] = array::<6>(body, 0).map_err(short)?;
        if precision == 12 {
            return Err(FrameError::Unsupported("JPEG with 12 bits a sample"));
        }
        if precision != 8 {
            return Err(FrameError::Broken("the frame header states an impossible precision"));
        }
        let (width, height) = size(body).map_err(short)?;
        let count = usize::from(count);
        if !(1..=MOST_COMPONENTS).contains(&count) {
            return Err(FrameError::Broken("the frame header states an impossible number of components"));
        }
        let stated: Vec<Stated> = body
            .get(6..)
            .unwrap_or_default()
            .chunks_exact(3)
            .take(count)
            .filter_map(|chunk| match chunk {
                [id, factors, table] => Some((*id, usize::from(factors >> 4), usize::from(factors & 15), *table)),
                _ => None,
            })
            .collect();
        if stated.len() != count {
            return Err(FrameError::Broken("the frame header is too short"));
        }
        if stated.iter().any(|(_, across, down, _)| !(1..=4).contains(across) || !(1..=4).contains(down)) {
            return Err(FrameError::Broken("the frame header states an impossible sampling"));
        }
        Ok(Self::of(progressive, width as usize, height as usize, &stated))
    }

    fn of(progressive: bool, width: usize, height: usize, stated: &[Stated]) -> Self {
        let most = |side: fn(&Stated) -> usize| stated.iter().map(side).max().unwrap_or(1);
        let (most_across, most_down) = (most(|c| c.1), most(|c| c.2));
        let units_across = width.div_ceil(8 * most_across);
        let units_down = height.div_ceil(8 * most_down);
        let components = stated
            .iter()
            .map(|&(id, across, down, quantisation)| Component {
                id,
                quantisation,
                samples_across: (width * across).div_ceil(most_across),
                samples_down: (height * down).div_ceil(most_down),
                across,
                down,
                blocks_across: (width * across).div_ceil(most_across).div_ceil(8),
                blocks_down: (height * down).div_ceil(most_down).div_ceil(8),
                stride: units_across * across,
                padded_blocks: units_across * across * units_down * down,
            })
            .collect();
        Self { progressive, units_across, units_down, components }
    }
}
