"""A network of the ONNX format, as the scripts that change one need it."""

import sys
from collections import defaultdict

import onnx
from onnx import helper, numpy_helper


class Network:
    def __init__(self, model):
        self.graph = model.graph
        self.constants = {}
        for node in self.graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        for tensor in self.graph.initializer:
            self.constants[tensor.name] = numpy_helper.to_array(tensor)
        self.nodes = [node for node in self.graph.node if node.op_type != "Constant"]
        self.outputs = {output.name for output in self.graph.output}
        self.index()

    def index(self):
        self.producer = {name: node for node in self.nodes for name in node.output}
        self.consumers = defaultdict(list)
        for node in self.nodes:
            for name in node.input:
                self.consumers[name].append(node)

    def scalar(self, name):
        value = self.constants.get(name)
        return float(value.reshape(-1)[0]) if value is not None and value.size == 1 else None

    def only_consumer(self, name):
        """The one node that uses a value, when there is only one."""
        users = self.consumers[name]
        return users[0] if len(users) == 1 and name not in self.outputs else None

    def drop(self, nodes):
        gone = {id(node) for node in nodes}
        self.nodes = [node for node in self.nodes if id(node) not in gone]
        self.index()

    def write(self):
        del self.graph.node[:]
        del self.graph.initializer[:]
        del self.graph.value_info[:]
        used = {name for node in self.nodes for name in node.input}
        self.graph.node.extend(self.nodes)
        self.graph.initializer.extend(
            numpy_helper.from_array(value, name) for name, value in self.constants.items() if name in used
        )

    def constant(self, name, value):
        """Keeps a value under this name and returns the name."""
        self.constants[name] = value
        return name

    def replace(self, node, *nodes):
        """Puts nodes in the place of one."""
        place = next(i for i, other in enumerate(self.nodes) if other is node)
        self.nodes[place : place + 1] = nodes
        self.index()

    def drop_unused(self):
        """Drops every node whose values nobody uses."""
        while True:
            unused = [
                node
                for node in self.nodes
                if not any(self.consumers[name] or name in self.outputs for name in node.output)
            ]
            if not unused:
                return
            self.drop(unused)

    def produced_by(self, name, kind):
        """The node of this kind that makes a value; None when another kind does."""
        node = self.producer.get(name)
        return node if node is not None and node.op_type == kind else None


def attribute(node, name):
    """The value of an attribute: numbers as a list; None when the node has none of this name."""
    for found in node.attribute:
        if found.name == name:
            return list(found.ints) or list(found.floats) or found.s or found.i or found.f
    return None


def weights(network, convolution):
    return network.constants[convolution.input[1]]


def write_relus_as_leaky(nodes):
    """Writes every Relu as a LeakyRelu without a leak, for which `rten` has vectors."""
    for node in nodes:
        if node.op_type == "Relu":
            node.op_type = "LeakyRelu"
            node.attribute.append(helper.make_attribute("alpha", 0.0))


def change_file(usage, change):
    """Changes the network in the file named first, and writes it to the file named second. `change` says what it did."""
    if len(sys.argv) != 3:
        raise SystemExit(usage)
    model = onnx.load(sys.argv[1])
    done = change(model)
    onnx.checker.check_model(model)
    # The same bytes on every machine: scripts/models checks their hash.
    with open(sys.argv[2], "wb") as target:
        target.write(model.SerializeToString(deterministic=True))
    print(f"    {done}")
