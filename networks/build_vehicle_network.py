"""Build the network that tells a photo of a vehicle from a photo of an empty road.

EfficientNet-Lite0 is published as torch weights alone: no graph, and torch is far too large to install for them. This
reads the weights without torch and writes the graph, changed for its one question:

- the batch norms are folded into the convolutions before them;
- the 1000 ImageNet probabilities become one number, the sum of those that are road vehicles or parts of one;
- the weights are stored as 16-bit floats, which halves the file; the network turns them back into 32-bit ones.

Input `image`, [1, 3, 224, 224]: red, green, blue, each value (byte - 127) / 128. This is not folded into the first
convolution, which pads with zeros: a zero must stay the middle grey. Output `vehicle`, [1, 1]: 0 to 1.

Usage: build_vehicle_network.py SOURCE.pth TARGET.onnx
"""

import io
import pickle
import sys
from collections import OrderedDict

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 224
OPSET = 13
# The oldest version of the file format that knows this opset.
FILE_FORMAT = 7

# What torch writes before the weights.
TORCH_MAGIC = 0x1950A86A20F9469CFC6C
TORCH_PROTOCOL = 1001

BATCH_NORM_EPSILON = 1e-3
STEM_STRIDE = 2
# Every other number of the network is in its weights' shapes.
BLOCK_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)

# ImageNet's road vehicles, and the parts of one that fill a photo taken from near. What runs on rails is left out, and
# so are go-kart and racer: the network gives them to bare asphalt, kerbs and painted lines as well.
CLASSES = 1000
VEHICLES = {
    407: "ambulance",
    408: "amphibian",
    436: "beach wagon",
    468: "cab",
    475: "car mirror",
    479: "car wheel",
    511: "convertible",
    555: "fire engine",
    569: "garbage truck",
    575: "golfcart",
    581: "grille",
    609: "jeep",
    627: "limousine",
    654: "minibus",
    656: "minivan",
    661: "Model T",
    665: "moped",
    670: "motor scooter",
    675: "moving van",
    717: "pickup",
    734: "police van",
    757: "recreational vehicle",
    779: "school bus",
    803: "snowplow",
    817: "sports car",
    864: "tow truck",
    866: "tractor",
    867: "trailer truck",
    874: "trolleybus",
}


class Tensor:
    """Where a tensor's numbers are: its storage's key, the first one, and the steps between them."""

    def __init__(self, storage, offset, shape, steps, *_):
        self.storage, self.offset, self.shape, self.steps = storage, offset, shape, steps

    def take(self, storages):
        values = storages[self.storage][self.offset :]
        last = sum((length - 1) * step for length, step in zip(self.shape, self.steps))
        if min(self.steps, default=0) < 0 or last >= len(values):
            raise ValueError(f"storage {self.storage} is too short")
        steps = [step * values.itemsize for step in self.steps]
        return numpy.lib.stride_tricks.as_strided(values, self.shape, steps)


class Unpickler(pickle.Unpickler):
    """Reads a torch file's pickles; a pickle that names anything but what weights need is refused."""

    ALLOWED = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): Tensor,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
    }

    def __init__(self, file):
        super().__init__(file)
        self.types = {}

    def find_class(self, module, name):
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return self.ALLOWED[module, name]

    def persistent_load(self, reference):
        _, self.types[reference[2]], key, _, _, view = reference
        if view is not None:
            raise pickle.UnpicklingError("it has storages that share their numbers")
        return key


def read_storage(file, kind):
    count = int.from_bytes(file.read(8), "little")
    size = numpy.dtype(kind).itemsize
    values = file.read(count * size)
    if len(values) != count * size:
        raise EOFError("it ends too early")
    return numpy.frombuffer(values, kind)


def read_weights(data):
    """The weights by name. The file is five pickles (a mark, a version, the machine, tensors, storages) and numbers."""
    file = io.BytesIO(data)
    if Unpickler(file).load() != TORCH_MAGIC or Unpickler(file).load() != TORCH_PROTOCOL:
        raise ValueError("it does not begin like a torch file")
    if not Unpickler(file).load()["little_endian"]:
        raise ValueError("its numbers are big-endian")
    unpickler = Unpickler(file)
    tensors = unpickler.load()
    storages = {key: read_storage(file, unpickler.types[key]) for key in Unpickler(file).load()}
    return {name: tensor.take(storages) for name, tensor in tensors.items()}


class Network:
    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = []
        self.size = SIDE

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def halved(self, name, values):
        """A constant that is stored in 16 bits and used in 32."""
        stored = values.astype(numpy.float16)
        if not numpy.isfinite(stored).all():
            raise ValueError(f"{name} has numbers beyond a 16-bit float")
        return self.add("Cast", [self.constant(name + ".half", stored)], name, to=TensorProto.FLOAT)

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def folded(self, convolution, norm):
        """A convolution's weight and bias with the batch norm behind it folded in."""
        gamma, beta, mean, variance = (
            self.weights[f"{norm}.{part}"].astype(numpy.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / numpy.sqrt(variance + BATCH_NORM_EPSILON)
        weight = self.weights[convolution + ".weight"].astype(numpy.float64)
        return weight * scale[:, None, None, None], beta - mean * scale

    def convolve(self, data, output, convolution, norm, stride=1, depthwise=False, clipped=True):
        weight, bias = self.folded(convolution, norm)
        kernel = weight.shape[2]
        # As much padding as halves the size exactly; an odd one goes right and below.
        after = -(-self.size // stride)
        padding = max((after - 1) * stride + kernel - self.size, 0)
        before = padding // 2
        self.size = after
        inputs = [
            data,
            self.halved(output + ".weight", weight),
            self.constant(output + ".bias", bias.astype(numpy.float32)),
        ]
        attributes = {
            "kernel_shape": [kernel, kernel],
            "strides": [stride, stride],
            "pads": [before, before, padding - before, padding - before],
            "group": weight.shape[0] if depthwise else 1,
        }
        if not clipped:
            return self.add("Conv", inputs, output, **attributes)
        convolved = self.add("Conv", inputs, output + ".convolved", **attributes)
        return self.add("Clip", [convolved, "zero", "six"], output)

    def block(self, data, number, stride):
        """One inverted residual: widen, filter each channel by itself, narrow; added to its input where both fit."""
        source, output = f"_blocks.{number}.", f"block{number}"
        wide = data
        if source + "_expand_conv.weight" in self.weights:
            wide = self.convolve(data, output + ".wide", source + "_expand_conv", source + "_bn0")
            channels = self.weights[source + "_expand_conv.weight"].shape[1]
        else:
            channels = self.weights[source + "_depthwise_conv.weight"].shape[0]
        filtered = self.convolve(
            wide, output + ".filtered", source + "_depthwise_conv", source + "_bn1", stride, depthwise=True
        )
        narrow = self.convolve(
            filtered, output + ".narrow", source + "_project_conv", source + "_bn2", clipped=False
        )
        if stride == 1 and channels == self.weights[source + "_project_conv.weight"].shape[0]:
            return self.add("Add", [narrow, data], output)
        return narrow

    def sum_vehicles(self, probabilities, output):
        chosen = numpy.zeros((CLASSES, 1), dtype=numpy.float32)
        chosen[list(VEHICLES)] = 1
        return self.add("MatMul", [probabilities, self.constant("vehicles", chosen)], output)

    def build(self):
        self.constant("zero", numpy.float32(0))
        self.constant("six", numpy.float32(6))
        data = self.convolve("image", "stem", "_conv_stem", "_bn0", STEM_STRIDE)
        for number, stride in enumerate(BLOCK_STRIDES):
            data = self.block(data, number, stride)
        data = self.convolve(data, "head", "_conv_head", "_bn1")
        data = self.add("GlobalAveragePool", [data], "pooled")
        data = self.add("Flatten", [data], "features", axis=1)
        weight = self.halved("classes.weight", self.weights["_fc.weight"])
        bias = self.constant("classes.bias", self.weights["_fc.bias"])
        data = self.add("Gemm", [data, weight, bias], "classes", transB=1)
        data = self.add("Softmax", [data], "probabilities", axis=1)
        self.sum_vehicles(data, "vehicle")

    def model(self):
        graph = helper.make_graph(
            self.nodes,
            "vehicle",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("vehicle", TensorProto.FLOAT, [1, 1])],
            self.constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FILE_FORMAT
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def check(weights):
    blocks = {name.split(".")[1] for name in weights if name.startswith("_blocks.")}
    if len(blocks) != len(BLOCK_STRIDES):
        raise ValueError(f"it has {len(blocks)} blocks, expected {len(BLOCK_STRIDES)}")
    if weights["_fc.bias"].shape != (CLASSES,):
        raise ValueError(f"it has {len(weights['_fc.bias'])} classes, expected {CLASSES}")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    with open(sys.argv[1], "rb") as source:
        data = source.read()
    # A file that is not the expected one can fail in almost any way, a pickle above all.
    try:
        weights = read_weights(data)
        check(weights)
        network = Network(weights)
        network.build()
        model = network.model()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise SystemExit(f"{sys.argv[1]} does not hold EfficientNet-Lite0's weights: {reason}") from error
    with open(sys.argv[2], "wb") as target:
        target.write(model.SerializeToString(deterministic=True))
    print(f"    {len(weights)} tensors made {len(network.nodes)} operators")


if __name__ == "__main__":
    main()
