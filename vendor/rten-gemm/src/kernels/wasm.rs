// Changed by the TollBooth project: `WasmKernel` and what it uses. See ../../README.md.
use std::mem::MaybeUninit;
use std::ops::Range;

use rten_base::byte_cast::cast_uninit_mut_slice;
use rten_simd::{Isa, isa::Wasm32Isa};
use rten_tensor::{AssumeInit, Matrix, MatrixLayout};

use super::simd_generic::{simd_gemv, simd_int8_gemm, simd_int8_gemv};
use super::{Int8DotProduct, Kernel, Lhs, MatVecOutput, PackedLayout, QuantParams, TempTile};
use crate::packing::pack_b_block;
use crate::{Im2Col, packing};

/// f32 kernel which multiplies in 16-bit fixed point.
///
/// WebAssembly's f32 vectors have four lanes and no portable fused
/// multiply-add, whereas `i32x4.dot_i16x8_s` multiplies eight pairs and adds
/// neighbours in one instruction. While packing, each row of A and each column
/// of B is scaled, per block along K, to whole numbers of about 12.5 bits
/// ([`MAX_FIXED`]). The error is near 2^-12 of the largest value of a row or
/// column, far below what 8-bit quantization costs, and needs no calibration.
pub struct WasmKernel {
    isa: Wasm32Isa,
}

impl WasmKernel {
    const MR: usize = 4;
    const NR: usize = 12;
}

/// Number of 32-bit lanes in a WASM SIMD vector.
const X32_LANES: usize = 4;

/// Largest depth of a block, see `depth_block_size`.
const MAX_DEPTH: usize = 256;

/// Largest magnitude of a fixed-point value: `MAX_DEPTH` products of two such
/// values fit an i32.
const MAX_FIXED: f32 = 2895.;
const _: () = assert!(2895i64 * 2895 * (MAX_DEPTH as i64) < i32::MAX as i64);

/// 1.5 * 2^23. Adding this to a float of magnitude below 2^22 rounds it to
/// nearest, and leaves it as two's complement in the low bits of the sum.
const ROUND_TO_LOW_BITS: f32 = 12_582_912.;

/// Bytes of a panel: one f32 scale for each row or column, then pairs of i16
/// values along K, which is padded to a whole number of pairs.
const fn panel_size(lanes: usize, depth: usize) -> usize {
    lanes * size_of::<f32>() + depth.div_ceil(2) * lanes * size_of::<u32>()
}

/// Factors from values to fixed point and back, for a largest magnitude.
fn fixed_scale(max: f32) -> (f32, f32) {
    if max > 0. {
        (MAX_FIXED / max, max / MAX_FIXED)
    } else {
        (0., 0.)
    }
}

/// Writes a panel of A, with `rows` at most [`WasmKernel::MR`].
fn pack_a_panel(
    out: &mut [MaybeUninit<u32>],
    a: Matrix<f32>,
    rows: Range<usize>,
    cols: Range<usize>,
) {
    const MR: usize = WasmKernel::MR;
    let mut values = [[0f32; MAX_DEPTH]; MR];
    let depth = cols.len();
    assert!(depth <= MAX_DEPTH && rows.len() <= MR);
    for (values, row) in values.iter_mut().zip(rows) {
        match a.data() {
            Some(data) if a.col_stride() == 1 => {
                let start = row * a.row_stride() + cols.start;
                values[..depth].copy_from_slice(&data[start..start + depth]);
            }
            _ => {
                for (value, col) in values.iter_mut().zip(cols.clone()) {
                    // Safety: The caller's ranges lie inside the matrix.
                    *value = unsafe { *a.get_unchecked([row, col]) };
                }
            }
        }
    }
    pack_a_values(out, &values, depth);
}

/// Writes a panel of A, given as rows that are zero behind their first `depth` values.
fn pack_a_values(
    out: &mut [MaybeUninit<u32>],
    values: &[[f32; MAX_DEPTH]; WasmKernel::MR],
    depth: usize,
) {
    use std::arch::wasm32::{
        f32x4_abs, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_splat,
        i16x8_shuffle, i32x4_shuffle, v128, v128_load, v128_store,
    };

    const MR: usize = WasmKernel::MR;
    assert_eq!(out.len() * size_of::<u32>(), panel_size(MR, depth));
    let (scales, pairs) = out.split_at_mut(MR);

    // Safety: Called for `k` at most `MAX_DEPTH - 4`.
    let load =
        |row: usize, k: usize| unsafe { v128_load(values[row].as_ptr().add(k) as *const v128) };
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
        let (ab_low, ab_high) = (
            i32x4_shuffle::<0, 4, 1, 5>(a, b),
            i32x4_shuffle::<2, 6, 3, 7>(a, b),
        );
        let (cd_low, cd_high) = (
            i32x4_shuffle::<0, 4, 1, 5>(c, d),
            i32x4_shuffle::<2, 6, 3, 7>(c, d),
        );
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

/// Writes a panel of B, given as `depth` rows of [`WasmKernel::NR`] values.
fn pack_b_panel(out: &mut [MaybeUninit<u32>], values: &[f32], depth: usize) {
    use std::arch::wasm32::{
        f32x4_abs, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_splat, u32x4_shl,
        u32x4_splat, v128, v128_and, v128_load, v128_or, v128_store,
    };

    const NR: usize = WasmKernel::NR;
    const NR_REGS: usize = NR / X32_LANES;
    assert_eq!(values.len(), depth * NR);
    assert_eq!(out.len() * size_of::<u32>(), panel_size(NR, depth));

    // Safety: `row < depth`, so this stays inside `values`.
    let load = |row: usize, reg: usize| unsafe {
        v128_load(values.as_ptr().add(row * NR + reg * X32_LANES) as *const v128)
    };

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
            unsafe {
                v128_store(
                    out_ptr.add(NR + pair * NR + reg * X32_LANES) as *mut v128,
                    v128_or(even, odd),
                )
            };
        }
    }
    if depth % 2 == 1 {
        for reg in 0..NR_REGS {
            let even = v128_and(fixed(depth - 1, reg), low);
            // Safety: As above.
            unsafe {
                v128_store(
                    out_ptr.add(NR + depth / 2 * NR + reg * X32_LANES) as *mut v128,
                    even,
                )
            };
        }
    }
}

/// Unrolls one panel of columns that are neighbours in one row of the image, by copying runs of values.
///
/// Returns false, having written nothing, when the columns are no such run.
fn pack_run(
    image: &Im2Col<f32>,
    out: &mut [MaybeUninit<f32>],
    rows: Range<usize>,
    cols: Range<usize>,
) -> bool {
    const NR: usize = WasmKernel::NR;
    let (col_y, col_x) = (
        &image.col_offsets.y[cols.clone()],
        &image.col_offsets.x[cols],
    );
    let (&[y, ..], &[x, ..]) = (col_y, col_x) else {
        return false;
    };
    let is_run = col_y.len() == NR
        && col_y.iter().all(|&other| other == y)
        && col_x
            .iter()
            .zip(x..)
            .all(|(&other, expected)| other == expected);
    if !is_run {
        return false;
    }
    let Some(data) = image.image.data() else {
        return false;
    };
    for (row, out) in rows.zip(out.chunks_exact_mut(NR)) {
        let y = y + image.row_offsets.y[row];
        let x = x + image.row_offsets.x[row];
        let start = image.row_offsets.chan[row] + y + x;
        if y < 0 || y > image.max_y_offset {
            for value in out {
                value.write(0.);
            }
        } else if x >= 0 && x + NR as i32 - 1 <= image.max_x_offset {
            let run: &[f32; NR] = data[start as usize..]
                .first_chunk()
                .expect("runs lie in the image");
            for (value, from) in out.iter_mut().zip(run) {
                value.write(*from);
            }
        } else {
            for (value, step) in out.iter_mut().zip(0i32..) {
                let is_inside = (0..=image.max_x_offset).contains(&(x + step));
                value.write(if is_inside {
                    data[(start + step) as usize]
                } else {
                    0.
                });
            }
        }
    }
    true
}

/// Computes a tile from a panel of A and one of B.
///
/// # Safety
///
/// See [`Kernel::kernel`]. The panels must be those of `depth`.
#[inline(always)]
unsafe fn fixed_gemm<const ROWS: usize>(
    tile_ptr: *mut f32,
    tile_row_stride: usize,
    a: &[u8],
    b: &[u8],
    depth: usize,
    alpha: f32,
    beta: f32,
) {
    use std::arch::wasm32::{
        f32x4_add, f32x4_convert_i32x4, f32x4_mul, f32x4_splat, i32x4_add, i32x4_dot_i16x8,
        i32x4_splat, v128, v128_load, v128_load32_splat, v128_store,
    };

    const MR: usize = WasmKernel::MR;
    const NR: usize = WasmKernel::NR;
    const NR_REGS: usize = NR / X32_LANES;
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
                value = f32x4_add(
                    value,
                    f32x4_mul(f32x4_splat(beta), unsafe { v128_load(out_ptr) }),
                );
            }
            unsafe { v128_store(out_ptr, value) };
        }
    }
}

// Safety - Support for used WASM instructions is checked by the runtime when
// the WASM binary is loaded.
unsafe impl Kernel<f32, f32, f32> for WasmKernel {
    fn new() -> Option<Self> {
        #[cfg(target_feature = "simd128")]
        return Wasm32Isa::new().map(|isa| WasmKernel { isa });

        #[cfg(not(target_feature = "simd128"))]
        None
    }

    fn name(&self) -> &'static str {
        "wasm-f32-i16"
    }

    fn mr(&self) -> usize {
        Self::MR
    }

    fn nr(&self) -> usize {
        Self::NR
    }

    fn packed_a_layout(
        &self,
        _a: Matrix,
        rows: usize,
        cols: usize,
        _quant: Option<QuantParams<f32>>,
    ) -> PackedLayout {
        let panel = panel_size(Self::MR, cols);
        let mut layout =
            PackedLayout::new(rows.div_ceil(Self::MR) * panel, align_of::<u32>(), panel);
        layout.must_pack = true;
        layout
    }

    fn pack_a_block(
        &self,
        out: &mut [MaybeUninit<u8>],
        a: Matrix,
        rows: Range<usize>,
        cols: Range<usize>,
        _quant: Option<QuantParams<f32>>,
    ) {
        assert!(rows.end <= a.rows() && cols.end <= a.cols());
        let panel = panel_size(Self::MR, cols.len());
        for (index, out) in out.chunks_exact_mut(panel).enumerate() {
            let start = rows.start + index * Self::MR;
            let out = cast_uninit_mut_slice(out).unwrap();
            pack_a_panel(
                out,
                a,
                start..(start + Self::MR).min(rows.end),
                cols.clone(),
            );
        }
    }

    fn packed_b_layout(
        &self,
        rows: usize,
        cols: usize,
        _quant: Option<QuantParams<f32>>,
    ) -> PackedLayout {
        let panel = panel_size(Self::NR, rows);
        PackedLayout::new(cols.div_ceil(Self::NR) * panel, align_of::<u32>(), panel)
    }

    fn pack_b_block(
        &self,
        out: &mut [MaybeUninit<u8>],
        b: Matrix,
        rows: Range<usize>,
        cols: Range<usize>,
        _quant: Option<QuantParams<f32>>,
    ) {
        let depth = rows.len();
        let mut values = Vec::with_capacity(depth * Self::NR);
        for (index, out) in out
            .chunks_exact_mut(panel_size(Self::NR, depth))
            .enumerate()
        {
            let start = cols.start + index * Self::NR;
            let panel_cols = start..(start + Self::NR).min(cols.end);
            let spare = &mut values.spare_capacity_mut()[..depth * Self::NR];
            pack_b_block::<f32, { Self::NR }>(spare, b, rows.clone(), panel_cols);
            // Safety: `pack_b_block` initializes all of its output.
            let values = unsafe { spare.assume_init() };
            pack_b_panel(cast_uninit_mut_slice(out).unwrap(), values, depth);
        }
    }

    fn pack_im2col(
        &self,
        out: &mut [MaybeUninit<u8>],
        image: &Im2Col<f32>,
        rows: Range<usize>,
        cols: Range<usize>,
        _zero_point: Option<f32>,
    ) {
        const NR_REGS: usize = WasmKernel::NR / X32_LANES;

        let depth = rows.len();
        let mut values = Vec::with_capacity(depth * Self::NR);
        for (index, out) in out
            .chunks_exact_mut(panel_size(Self::NR, depth))
            .enumerate()
        {
            let start = cols.start + index * Self::NR;
            let panel_cols = start..(start + Self::NR).min(cols.end);
            let spare = &mut values.spare_capacity_mut()[..depth * Self::NR];
            if !pack_run(image, spare, rows.clone(), panel_cols.clone()) {
                // Safety: WASM SIMD types are supported
                image.pack_block::<_, NR_REGS>(self.isa, spare, Self::NR, rows.clone(), panel_cols);
            }
            // Safety: Both initialize all of their output.
            let values = unsafe { spare.assume_init() };
            pack_b_panel(cast_uninit_mut_slice(out).unwrap(), values, depth);
        }
    }

    unsafe fn kernel(
        &self,
        tile_ptr: *mut f32,
        tile_row_stride: usize,
        a: Lhs<f32>,
        b: &[u8],
        used_rows: usize,
        used_cols: usize,
        depth: usize,
        alpha: f32,
        beta: f32,
        _a_quant: Option<QuantParams<f32>>,
        _b_quant: Option<QuantParams<f32>>,
    ) {
        const MR: usize = WasmKernel::MR;
        const NR: usize = WasmKernel::NR;

        let Lhs::Packed(a) = a else {
            panic!("lhs must be packed")
        };
        let mut tmp_tile = TempTile::<f32, MR, NR>::new();
        let (dest_ptr, dest_row_stride, dest_beta) = if used_cols == NR {
            (tile_ptr, tile_row_stride, beta)
        } else {
            (tmp_tile.as_mut_ptr() as *mut f32, NR, 0.)
        };

        unsafe {
            match used_rows {
                4 => fixed_gemm::<4>(dest_ptr, dest_row_stride, a, b, depth, alpha, dest_beta),
                3 => fixed_gemm::<3>(dest_ptr, dest_row_stride, a, b, depth, alpha, dest_beta),
                2 => fixed_gemm::<2>(dest_ptr, dest_row_stride, a, b, depth, alpha, dest_beta),
                1 => fixed_gemm::<1>(dest_ptr, dest_row_stride, a, b, depth, alpha, dest_beta),
                _ => panic!("unsupported `used_rows` {}", used_rows),
            }
        }

        if used_cols != NR {
            unsafe {
                tmp_tile.accumulate_into(
                    tile_ptr as *mut MaybeUninit<f32>,
                    used_rows,
                    used_cols,
                    tile_row_stride,
                    beta,
                );
            }
        }
    }

    fn gemv_kernel(
        &self,
        out: MatVecOutput<f32>,
        a: &[f32],
        b: Matrix,
        alpha: f32,
        _a_quant: Option<QuantParams<f32>>,
        _b_quant: Option<QuantParams<f32>>,
    ) {
        simd_gemv::<_, 4>(self.isa, out, a, b, alpha);
    }
}

// K tile size for int8 kernels.
const K_TILE: usize = 4;

pub struct WasmInt8Kernel {
    isa: Wasm32Isa,
}

impl WasmInt8Kernel {
    const MR: usize = 8;
    const NR: usize = 8;
}

unsafe impl Kernel<u8, i8, i32> for WasmInt8Kernel {
    fn new() -> Option<Self> {
        Wasm32Isa::new().map(|isa| WasmInt8Kernel { isa })
    }

    fn name(&self) -> &'static str {
        "wasm-u8i8i32"
    }

    fn mr(&self) -> usize {
        Self::MR
    }

    fn nr(&self) -> usize {
        Self::NR
    }

    fn im2col_row_count_step(&self) -> usize {
        4
    }

    fn packed_a_layout(
        &self,
        _a: Matrix<u8>,
        rows: usize,
        cols: usize,
        _quant: Option<QuantParams<u8>>,
    ) -> PackedLayout {
        let mut layout = packing::int8::packed_a_layout::<{ Self::MR }, K_TILE>(rows, cols);
        layout.must_pack = true;
        layout
    }

    fn pack_a_block(
        &self,
        out: &mut [MaybeUninit<u8>],
        a: Matrix<u8>,
        rows: Range<usize>,
        cols: Range<usize>,
        quant: Option<QuantParams<u8>>,
    ) {
        let out = cast_uninit_mut_slice(out).unwrap();
        packing::int8::pack_a::<{ Self::MR }, K_TILE>(
            out,
            a.slice((rows.clone(), cols)),
            quant.map(|q| &q.zero_point[rows]),
        )
    }

    fn packed_b_layout(
        &self,
        rows: usize,
        cols: usize,
        _quant: Option<QuantParams<i8>>,
    ) -> PackedLayout {
        packing::int8::packed_b_layout::<{ Self::NR }, K_TILE>(rows, cols)
    }

    fn pack_b_block(
        &self,
        out: &mut [MaybeUninit<u8>],
        b: Matrix<i8>,
        rows: Range<usize>,
        cols: Range<usize>,
        quant: Option<QuantParams<i8>>,
    ) {
        packing::int8::pack_b_cast_i8_u8::<{ Self::NR }, K_TILE>(
            out,
            b.slice((rows, cols.clone())),
            quant.map(|q| &q.zero_point[cols]),
        )
    }

    fn pack_im2col(
        &self,
        out: &mut [MaybeUninit<u8>],
        image: &Im2Col<i8>,
        rows: Range<usize>,
        cols: Range<usize>,
        zero_point: Option<i8>,
    ) {
        const NR: usize = WasmInt8Kernel::NR;
        const NR_REGS: usize = NR / X32_LANES;
        image.pack_block_i8_dot_cast_u8::<_, NR, NR_REGS, K_TILE>(
            self.isa,
            out,
            rows,
            cols,
            zero_point.unwrap_or_default(),
        );
    }

    unsafe fn kernel(
        &self,
        tile_ptr: *mut i32,
        tile_row_stride: usize,
        a: Lhs<u8>,
        b: &[u8],
        used_rows: usize,
        used_cols: usize,
        depth: usize,
        _alpha: f32,
        beta: i32,
        _a_quant: Option<QuantParams<u8>>,
        _b_quant: Option<QuantParams<i8>>,
    ) {
        let a_data = match a {
            Lhs::Packed(data) => data,
            Lhs::Unpacked { .. } => panic!("lhs must be packed"),
        };

        let (a_data, a_meta) = packing::int8::extract_packed_a::<{ Self::MR }>(a_data);
        let (b, b_meta) = packing::int8::extract_packed_b::<{ Self::NR }>(b);

        const NR_REGS: usize = WasmInt8Kernel::NR / X32_LANES;
        unsafe {
            simd_int8_gemm::<_, _, { Self::MR }, { Self::NR }, NR_REGS>(
                self.isa,
                tile_ptr,
                tile_row_stride,
                a_data,
                b,
                used_rows,
                used_cols,
                depth,
                beta != 0, // accumulate
                a_meta.zero_points,
                b_meta.zero_points,
                &a_meta.row_sums,
                &b_meta.col_sums,
                self.isa,
            )
        }
    }

    fn gemv_kernel(
        &self,
        mut out: MatVecOutput<i32>,
        a: &[u8],
        b: Matrix<i8>,
        _alpha: f32,
        a_quant: Option<QuantParams<u8>>,
        b_quant: Option<QuantParams<i8>>,
    ) {
        let a_zero = a_quant.map(|aq| aq.zero_point[0]).unwrap_or(0);
        let b_zero = b_quant.map(|bq| bq.zero_point);
        let out = out.as_bool_beta();
        simd_int8_gemv::<_, true /* CAST_B_U8 */>(self.isa, out, a, b, a_zero, b_zero, self.isa)
    }
}

// Safety: This module is only compiled if WASM SIMD is enabled at compile time.
unsafe impl Int8DotProduct for Wasm32Isa {
    type X8 = <Wasm32Isa as Isa>::I8;
    type I32 = <Wasm32Isa as Isa>::I32;

    /// Compute i32 dot product of each group of 4 u8 integers in `a` and `b` and
    /// add to i32x4 accumulator in `c`.
    ///
    /// Adapted from the reference lowering of `i32x4.dot_i8x16_i7x16_add_s` given
    /// in https://github.com/WebAssembly/relaxed-simd/issues/52.
    #[inline]
    fn dot_product(self, a: Self::X8, b: Self::X8, c: Self::I32) -> Self::I32 {
        use std::arch::wasm32::{
            i32x4_add, i32x4_extadd_pairwise_u16x8, i32x4_shuffle, u16x8_extmul_high_u8x16,
            u16x8_extmul_low_u8x16,
        };

        let mul_lo = u16x8_extmul_low_u8x16(a.0, b.0);
        let mul_hi = u16x8_extmul_high_u8x16(a.0, b.0);

        let pair_sum_lo = i32x4_extadd_pairwise_u16x8(mul_lo);
        let pair_sum_hi = i32x4_extadd_pairwise_u16x8(mul_hi);

        let pair_sum_even = i32x4_shuffle::<0, 2, 4, 6>(pair_sum_lo, pair_sum_hi);
        let pair_sum_odd = i32x4_shuffle::<1, 3, 5, 7>(pair_sum_lo, pair_sum_hi);

        let quad_sum = i32x4_add(pair_sum_even, pair_sum_odd);
        i32x4_add(quad_sum, c.0).into()
    }
}
