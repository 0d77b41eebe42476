#!/usr/bin/env python3
"""Golden file test_transform.safetensors: the results of torchvision's Resize and CenterCrop on images of many sizes.

usage: make_test_transform.py [DEST_DIR]      (needs torchvision, Pillow and safetensors; run once, the file is committed)

"HxW R S" is Resize(R), CenterCrop(S) of an image of H x W pixels, [N,N,3]; for views of 224 pixels every 16th one in
each direction is kept. "exact": from a tensor in float64, antialiased, in [0, 1] and stored as float32. "pillow": from
a PIL image, 8 bits; Pillow rounds to 8 bits after each direction.
"""
import pathlib
import sys

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision import transforms

SMALL = [(28, 28), (32, 32), (18, 18), (16, 16), (37, 53), (57, 37), (100, 75), (9, 12), (1, 5), (300, 31)]
LARGE = [(375, 500), (500, 333), (512, 512), (224, 224)]


def image(height, width):
    """Noise-like, by a formula that the test repeats."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    return ((3 * y * y + 5 * x * x + 7 * x * y + 83 * c) % 256).astype(numpy.uint8)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    tensors = {}
    cases = [(size, 18, 16) for size in SMALL] + [(size, 16, 16) for size in SMALL[:6]]
    cases += [(size, 256, 224) for size in LARGE]
    for (height, width), resized, size in cases:
        pixels = image(height, width)
        crop = transforms.CenterCrop(size)
        resize = transforms.Resize(resized, antialias=True)  # bilinear
        exact = crop(resize(torch.from_numpy(pixels).permute(2, 0, 1)[None].double() / 255))
        pillow = numpy.array(crop(transforms.Resize(resized)(Image.fromarray(pixels))))
        keep = slice(None, None, 16 if size > 16 else 1)
        name = f"{height}x{width} {resized} {size}"
        tensors[f"{name} exact"] = exact[0].permute(1, 2, 0)[keep, keep].float().contiguous()
        tensors[f"{name} pillow"] = torch.from_numpy(pillow[keep, keep].copy())
    save_file(tensors, folder / "test_transform.safetensors")


main()
