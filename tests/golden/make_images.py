#!/usr/bin/env python3
"""Golden files images/*: small JPEGs, PNGs and WebPs of the kinds that data sets contain, and beside each, NAME.ppm,
the pixels that Pillow makes of it: upright (ImageOps.exif_transpose), composited on white (Image.alpha_composite), and
RGB (convert). Of 16-bit colour channels Pillow keeps the upper 8 bits; 16-bit grey it reads completely, and here the
upper 8 bits are kept, too.

usage: make_images.py [DEST_DIR]      (needs Pillow and numpy; run once, the files are committed)
"""
import pathlib
import struct
import sys
import zlib

import numpy
from PIL import Image, ImageOps

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


def png_of_16_bits(path, values, color_type, more=b""):
    """values [height,width,channels]; the lower byte of each channel is noise. `more` is chunks before the pixels."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, _ = values.shape
    wide = values.astype(">u2") * 256 + numpy.arange(values.size).reshape(values.shape) * 37 % 256
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in wide)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0))
                     + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def exif_of(orientation, endian=">"):
    exif = Image.Exif()
    exif.endian = endian
    exif[0x0112] = orientation
    return exif


def animation(path, mode, channels):
    """Three pictures, smaller than the canvas: WebP's encoder crops them to what is not transparent."""
    pictures = []
    for at in (4, 0, 8):
        picture = Image.new("RGBA", (WIDTH, HEIGHT))
        picture.paste(Image.fromarray(pixels(channels), mode).crop((0, 0, 12, 10)), (at + 2, at))
        pictures.append(picture)
    pictures[0].save(path, save_all=True, append_images=pictures[1:], lossless=True, exact=False)


def as_pillow_shows(path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):
        return Image.fromarray((numpy.asarray(image) >> 8).astype(numpy.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


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
    keyed = rgb.quantize(7).convert("RGB")
    keyed.save(folder / "colour_key.png", transparency=keyed.getpixel((3, 3)))
    for name, channels, color_type in (("grey16", 1, 0), ("rgb16", 3, 2), ("rgba16", 4, 6)):
        png_of_16_bits(folder / f"{name}.png", pixels(channels), color_type)

    for orientation in range(1, 9):
        exif = exif_of(orientation, "<" if orientation % 2 else ">")
        rgb.save(folder / f"orientation_{orientation}.jpg", quality=90, exif=exif)
    cmyk.save(folder / "cmyk_orientation_6.jpg", quality=90, exif=exif_of(6))
    rgb.save(folder / "orientation_5.png", exif=exif_of(5))
    rgb.save(folder / "orientation_8.webp", lossless=True, exif=exif_of(8))

    rgb.save(folder / "lossy.webp", quality=80)
    Image.fromarray(pixels(4), "RGBA").save(folder / "lossy_alpha.webp", quality=80)
    Image.fromarray(pixels(4), "RGBA").save(folder / "lossless_alpha.webp", lossless=True, exact=True)
    animation(folder / "animation.webp", "RGB", 3)
    animation(folder / "animation_alpha.webp", "RGBA", 4)
    for path in sorted(folder.iterdir()):
        if path.suffix != ".ppm":
            as_pillow_shows(path).save(path.with_suffix(path.suffix + ".ppm"))


main()
