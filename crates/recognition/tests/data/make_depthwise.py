"""Write depthwise.onnx, the convolutions that tests/depthwise.rs compares with plain loops.

A convolution a case; image and weights are inputs, so that the test knows them. Its name says what it is:
`kernel height x width, strides, dilations, padding top left bottom right`.

Usage: make_depthwise.py TARGET.onnx, with the onnx package that scripts/models installs.
"""

import sys

import onnx
from onnx import TensorProto, helper

CHANNELS = 3
CASES = [
    ((3, 3), (1, 1), (1, 1), (1, 1, 1, 1)),
    ((5, 5), (1, 1), (1, 1), (2, 2, 2, 2)),
    ((3, 3), (2, 2), (1, 1), (1, 1, 1, 1)),
    ((5, 5), (2, 1), (1, 1), (2, 2, 2, 2)),
    ((1, 7), (1, 1), (1, 1), (0, 3, 0, 3)),
    ((3, 3), (1, 2), (2, 2), (2, 2, 2, 2)),
    ((3, 3), (3, 3), (1, 1), (0, 2, 1, 0)),
    ((2, 4), (1, 3), (1, 1), (0, 0, 0, 0)),
]


def tensor(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def main():
    nodes, inputs, outputs = [], [tensor("image", [1, CHANNELS, "height", "width"])], []
    for kernel, strides, dilations, pads in CASES:
        name = ",".join("x".join(map(str, part)) for part in (kernel, strides, dilations, pads))
        weights = f"weights,{name}"
        inputs.append(tensor(weights, [CHANNELS, 1, *kernel]))
        outputs.append(tensor(name, [1, CHANNELS, None, None]))
        options = {"kernel_shape": kernel, "strides": strides, "dilations": dilations, "pads": pads, "group": CHANNELS}
        nodes.append(helper.make_node("Conv", ["image", weights], [name], name=name, **options))
    graph = helper.make_graph(nodes, "depthwise", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7)
    onnx.checker.check_model(model)
    with open(sys.argv[1], "wb") as target:
        target.write(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
