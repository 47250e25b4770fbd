//! The file billing ingests: its columns, its name and its manifest. Pure functions of the bound bill lines.

mod copies;
mod correction;
mod csv;
mod lines;
mod manifest;
mod name;
mod object;
mod part;
mod pieces;
mod reading;
mod schema;
mod unreadable;

pub use self::copies::{BILLING, Copies, CopyMark, CopyProfile, MOST_COPIES, is_copy_name};
pub use self::correction::{
    Action, Cause, CorrectionLine, Disposition, Place, PublishedCorrection, Question, read_corrections,
    render_corrections,
};
pub use self::csv::{Profile, RenderError, UnknownProfile, render, render_header, render_keyed, render_rows};
pub use self::lines::{Content, PublishedLine, bills_the_same, passage_of_row, raw_rows, read_lines, row_sha256};
pub use self::manifest::{GENESIS_SHA256, Kind, Manifest, UnknownKind};
pub use self::name::{file_name, file_name_with_sequence, portable_file_name};
pub use self::object::ExportObject;
pub use self::part::Part;
pub use self::pieces::{Index, PIECE_BYTES, Piece, Wanted};
pub use self::reading::{ContentReader, ReadPiece};
pub use self::schema::{corrections_schema, table_schema};
pub use self::unreadable::ReadError;

use crate::Instant;
use crate::plate_type::PlateType;

/// One bill line.
#[derive(Debug, Clone, PartialEq)]
pub struct BillLine {
    /// `psg_…`
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// Capital letters and digits.
    pub plate: String,
    /// `us-tx`
    pub jurisdiction: String,
    /// `read`, `assumed-from-booth` or `reviewer`
    pub jurisdiction_source: String,
    /// As the camera wrote it, with its offset.
    pub captured_at: String,
    /// The moment it names.
    pub captured_at_instant: Instant,
    /// `judge`, or the reviewer's token id.
    pub decided_by: String,
    /// 0..1; none for a reviewer's verdict.
    pub confidence: Option<f32>,
    /// `<passage>.jpg`
    pub photo_name: String,
    /// What a person recorded of the plate's type; none where nobody did.
    pub plate_type: Option<PlateType>,
}
