//! The depthwise convolutions that `rten`, patched, does by `crates/kernels` (docs/adr/0008, 0015) give what plain loops give.
//!
//! `data/depthwise.onnx`, made by the script beside it, holds one convolution a case; its outputs' names say which.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code: a failure here is a failed test")]

use rten::{Model, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

const CHANNELS: usize = 3;

/// A convolution as its name in the model describes it: kernel, strides, dilations, padding.
struct Case {
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    /// Top, left, bottom, right.
    padding: [usize; 4],
}

impl Case {
    fn named(name: &str) -> Self {
        let parts: Vec<Vec<usize>> =
            name.split(',').map(|part| part.split('x').map(|number| number.parse().unwrap()).collect()).collect();
        let two = |part: usize| [parts[part][0], parts[part][1]];
        Self { kernel: two(0), strides: two(1), dilations: two(2), padding: parts[3].clone().try_into().unwrap() }
    }

    fn output_size(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let along = |length: usize, axis: usize| {
            let padded = length + self.padding[axis] + self.padding[axis + 2];
            (padded - (self.kernel[axis] - 1) * self.dilations[axis] - 1) / self.strides[axis] + 1
        };
        [along(height, 0), along(width, 1)]
    }

    /// The convolution, as its definition says.
    fn by_plain_loops(&self, image: &NdTensor<f32, 4>, weights: &NdTensor<f32, 4>) -> Vec<f32> {
        let [_, _, height, width] = image.shape();
        let [rows, columns] = self.output_size([height, width]);
        let mut out = Vec::new();
        for channel in 0..CHANNELS {
            for y in 0..rows {
                for x in 0..columns {
                    let mut sum = 0.0;
                    for kernel_y in 0..self.kernel[0] {
                        for kernel_x in 0..self.kernel[1] {
                            let from_y =
                                (y * self.strides[0] + kernel_y * self.dilations[0]).checked_sub(self.padding[0]);
                            let from_x =
                                (x * self.strides[1] + kernel_x * self.dilations[1]).checked_sub(self.padding[1]);
                            let (Some(from_y), Some(from_x)) = (from_y, from_x) else { continue };
                            if from_y < height && from_x < width {
                                sum += image[[0, channel, from_y, from_x]] * weights[[channel, 0, kernel_y, kernel_x]];
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }
}

/// Numbers between -1 and 1 that look random and are the same everywhere.
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn depthwise_convolutions_give_what_plain_loops_give() {
    let bytes: &[u8] = include_bytes!("data/depthwise.onnx");
    let model = Model::load(bytes.to_vec()).unwrap();
    // Narrower and wider than a vector of any machine, and not a whole number of them.
    for (height, width) in [(5, 4), (6, 9), (9, 40), (7, 67), (4, 160)] {
        let image = NdTensor::from_data([1, CHANNELS, height, width], numbers(7, CHANNELS * height * width));
        for output in model.output_ids() {
            let info = model.node_info(*output).unwrap();
            let name = info.name().unwrap();
            let case = Case::named(name);
            let [kernel_height, kernel_width] = case.kernel;
            let weights = numbers(11, CHANNELS * kernel_height * kernel_width);
            let weights = NdTensor::from_data([CHANNELS, 1, kernel_height, kernel_width], weights);
            let inputs: Vec<(_, ValueOrView)> = vec![
                (model.find_node("image").unwrap(), image.view().into()),
                (model.find_node(&format!("weights,{name}")).unwrap(), weights.view().into()),
            ];
            let [value] = model.run_n(inputs, [*output], None).unwrap();
            let found: Tensor<f32> = value.try_into().unwrap();
            let [rows, columns] = case.output_size([height, width]);
            assert_eq!(found.shape(), [1, CHANNELS, rows, columns], "{name} of {height}x{width}");
            let expected = case.by_plain_loops(&image, &weights);
            for (index, (ours, theirs)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (ours - theirs).abs() < 1e-5,
                    "{name} of {height}x{width}, output {index}: {ours} for {theirs}"
                );
            }
        }
    }
}
