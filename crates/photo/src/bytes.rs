//! Reading numbers from foreign bytes without ever running past their end.
//!
//! A read past the end is [`Break::End`], never a panic: uploads are cut off every day.

use crate::Break;

/// The `N` bytes at `offset`.
pub(crate) fn array<const N: usize>(data: &[u8], offset: usize) -> Result<[u8; N], Break> {
    let end = offset.checked_add(N).ok_or(Break::End)?;
    data.get(offset..end).and_then(|slice| slice.try_into().ok()).ok_or(Break::End)
}

pub(crate) fn u16_be(data: &[u8], offset: usize) -> Result<u16, Break> {
    array(data, offset).map(u16::from_be_bytes)
}

pub(crate) fn u16_le(data: &[u8], offset: usize) -> Result<u16, Break> {
    array(data, offset).map(u16::from_le_bytes)
}

pub(crate) fn u32_be(data: &[u8], offset: usize) -> Result<u32, Break> {
    array(data, offset).map(u32::from_be_bytes)
}

pub(crate) fn u32_le(data: &[u8], offset: usize) -> Result<u32, Break> {
    array(data, offset).map(u32::from_le_bytes)
}

pub(crate) fn u24_le(data: &[u8], offset: usize) -> Result<u32, Break> {
    let [a, b, c] = array(data, offset)?;
    Ok(u32::from_le_bytes([a, b, c, 0]))
}

/// `offset + step`, or the end where that is no address at all.
pub(crate) fn advance(offset: usize, step: usize) -> Result<usize, Break> {
    offset.checked_add(step).ok_or(Break::End)
}

/// A 32-bit length as an address step.
pub(crate) fn length(value: u32) -> Result<usize, Break> {
    usize::try_from(value).map_err(|_| Break::End)
}
