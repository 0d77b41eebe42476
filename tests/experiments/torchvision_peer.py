#!/usr/bin/env python3
"""torchvision as the counterpart of `simsiam export`, `import` and `embed` (elsewhere_test.cc).

usage: torchvision_peer.py make NAME FILE          a network of torchvision.models, as PyTorch users save it
       torchvision_peer.py authors FILE            a ResNet-18 with heads, under the names of the authors' checkpoints
       torchvision_peer.py compare FILE FOLDER NPY  largest difference of features, of those in NPY, and their size

FILE of `compare` is what `simsiam export` wrote; the module beside it is used if there is one.
"""
import csv
import importlib
import pathlib
import sys

import numpy
import safetensors.torch
import torch
import torchvision
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, Normalize, Resize, ToTensor  # used by the file's line

torch.manual_seed(0)


def used(model):
    """Statistics and scales as after training, not as at its beginning."""
    for module in model.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            if module.affine:
                torch.nn.init.uniform_(module.weight, 0.2, 0.8)
                torch.nn.init.normal_(module.bias, 0, 0.1)
    return model.eval()


def authors():
    nn = torch.nn
    encoder = torchvision.models.resnet18(num_classes=64)
    hidden = lambda size: [nn.Linear(512, size, bias=False), nn.BatchNorm1d(size), nn.ReLU()]
    encoder.fc = nn.Sequential(*hidden(512), *hidden(512), encoder.fc, nn.BatchNorm1d(64, affine=False))
    predictor = nn.Sequential(nn.Linear(64, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 64))
    return used(nn.ModuleDict({"encoder": encoder, "predictor": predictor}))


def exported(weights):
    if weights.with_suffix(".py").exists():
        sys.path.insert(0, str(weights.parent))
        module = importlib.import_module(weights.stem)
        return module.model, module.transform
    with safetensors.safe_open(weights, "pt") as file:
        metadata = file.metadata()
    model = getattr(torchvision.models, metadata["architecture"])()
    model.fc = torch.nn.Identity()
    model.load_state_dict(safetensors.torch.load_file(weights))
    return model.eval(), Compose(eval(f"[{metadata['transform']}]"))


def main():
    mode, *rest = sys.argv[1:]
    if mode == "make":
        safetensors.torch.save_file(used(getattr(torchvision.models, rest[0])()).state_dict(), rest[1])
    elif mode == "authors":
        state = {f"module.{name}": value for name, value in authors().state_dict().items()}
        safetensors.torch.save_file(state, rest[0])
    else:
        weights, folder, npy = map(pathlib.Path, rest)
        model, transform = exported(weights)
        ours = numpy.load(npy)
        with open(npy.with_suffix(".csv"), newline="") as table:
            files = [row["path"] for row in csv.DictReader(table)]
        assert len(files) == len(ours) and ours.dtype == numpy.float32
        images = torch.stack([transform(Image.open(folder / file).convert("RGB")) for file in files])
        with torch.no_grad():
            theirs = model(images).numpy()
        print(abs(theirs - ours).max(), abs(theirs).max())


main()
