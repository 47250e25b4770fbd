"""Spare the PP-OCRv4 detection network's feature pyramid the work it does twice.

Behind its backbone the network widens each of four levels to 96 channels, enlarges the coarser ones, adds them up, and
convolves the sums and, at the end, all levels side by side. Most of these channels say the same several times over:
the finest level has 12 of its own, and an enlarged level has every value four times. Convolutions are linear, so

- a convolution of a sum is done on each part;
- of the part that a 1x1 convolution widened, it is done before the widening, with the product of both weights (the
  gate between them scales channels, and is multiplied in while the network runs);
- of a part that was enlarged twice, it is done while enlarging, as a transposed convolution: each of the four outputs
  that share a pixel sees four pixels of the smaller image at most.

The network computes the same, up to rounding.
"""

import numpy
from onnx import helper

from onnx_graph import attribute, weights


def split(network):
    """Splits every convolution that is worth it, and returns how many."""
    pool_before_widening(network)
    count = 0
    for whole in [node for node in network.nodes if is_plain(network, node, 3)]:
        count += split_sum(network, whole) or split_levels(network, whole)
    network.drop_unused()
    return count


def is_plain(network, node, size):
    """Whether a node is a convolution of this size with constant weights, stride 1 and as much padding as keeps sizes."""
    if node.op_type != "Conv" or node.input[1] not in network.constants:
        return False
    return (
        weights(network, node).shape[2:] == (size, size)
        and attribute(node, "group") in (None, 1)
        and attribute(node, "strides") in (None, [1, 1])
        and (attribute(node, "pads") or [0] * 4) == [size // 2] * 4
    )


def is_widening(network, node):
    return node is not None and is_plain(network, node, 1) and len(node.input) == 2


def enlargement(network, name):
    """(value's name, factor) of a value enlarged by repeating pixels; None when it is something else."""
    resize = network.produced_by(name, "Resize")
    if resize is None or attribute(resize, "mode") != b"nearest":
        return None
    scales = network.constants[resize.input[2]].tolist()
    return (resize.input[0], int(scales[2])) if scales[:2] == [1, 1] and scales[2] == scales[3] else None


def enlarged(network, name, factor):
    """The name of a value after repeating its pixels, and the nodes that does so."""
    if factor == 1:
        return name, []
    out = f"{name}.times{factor}"
    none = network.constant("no_region", numpy.zeros(0, numpy.float32))
    scales = network.constant(f"scales.times{factor}", numpy.array([1, 1, factor, factor], numpy.float32))
    options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return out, [helper.make_node("Resize", [name, none, scales], [out], name=out, **options)]


def convolution(inputs, out, pads):
    # rten wants the attributes' usual values to be written down.
    return helper.make_node("Conv", inputs, [out], name=out, strides=[1, 1], dilations=[1, 1], pads=pads, group=1)


def gated(network, name):
    """(widening convolution, gate's name) of x + x * gate; None when it is something else."""
    total = network.produced_by(name, "Add")
    if total is None:
        return None
    for value, product in (total.input, total.input[::-1]):
        widening = network.producer.get(value)
        product = network.produced_by(product, "Mul")
        if product is None or value not in product.input or not is_widening(network, widening):
            continue
        return widening, next(name for name in product.input if name != value)
    return None


def pool_before_widening(network):
    """The mean of widened channels is the widened mean of the channels."""
    for pool in [node for node in network.nodes if node.op_type == "GlobalAveragePool"]:
        widening = network.producer.get(pool.input[0])
        if not is_widening(network, widening):
            continue
        mean = pool.output[0] + ".narrow"
        network.replace(
            pool,
            helper.make_node("GlobalAveragePool", [widening.input[0]], [mean], name=mean),
            convolution([mean, widening.input[1]], pool.output[0], [0] * 4),
        )


def convolve_before_widening(network, kernel, widening, gate, out):
    """The convolution `kernel` of what `widening` and `gate` make, done on what `widening` starts from."""
    outputs, channels, height, width = kernel.shape
    narrow = weights(network, widening)[:, :, 0, 0]
    rows = kernel.transpose(0, 2, 3, 1).reshape(-1, channels)

    def constant(suffix, value):
        return network.constant(out + suffix, value)

    def node(kind, inputs, suffix, **options):
        name = out + suffix
        return helper.make_node(kind, inputs, [name], name=name, **options)

    shape = numpy.array([outputs, height, width, narrow.shape[1]], numpy.int64)
    column = numpy.array([channels, 1], numpy.int64)
    one = numpy.array(1, numpy.float32)
    return [
        node("Add", [gate, constant(".one", one)], ".scale"),
        node("Reshape", [out + ".scale", constant(".column", column)], ".scales"),
        node("Mul", [constant(".narrow", narrow), out + ".scales"], ".narrow_scaled"),
        node("MatMul", [constant(".kernel", rows), out + ".narrow_scaled"], ".product"),
        node("Reshape", [out + ".product", constant(".shape", shape)], ".channels_last"),
        node("Transpose", [out + ".channels_last"], ".weight", perm=[0, 3, 1, 2]),
        convolution([widening.input[0], out + ".weight"], out, [1] * 4),
    ]


def convolve_before_enlarging(network, kernel, name, out):
    """The 3x3 convolution `kernel` of a value enlarged twice, as a transposed convolution that enlarges by itself.

    Along each axis a pixel of the smaller image is two of the enlarged one. The output before them sees the first with the
    kernel's last weight, the first sees both with its middle and last, the second with its first and middle, and the
    output behind them sees the second with its first.
    """
    kernel = kernel.astype(numpy.float64)
    for axis in (2, 3):
        first, middle, last = numpy.split(kernel, 3, axis)
        kernel = numpy.concatenate([last, middle + last, first + middle, first], axis)
    weight = network.constant(out + ".weight", kernel.transpose(1, 0, 2, 3).astype(numpy.float32))
    options = {"strides": [2, 2], "dilations": [1, 1], "pads": [1] * 4, "group": 1}
    return [helper.make_node("ConvTranspose", [name, weight], [out], name=out, **options)]


def split_sum(network, whole):
    """Splits the convolution of a gated level plus an enlarged one."""
    total = network.produced_by(whole.input[0], "Add")
    if total is None or len(whole.input) != 2:
        return False
    for own, coarser in (total.input, total.input[::-1]):
        level, source = gated(network, own), enlargement(network, coarser)
        if level is None or source is None or source[1] != 2:
            continue
        out = whole.output[0]
        kernel = weights(network, whole)
        parts = [out + ".own", out + ".coarser"]
        network.replace(
            whole,
            *convolve_before_widening(network, kernel, *level, parts[0]),
            *convolve_before_enlarging(network, kernel, source[0], parts[1]),
            helper.make_node("Add", parts, [out], name=out),
        )
        return True
    return False


def split_levels(network, whole):
    """Splits the convolution of several enlarged levels side by side, and of the finest behind them."""
    levels = network.produced_by(whole.input[0], "Concat")
    if levels is None:
        return False
    sources = [enlargement(network, name) for name in levels.input[:-1]]
    if any(source is None or source[1] % 2 for source in sources):
        return False
    out = whole.output[0]
    coarser, finest, side_by_side = out + ".coarser", out + ".finest", out + ".levels"
    nodes, names = [], []
    for name, factor in sources:
        name, more = enlarged(network, name, factor // 2)
        names.append(name)
        nodes += more
    kernel = weights(network, whole)
    channels = kernel.shape[1] * len(sources) // len(levels.input)
    weight = network.constant(finest + ".weight", kernel[:, channels:])
    network.replace(
        whole,
        *nodes,
        helper.make_node("Concat", names, [side_by_side], name=side_by_side, axis=1),
        *convolve_before_enlarging(network, kernel[:, :channels], side_by_side, coarser),
        convolution([levels.input[-1], weight, *whole.input[2:]], finest, [1] * 4),
        helper.make_node("Add", [coarser, finest], [out], name=out),
    )
    return True
