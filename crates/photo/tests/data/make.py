#!/usr/bin/env python3
"""Writes the JPEG files of this folder with libjpeg: kinds that the encoder of the tests cannot write.

    pip install pillow==12.0.0 && python3 make.py
"""

from pathlib import Path

from PIL import Image

SIZE = (200, 120)
HERE = Path(__file__).parent


def pixel(x, y):
    edge = 200 if (x // 9 + y // 7) % 2 == 0 else 40
    noise = (x * 2654435761 ^ y * 2246822519) % 2**32 >> 28
    return edge, edge ^ noise, (x + y) % 256


image = Image.new("RGB", SIZE)
image.putdata([pixel(x, y) for y in range(SIZE[1]) for x in range(SIZE[0])])
for name, mode, options in [
    ("subsampled", "RGB", {"subsampling": "4:2:0"}),
    ("progressive", "RGB", {"progressive": True, "subsampling": "4:2:0"}),
    ("progressive-odd", "RGB", {"progressive": True, "subsampling": "4:2:2"}),
    ("grey-optimized", "L", {"optimize": True}),
    ("restarts", "RGB", {"subsampling": "4:2:0", "restart_marker_blocks": 4}),
    ("four-components", "CMYK", {}),
]:
    file = image if name != "progressive-odd" else image.crop((0, 0, 187, 109))
    file.convert(mode).save(HERE / f"{name}.jpg", "JPEG", quality=70, **options)
