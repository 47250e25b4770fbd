//! Matrix multiplication of floats in 16-bit fixed point, for WebAssembly (docs/adr/0007).
//!
//! WebAssembly's vectors of floats have four lanes and no portable fused multiply-add, whereas `i32x4.dot_i16x8_s`
//! multiplies eight pairs and adds neighbours in one instruction. While packing, each row of A and each column of B is
//! scaled, per block along K, to whole numbers of about 12.5 bits ([`MAX_FIXED`]). The error is near 2^-12 of the largest
//! value of a row or column, far below what 8-bit quantization costs, and needs no calibration.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "lengths are asserted once, before loops over vectors; their registers are numbered, not walked"
)]

use std::arch::wasm32::{
    f32x4_abs, f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_splat, i16x8_shuffle,
    i32x4_add, i32x4_dot_i16x8, i32x4_shuffle, i32x4_splat, u32x4_shl, u32x4_splat, v128, v128_and, v128_load,
    v128_load32_splat, v128_or, v128_store,
};
use std::mem::MaybeUninit;

/// Rows of a tile: what a panel of A holds.
pub const MR: usize = 4;
/// Columns of a tile: what a panel of B holds.
pub const NR: usize = 12;

/// Number of 32-bit lanes in a WASM SIMD vector.
const X32_LANES: usize = 4;

/// Largest depth of a block, the block that `rten-gemm` goes along K in.
pub const MAX_DEPTH: usize = 256;

/// Largest magnitude of a fixed-point value: `MAX_DEPTH` products of two such
/// values fit an i32.
pub const MAX_FIXED: f32 = 2895.;
const _: () = assert!(2895i64 * 2895 * (MAX_DEPTH as i64) < i32::MAX as i64);

/// 1.5 * 2^23. Adding this to a float of magnitude below 2^22 rounds it to
/// nearest, and leaves it as two's complement in the low bits of the sum.
const ROUND_TO_LOW_BITS: f32 = 12_582_912.;

const NR_REGS: usize = NR / X32_LANES;

/// Bytes of a panel: one f32 scale for each row or column, then pairs of i16
/// values along K, which is padded to a whole number of pairs.
pub const fn panel_size(lanes: usize, depth: usize) -> usize {
    lanes * size_of::<f32>() + depth.div_ceil(2) * lanes * size_of::<u32>()
}

/// Factors from values to fixed point and back, for a largest magnitude.
fn fixed_scale(max: f32) -> (f32, f32) {
    if max > 0. { (MAX_FIXED / max, max / MAX_FIXED) } else { (0., 0.) }
}

/// Writes a panel of A, given as rows that are zero behind their first `depth` values.
pub fn pack_a_panel(out: &mut [MaybeUninit<u32>], values: &[[f32; MAX_DEPTH]; MR], depth: usize) {
    assert_eq!(out.len() * size_of::<u32>(), panel_size(MR, depth));
    let (scales, pairs) = out.split_at_mut(MR);

    // Safety: Called for `k` at most `MAX_DEPTH - 4`.
    let load = |row: usize, k: usize| unsafe { v128_load(values[row].as_ptr().add(k) as *const v128) };
    let scale: [f32; MR] = std::array::from_fn(|row| {
        let mut max = f32x4_splat(0.);
        for k in (0..depth).step_by(X32_LANES) {
            max = f32x4_pmax(max, f32x4_abs(load(row, k)));
        }
        let lower = f32x4_extract_lane::<0>(max).max(f32x4_extract_lane::<1>(max));
        let upper = f32x4_extract_lane::<2>(max).max(f32x4_extract_lane::<3>(max));
        let (to_fixed, from_fixed) = fixed_scale(lower.max(upper));
        scales[row].write(from_fixed.to_bits());
        to_fixed
    });

    // Eight values of each row are four pairs, which lie with those of the other rows.
    let round = f32x4_splat(ROUND_TO_LOW_BITS);
    let mut pairs = pairs.chunks_exact_mut(4 * MR);
    let packed = |k: usize| {
        let row = |row: usize| {
            let scale = f32x4_splat(scale[row]);
            let fixed = |k: usize| f32x4_add(f32x4_mul(load(row, k), scale), round);
            i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(fixed(k), fixed(k + X32_LANES))
        };
        let (a, b, c, d) = (row(0), row(1), row(2), row(3));
        let (ab_low, ab_high) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
        let (cd_low, cd_high) = (i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        [
            i32x4_shuffle::<0, 1, 4, 5>(ab_low, cd_low),
            i32x4_shuffle::<2, 3, 6, 7>(ab_low, cd_low),
            i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high),
            i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high),
        ]
    };
    let mut k = 0;
    for out in &mut pairs {
        for (out, pair) in out.chunks_exact_mut(MR).zip(packed(k)) {
            // Safety: The chunk is as large as a vector.
            unsafe { v128_store(out.as_mut_ptr() as *mut v128, pair) };
        }
        k += 2 * X32_LANES;
    }
    let rest = pairs.into_remainder();
    if !rest.is_empty() {
        for (out, pair) in rest.chunks_exact_mut(MR).zip(packed(k)) {
            // Safety: As above.
            unsafe { v128_store(out.as_mut_ptr() as *mut v128, pair) };
        }
    }
}

/// Writes a panel of B, given as `depth` rows of [`NR`] values.
pub fn pack_b_panel(out: &mut [MaybeUninit<u32>], values: &[f32], depth: usize) {
    assert_eq!(values.len(), depth * NR);
    assert_eq!(out.len() * size_of::<u32>(), panel_size(NR, depth));

    // Safety: `row < depth`, so this stays inside `values`.
    let load =
        |row: usize, reg: usize| unsafe { v128_load(values.as_ptr().add(row * NR + reg * X32_LANES) as *const v128) };

    let mut max = [f32x4_splat(0.); NR_REGS];
    for row in 0..depth {
        for reg in 0..NR_REGS {
            max[reg] = f32x4_pmax(max[reg], f32x4_abs(load(row, reg)));
        }
    }

    let mut scale = [[0f32; X32_LANES]; NR_REGS];
    for reg in 0..NR_REGS {
        let lanes = [
            f32x4_extract_lane::<0>(max[reg]),
            f32x4_extract_lane::<1>(max[reg]),
            f32x4_extract_lane::<2>(max[reg]),
            f32x4_extract_lane::<3>(max[reg]),
        ];
        for (lane, max) in lanes.into_iter().enumerate() {
            let (to_fixed, from_fixed) = fixed_scale(max);
            scale[reg][lane] = to_fixed;
            out[reg * X32_LANES + lane].write(from_fixed.to_bits());
        }
    }
    // Safety: A row of `scale` is as large as a vector.
    let scale = scale.map(|lanes| unsafe { v128_load(lanes.as_ptr() as *const v128) });

    let low = u32x4_splat(0xffff);
    let round = f32x4_splat(ROUND_TO_LOW_BITS);
    let fixed = |row: usize, reg: usize| f32x4_add(f32x4_mul(load(row, reg), scale[reg]), round);
    let out_ptr = out.as_mut_ptr();
    for pair in 0..depth / 2 {
        for reg in 0..NR_REGS {
            let even = v128_and(fixed(2 * pair, reg), low);
            let odd = u32x4_shl(fixed(2 * pair + 1, reg), 16);
            // Safety: The assertion above holds for the last pair.
            unsafe { v128_store(out_ptr.add(NR + pair * NR + reg * X32_LANES) as *mut v128, v128_or(even, odd)) };
        }
    }
    if depth % 2 == 1 {
        for reg in 0..NR_REGS {
            let even = v128_and(fixed(depth - 1, reg), low);
            // Safety: As above.
            unsafe { v128_store(out_ptr.add(NR + depth / 2 * NR + reg * X32_LANES) as *mut v128, even) };
        }
    }
}

/// An image from which columns are unrolled, with the offsets of its last row and column.
pub struct Image<'a> {
    pub data: &'a [f32],
    pub max_y_offset: i32,
    pub max_x_offset: i32,
}

/// Unrolls one panel of columns that are neighbours in one row of the image, by copying runs of values.
///
/// `rows` has the offsets of channel, y and x of each unrolled row; `columns` those of y and of x of each column.
/// Returns false, having written nothing, when the columns are no such run.
#[inline]
pub fn copy_run(
    out: &mut [MaybeUninit<f32>],
    image: &Image,
    rows: impl Iterator<Item = [i32; 3]>,
    columns: [&[i32]; 2],
) -> bool {
    let [col_y, col_x] = columns;
    let (&[y, ..], &[x, ..]) = (col_y, col_x) else {
        return false;
    };
    let is_run = col_y.len() == NR
        && col_y.iter().all(|&other| other == y)
        && col_x.iter().zip(x..).all(|(&other, expected)| other == expected);
    if !is_run {
        return false;
    }
    for ([channel, row_y, row_x], out) in rows.zip(out.chunks_exact_mut(NR)) {
        let y = y + row_y;
        let x = x + row_x;
        let start = channel + y + x;
        if y < 0 || y > image.max_y_offset {
            for value in out {
                value.write(0.);
            }
        } else if x >= 0 && x + NR as i32 - 1 <= image.max_x_offset {
            let run = &image.data[start as usize..][..NR];
            for (value, from) in out.iter_mut().zip(run) {
                value.write(*from);
            }
        } else {
            for (value, step) in out.iter_mut().zip(0i32..) {
                let is_inside = (0..=image.max_x_offset).contains(&(x + step));
                value.write(if is_inside { image.data[(start + step) as usize] } else { 0. });
            }
        }
    }
    true
}

/// Computes a tile from a panel of A and one of B.
///
/// # Safety
///
/// `tile_ptr` points at `ROWS` rows of [`NR`] floats, `tile_row_stride` floats apart; they are read only where `beta` is not
/// zero. The panels must be those of `depth`.
#[inline(always)]
pub unsafe fn multiply<const ROWS: usize>(
    tile_ptr: *mut f32,
    tile_row_stride: usize,
    a: &[u8],
    b: &[u8],
    depth: usize,
    alpha: f32,
    beta: f32,
) {
    assert!(depth <= MAX_DEPTH);
    assert!(a.len() >= panel_size(MR, depth));
    assert!(b.len() >= panel_size(NR, depth));

    let (a_scales, b_scales) = (a.as_ptr() as *const f32, b.as_ptr() as *const f32);
    let (a_pairs, b_pairs) = unsafe { (a_scales.add(MR), b_scales.add(NR)) };

    let mut acc = [[i32x4_splat(0); NR_REGS]; ROWS];
    let step = |acc: &mut [[v128; NR_REGS]; ROWS], pair: usize| {
        let mut b_row = [i32x4_splat(0); NR_REGS];
        for j in 0..NR_REGS {
            b_row[j] = unsafe { v128_load(b_pairs.add(pair * NR + j * X32_LANES) as *const v128) };
        }
        for i in 0..ROWS {
            let a_pair = unsafe { v128_load32_splat(a_pairs.add(pair * MR + i) as *const u32) };
            for j in 0..NR_REGS {
                acc[i][j] = i32x4_add(acc[i][j], i32x4_dot_i16x8(a_pair, b_row[j]));
            }
        }
    };
    let pairs = depth.div_ceil(2);
    for two in 0..pairs / 2 {
        step(&mut acc, 2 * two);
        step(&mut acc, 2 * two + 1);
    }
    if pairs % 2 == 1 {
        step(&mut acc, pairs - 1);
    }

    for i in 0..ROWS {
        let a_scale = f32x4_splat(unsafe { *a_scales.add(i) } * alpha);
        for j in 0..NR_REGS {
            let b_scale = unsafe { v128_load(b_scales.add(j * X32_LANES) as *const v128) };
            let mut value = f32x4_mul(f32x4_convert_i32x4(acc[i][j]), f32x4_mul(a_scale, b_scale));
            let out_ptr = unsafe { tile_ptr.add(i * tile_row_stride + j * X32_LANES) } as *mut v128;
            if beta == 1. {
                value = f32x4_add(value, unsafe { v128_load(out_ptr) });
            } else if beta != 0. {
                value = f32x4_add(value, f32x4_mul(f32x4_splat(beta), unsafe { v128_load(out_ptr) }));
            }
            unsafe { v128_store(out_ptr, value) };
        }
    }
}
