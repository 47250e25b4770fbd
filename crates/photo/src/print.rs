//! What a picture looks like in 432 bytes, to tell a frame that was encoded anew from another photo of the same vehicle.
//!
//! The mean brightness of each cell of a grid over the whole picture. Quality, metadata and a change of size by a tenth move a
//! mean by a few of its 255 steps; a vehicle a few pixels further on moves those along its edges by dozens. It comes from the
//! blocks' DC coefficients, which the measure of damage passes anyway. What is near enough is for the rules to say
//! (`tollbooth_pipeline::print`).

/// Cells of a print.
const ACROSS: usize = 24;
const DOWN: usize = 18;
/// Samples of a block's side.
const SIDE: usize = 8;

/// Mean brightness of each cell, 0 to 255, line by line from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print(Vec<u8>);

impl Print {
    /// The bytes to keep and to compare.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to keep and to compare.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The brightness of a picture's blocks.
pub(crate) struct Blocks<'a> {
    /// 0 to 255, line by line.
    pub levels: &'a [u8],
    /// Blocks a line.
    pub stride: usize,
    /// Samples that are picture and no padding.
    pub samples_across: usize,
    pub samples_down: usize,
}

/// None for a picture with fewer blocks than cells: too small to tell anything from.
pub(crate) fn of(blocks: &Blocks<'_>) -> Option<Print> {
    if blocks.samples_across < ACROSS * SIDE || blocks.samples_down < DOWN * SIDE {
        return None;
    }
    let columns: Vec<_> = (0..ACROSS).map(|cell| shares(cell, ACROSS, blocks.samples_across)).collect();
    let mut cells = Vec::with_capacity(ACROSS * DOWN);
    for line in 0..DOWN {
        let lines = shares(line, DOWN, blocks.samples_down);
        for column in &columns {
            let (mut sum, mut weight) = (0_u64, 0_u64);
            for &(y, height) in &lines {
                for &(x, width) in column {
                    let level = *blocks.levels.get(y * blocks.stride + x)?;
                    sum += u64::from(level) * height * width;
                    weight += height * width;
                }
            }
            cells.push(u8::try_from(sum.checked_div(weight)?).ok()?);
        }
    }
    Some(Print(cells))
}

/// The blocks under a cell along one side, each with how much of it lies there, in samples times cells.
fn shares(cell: usize, cells: usize, samples: usize) -> Vec<(usize, u64)> {
    let (start, end) = (cell * samples, (cell + 1) * samples);
    let side = SIDE * cells;
    (start / side..end.div_ceil(side))
        .map(|block| {
            let inside = end.min((block + 1) * side).saturating_sub(start.max(block * side));
            (block, inside as u64)
        })
        .collect()
}
