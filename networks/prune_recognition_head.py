"""Cut the PP-OCRv6 recognition head down to the characters a licence plate can show.

The published head has 18,710 classes, most of them Chinese; its last matrix is 9 MB of weights that a
plate never uses. This keeps the CTC blank, printable ASCII and the four dots and dashes that plates
put between groups, and rewrites the dictionary in the model's own metadata (key `character`), which
stays the only place that maps a class to its character. Relus are written as LeakyRelus without a leak, for which `rten`
has vectors.

Usage: prune_recognition_head.py SOURCE.onnx TARGET.onnx
"""

import numpy
from onnx import numpy_helper

from onnx_graph import change_file, write_relus_as_leaky

SEPARATORS = "·•—–"
METADATA_KEY = "character"


def classes_of(model):
    """Characters by class number: 0 is the CTC blank, the space comes last and is not in the metadata."""
    characters = next((p.value for p in model.metadata_props if p.key == METADATA_KEY), None)
    if characters is None:
        raise SystemExit(f"the model has no metadata entry '{METADATA_KEY}': is it a PP-OCRv6 recognition model?")
    return [""] + characters.splitlines() + [" "]


def wanted(number, character):
    if number == 0:
        return True
    return len(character) == 1 and (" " <= character <= "~" or character in SEPARATORS)


def prune(model):
    classes = classes_of(model)
    keep = [number for number, character in enumerate(classes) if wanted(number, character)]
    cut = 0
    for tensor in model.graph.initializer:
        if len(classes) not in tensor.dims:
            continue
        values = numpy_helper.to_array(tensor)
        axis = values.shape.index(len(classes))
        pruned = numpy.ascontiguousarray(numpy.take(values, keep, axis=axis))
        tensor.CopyFrom(numpy_helper.from_array(pruned, tensor.name))
        cut += 1
    if cut == 0:
        raise SystemExit(f"no weight has {len(classes)} classes: the model's layout is not the expected one")
    # Shapes noted for intermediate values would contradict the smaller head.
    del model.graph.value_info[:]
    for output in model.graph.output:
        for dimension in output.type.tensor_type.shape.dim:
            if dimension.dim_value == len(classes):
                dimension.dim_value = len(keep)
    for entry in model.metadata_props:
        if entry.key == METADATA_KEY:
            # Without the final space, which every reader of this metadata appends by itself.
            entry.value = "\n".join(classes[number] for number in keep[1:] if number != len(classes) - 1)
    write_relus_as_leaky(model.graph.node)
    return f"{len(classes)} classes cut to {len(keep)}"


if __name__ == "__main__":
    change_file(__doc__, prune)
