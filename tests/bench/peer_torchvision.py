#!/usr/bin/env python3
"""The peer of bench_input: the input pipeline of SimSiam's official code (torchvision on Pillow), one thread.

Pairs of views per second of this process's CPU time, from a folder of images: each file is decoded once for both views,
as in the official code's TwoCropsTransform. Prints the median of a few rounds.
"""
import argparse
import pathlib
import random
import statistics
import time

import torch
from PIL import Image, ImageFilter
from torchvision import transforms


class GaussianBlur:
    """main_simsiam.py's: Pillow's blur with a random sigma."""

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


def pipeline(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.2, 1.0)),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
        transforms.RandomApply([GaussianBlur()], p=0.5),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    files = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    files = files[:options.images]

    def decode(path):
        with open(path, "rb") as file:
            return Image.open(file).convert("RGB")

    transform = pipeline(options.size)
    for what, each in (("decode", decode),
                       ("both views augmented", lambda path: [transform(image) for image in [decode(path)] * 2])):
        seconds = []
        for _ in range(options.rounds + 1):
            start = time.process_time()
            for path in files:
                each(path)
            seconds.append(time.process_time() - start)
        median = statistics.median(seconds[1:]) / len(files)
        print(f"torchvision: {what:<31}{1 / median:8.1f} pairs/s, {1e3 * median:.2f} ms a pair")


if __name__ == "__main__":
    main()
