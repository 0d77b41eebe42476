#!/usr/bin/env python3
"""Golden files images/*: small JPEGs and PNGs of the kinds that data sets hold, and beside each, NAME.ppm, the pixels
that Pillow's convert("RGB") makes of it.

usage: make_images.py [DEST_DIR]      (needs Pillow and numpy; run once, the files are committed)
"""
import pathlib
import sys

import numpy
from PIL import Image

HEIGHT, WIDTH = 20, 28


def pixels(channels):
    """A smooth picture, so that JPEG's blocks hold all kinds of codes, with a few hard edges."""
    y, x, c = numpy.mgrid[0:HEIGHT, 0:WIDTH, 0:channels]
    waves = 128 + 60 * numpy.sin(x / 3 + c) + 50 * numpy.cos(y / 2 - c) + 40 * ((x + y) % 9 == c)
    return waves.clip(0, 255).astype(numpy.uint8)


def changed(path, change):
    path.write_bytes(change(path.read_bytes()))


def as_ycck(data):
    """Adobe's marker says that the four channels are YCCK: its last byte becomes 2."""
    at = data.index(b"Adobe") + 11
    return data[:at] + b"\x02" + data[at + 1:]


def with_extraneous_bytes(data):
    """Zeros before the tables, and other bytes before the end marker: libjpeg warns twice."""
    table = data.index(b"\xff\xc4")
    return data[:table] + bytes(5) + data[table:-2] + b"\x12\x34\x56" + data[-2:]


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent) / "images"
    folder.mkdir(exist_ok=True)
    rgb, grey = Image.fromarray(pixels(3)), Image.fromarray(pixels(1)[:, :, 0])
    cmyk = Image.fromarray(pixels(4), "CMYK")
    cmyk.save(folder / "cmyk.jpg", quality=90)
    cmyk.save(folder / "ycck.jpg", quality=90)
    changed(folder / "ycck.jpg", as_ycck)
    rgb.save(folder / "extraneous_bytes.jpg", quality=90)
    changed(folder / "extraneous_bytes.jpg", with_extraneous_bytes)
    rgb.save(folder / "progressive.jpg", quality=90, progressive=True)
    grey.save(folder / "grey.jpg", quality=90)

    rgb.save(folder / "png_named.JPEG", format="PNG")
    grey.save(folder / "grey.png")
    grey.convert("1").save(folder / "bilevel.png")
    rgb.quantize(7).save(folder / "palette.png", transparency=2)
    Image.fromarray(pixels(4), "RGBA").save(folder / "rgba.png")
    Image.fromarray(pixels(2), "LA").save(folder / "grey_alpha.png")
    for path in sorted(folder.iterdir()):
        if path.suffix != ".ppm":
            Image.open(path).convert("RGB").save(path.with_suffix(path.suffix + ".ppm"))


main()
