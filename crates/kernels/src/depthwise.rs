//! Depthwise convolutions of 32-bit floats, several outputs of a row at once (docs/adr/0008).
//!
//! A channel is copied with its padding, columns which are a stride apart next to each other. So for every element of the
//! kernel, the inputs of neighbouring outputs are neighbours, whatever the stride, and a block of outputs stays in
//! registers while the kernel's elements are gone through.

#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "lengths are asserted once, before loops over vectors; their registers are numbered, not walked"
)]

use std::mem::MaybeUninit;

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

/// How the outputs of a convolution lie on its input.
pub struct Geometry {
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Between outputs, down and to the right; at least 1.
    pub strides: [usize; 2],
    /// Between the kernel's elements, down and to the right; at least 1.
    pub dilations: [usize; 2],
    /// Rows of zeros above the image.
    pub pad_top: usize,
    /// Columns of zeros left of the image.
    pub pad_left: usize,
}

/// One channel of an image.
pub struct Channel<'a> {
    pub data: &'a [f32],
    /// Values between the beginnings of two rows.
    pub row_stride: usize,
    /// Rows and columns.
    pub size: [usize; 2],
}

/// Where the outputs of a channel go.
pub struct Outputs<'a, Y> {
    pub data: &'a mut [MaybeUninit<Y>],
    /// Values between the beginnings of two rows.
    pub row_stride: usize,
    /// Rows and columns: all of them are written.
    pub size: [usize; 2],
}

/// Convolves one channel: `init` plus the weighted inputs, for every output. `weight` takes row and column of the kernel.
pub fn convolve(
    out: Outputs<f32>,
    image: &Channel,
    geometry: &Geometry,
    init: f32,
    weight: impl Fn(usize, usize) -> f32,
) {
    let [out_h, out_w] = out.size;
    if out_h == 0 || out_w == 0 {
        return;
    }
    let [kernel_h, kernel_w] = geometry.kernel;
    let [stride_h, stride_w] = geometry.strides;
    let [dilation_y, dilation_x] = geometry.dilations;
    let [in_h, in_w] = image.size;

    // Copy the image with its padding.
    let padded_h = (out_h - 1) * stride_h + (kernel_h - 1) * dilation_y + 1;
    let padded_w = (out_w - 1) * stride_w + (kernel_w - 1) * dilation_x + 1;
    let phase_w = padded_w.div_ceil(stride_w);
    let row_len = phase_w * stride_w;
    let copied_w = in_w.min(padded_w.saturating_sub(geometry.pad_left));
    let mut padded = vec![0.; padded_h * row_len];
    let rows = padded.chunks_exact_mut(row_len).skip(geometry.pad_top);
    for (row, in_row) in rows.zip(image.data.chunks(image.row_stride)).take(in_h) {
        let in_row = &in_row[..copied_w];
        if stride_w == 1 {
            row[geometry.pad_left..][..copied_w].copy_from_slice(in_row);
            continue;
        }
        for skipped in 0..stride_w.min(copied_w) {
            let x = geometry.pad_left + skipped;
            let dest = &mut row[x % stride_w * phase_w + x / stride_w..];
            let src = in_row[skipped..].iter().step_by(stride_w);
            for (dest, src) in dest.iter_mut().zip(src) {
                *dest = *src;
            }
        }
    }

    let mut taps = Vec::with_capacity(kernel_h * kernel_w);
    for k_y in 0..kernel_h {
        for k_x in 0..kernel_w {
            let x = k_x * dilation_x;
            let distance = k_y * dilation_y * row_len + x % stride_w * phase_w + x / stride_w;
            taps.push((distance, weight(k_y, k_x)));
        }
    }

    ChannelRows { image: &padded, image_stride: stride_h * row_len, taps: &taps, init, out }.dispatch();
}

/// One channel of a depthwise convolution, as [`convolve`] prepared it.
struct ChannelRows<'a> {
    /// The image with its padding.
    image: &'a [f32],
    /// Distance of the first inputs of two output rows.
    image_stride: usize,
    /// For each element of the kernel, the distance of its input from the first
    /// input of an output, and its weight.
    taps: &'a [(usize, f32)],
    init: f32,
    out: Outputs<'a, f32>,
}

impl SimdOp for ChannelRows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let lanes = ops.len();
        let [out_h, out_w] = self.out.size;

        let last_row = (out_h - 1) * self.image_stride;
        let furthest = self.taps.iter().map(|tap| tap.0).max().unwrap_or(0);
        assert!(last_row + furthest + out_w <= self.image.len());

        // Safety: `start + out_w` is at most the sum asserted above, without the
        // distance of the tap, and `width` outputs end at or before `out_w`.
        macro_rules! compute_block {
            ($n:literal, $start:expr, $out:expr) => {
                let mut sums = [ops.splat(self.init); $n];
                for &(distance, weight) in self.taps {
                    let src = unsafe { self.image.as_ptr().add($start + distance) };
                    let weight = ops.splat(weight);
                    for i in 0..$n {
                        let src = unsafe { ops.load_ptr(src.add(i * lanes)) };
                        sums[i] = ops.mul_add(src, weight, sums[i]);
                    }
                }
                for (sum, out) in sums.into_iter().zip($out.chunks_exact_mut(lanes)) {
                    ops.store_uninit(sum, out);
                }
            };
        }

        for out_y in 0..out_h {
            let row = &mut self.out.data[out_y * self.out.row_stride..][..out_w];
            let start = out_y * self.image_stride;
            let mut x = 0;
            while x + 4 * lanes <= out_w {
                compute_block!(4, start + x, row[x..][..4 * lanes]);
                x += 4 * lanes;
            }
            while x + lanes <= out_w {
                compute_block!(1, start + x, row[x..][..lanes]);
                x += lanes;
            }
            if x < out_w && out_w >= lanes {
                // The last outputs fill no vector: some before them are computed
                // again.
                x = out_w - lanes;
                compute_block!(1, start + x, row[x..][..lanes]);
                x += lanes;
            }
            for x in x..out_w {
                let products = self.taps.iter().map(|tap| self.image[start + x + tap.0] * tap.1);
                row[x].write(products.fold(self.init, |sum, product| sum + product));
            }
        }
    }
}
