#!/usr/bin/env python3
"""The initial inputs of the data sets' fuzz targets, in corpus/; inputs found by the fuzzers are beside them. Image
files come from ../golden/images.

usage: make_corpus.py      (run once, the files are committed)
"""
import gzip
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).parent


def save(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def cifar(records, label_bytes):
    return b"".join(bytes([i % 10] * label_bytes) + bytes(3072) for i in range(records))


def idx(labels, shape, pixels):
    return (struct.pack(">II", 0x801, len(labels)) + labels, struct.pack(">IIII", 0x803, *shape) + pixels)


def joined(labels, images, flag=0):
    """As idx.cc takes it apart; gzip and IDX files may not be padded, so label files have a multiple of 16 bytes."""
    assert len(labels) % 16 == 0
    return bytes([len(labels) // 16, flag]) + labels + images


save("cifar", "ten", b"\0" + cifar(2, 1))
save("cifar", "ten_cut", b"\2" + cifar(2, 1))
save("cifar", "hundred", b"\1" + cifar(5, 2))
save("cifar", "hundred_equal", b"\3" + cifar(1, 2))
labels, images = idx(bytes(range(8)), (8, 2, 3), bytes(48))
save("idx", "plain", joined(labels, images))
save("idx", "cut", joined(labels, images, 1))
save("idx", "gzip", joined(labels, gzip.compress(images, mtime=0)))
save("idx", "bomb", joined(labels, gzip.compress(images + bytes(100000), mtime=0)))
for path in (HERE / "../golden/images").iterdir():
    if path.suffix != ".ppm":
        shutil.copy(path, HERE / "corpus" / "image_folder" / path.name)
