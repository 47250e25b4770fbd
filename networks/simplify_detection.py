"""Do the PP-OCRv4 detection network's arithmetic in fewer passes over its activations.

The published network spells every hard swish as four operators and scales and shifts activations by two numbers
before and after each. In WebAssembly each of these passes costs about as much as a small convolution. This

- names the hard swish: x * clip(x + 3, 0, 6) / 6 becomes one HardSwish;
- folds scaling and shifting behind a convolution into its weights;
- folds scaling and shifting before a convolution into its weights, the shift only where the convolution does not pad
  with zeros, which are not shifted;
- folds batch normalisation into the convolution before it;
- writes Relu as LeakyRelu without a leak, for which `rten` has vectors;
- has the feature pyramid's convolutions done where its levels are narrow and small (feature_pyramid.py).

The network computes the same, up to rounding.

Usage: simplify_detection.py SOURCE.onnx TARGET.onnx
"""

import math

import numpy
from onnx import helper

import feature_pyramid
from onnx_graph import Network, attribute, change_file, weights, write_relus_as_leaky

# HardSwish came with opset 14; no operator of this network changed its meaning between 12 and 14 in the form used.
OPSET = 14


def operand(network, node, kind):
    """(value's name, number) of `number op value` or `value op number`; None when it is something else."""
    if node is None or node.op_type != kind or len(node.input) != 2:
        return None
    for name, other in (node.input, node.input[::-1]):
        number = network.scalar(other)
        if number is not None and name not in network.constants:
            return name, number
    return None


def name_hard_swishes(network):
    count = 0
    for end in list(network.nodes):
        divided = operand(network, end, "Div")
        if divided is None or divided[1] != 6 or end.input[0] != divided[0]:
            continue
        product = network.producer.get(divided[0])
        if product is None or product.op_type != "Mul":
            continue
        for value, clipped in (product.input, product.input[::-1]):
            clip = network.producer.get(clipped)
            if clip is None or clip.op_type != "Clip" or [network.scalar(i) for i in clip.input[1:]] != [0, 6]:
                continue
            add = network.producer.get(clip.input[0])
            if operand(network, add, "Add") != (value, 3):
                continue
            if any(network.only_consumer(node.output[0]) is None for node in (add, clip, product)):
                continue
            place = next(i for i, node in enumerate(network.nodes) if node is end)
            network.nodes[place] = helper.make_node("HardSwish", [value], list(end.output), name=end.output[0])
            network.drop([add, clip, product])
            count += 1
            break
    return count


def set_weights(network, convolution, weight, bias):
    """Gives a convolution its own weights and bias, for others may use the old ones."""
    stem = convolution.output[0]
    for suffix, value in ((".weight", weight), (".bias", bias)):
        network.constants[stem + suffix] = value.astype(numpy.float32)
    data = convolution.input[0]
    del convolution.input[:]
    convolution.input.extend([data, stem + ".weight", stem + ".bias"])


def bias_of(network, convolution):
    if len(convolution.input) > 2:
        return network.constants[convolution.input[2]].astype(numpy.float64)
    return numpy.zeros(weights(network, convolution).shape[0])


def fold_behind_convolutions(network):
    count = 0
    for convolution in [node for node in network.nodes if node.op_type == "Conv"]:
        while True:
            node = network.only_consumer(convolution.output[0])
            scaled, shifted = operand(network, node, "Mul"), operand(network, node, "Add")
            if not scaled and not shifted:
                break
            scale, shift = (scaled[1], 0.0) if scaled else (1.0, shifted[1])
            weight = weights(network, convolution).astype(numpy.float64) * scale
            set_weights(network, convolution, weight, bias_of(network, convolution) * scale + shift)
            convolution.output[0] = node.output[0]
            network.drop([node])
            count += 1
    return count


def pads(convolution):
    return attribute(convolution, "auto_pad") is not None or any(attribute(convolution, "pads") or [])


def fold_normalisations(network):
    """Folds batch normalisation into the convolution before it, with a shift between both if there is one."""
    count = 0
    for normalisation in [node for node in network.nodes if node.op_type == "BatchNormalization"]:
        before, shift, between = network.producer[normalisation.input[0]], 0.0, []
        if before.op_type == "Add" and before.input[1] in network.constants:
            shift = network.constants[before.input[1]].astype(numpy.float64).reshape(-1)
            between = [before]
            before = network.producer[before.input[0]]
        if before.op_type not in ("Conv", "ConvTranspose") or len(before.input) > 2:
            continue
        # Convolutions have their outputs first, transposed ones second.
        axis = 0 if before.op_type == "Conv" else 1
        scale, offset, mean, variance = (network.constants[name].astype(numpy.float64) for name in normalisation.input[1:])
        factor = scale / numpy.sqrt(variance + attribute(normalisation, "epsilon"))
        weight = weights(network, before).astype(numpy.float64)
        weight = weight * factor.reshape([-1 if i == axis else 1 for i in range(4)])
        before.output[0] = normalisation.output[0]
        set_weights(network, before, weight, (shift - mean) * factor + offset)
        network.drop([normalisation, *between])
        count += 1
    return count



def fold_before_convolutions(network):
    count = 0
    for node in list(network.nodes):
        for kind in ("Add", "Mul"):
            found = operand(network, node, kind)
            if found is None:
                continue
            users = network.consumers[node.output[0]]
            fits = users and node.output[0] not in network.outputs and all(user.op_type == "Conv" for user in users)
            if not fits or (kind == "Add" and any(pads(user) for user in users)):
                continue
            for user in users:
                weight, bias = weights(network, user).astype(numpy.float64), bias_of(network, user)
                if kind == "Mul":
                    weight = weight * found[1]
                else:
                    # Each group sees the same shift in all of its inputs. An exact sum is the same on every machine.
                    sums = numpy.array([math.fsum(channel.reshape(-1).tolist()) for channel in weight])
                    bias = bias + found[1] * sums
                set_weights(network, user, weight, bias)
                user.input[0] = found[0]
            network.drop([node])
            count += 1
            break
    return count


def swap_scale_and_shift(network):
    """Turns x * a + b before a padding convolution into (x + b/a) * a, so that the scale can be folded."""
    for node in list(network.nodes):
        scaled = operand(network, node, "Mul")
        follower = network.only_consumer(node.output[0]) if scaled else None
        shifted = operand(network, follower, "Add") if follower is not None else None
        if shifted is None or scaled[1] == 0:
            continue
        users = network.consumers[follower.output[0]]
        if not users or follower.output[0] in network.outputs or any(user.op_type != "Conv" for user in users):
            continue
        name = node.output[0] + ".shift"
        network.constants[name] = numpy.array(shifted[1] / scaled[1], dtype=numpy.float32)
        scale_name = next(i for i in node.input if i != scaled[0])
        middle = node.output[0]
        node.CopyFrom(helper.make_node("Add", [scaled[0], name], [middle], name=middle))
        follower.CopyFrom(helper.make_node("Mul", [middle, scale_name], list(follower.output), name=follower.output[0]))
    network.index()


def simplify(model):
    network = Network(model)
    before = len(network.nodes)
    swishes = name_hard_swishes(network)
    folded = fold_behind_convolutions(network)
    while True:
        more = fold_before_convolutions(network)
        if not more:
            swap_scale_and_shift(network)
            more = fold_before_convolutions(network)
        if not more:
            break
        folded += more
    folded += fold_normalisations(network)
    write_relus_as_leaky(network.nodes)
    split = feature_pyramid.split(network)
    if swishes == 0 or folded == 0 or split == 0:
        raise SystemExit("nothing to simplify: is it the PP-OCRv4 detection model as published?")
    network.write()
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", OPSET))
    # The oldest version of the file format that knows this opset.
    model.ir_version = max(model.ir_version, 7)
    return f"{before} operators simplified to {len(network.nodes)}"


if __name__ == "__main__":
    change_file(__doc__, simplify)
