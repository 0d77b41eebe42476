#!/usr/bin/env python3
"""Golden files: what PyTorch computes for every op and for small networks.

usage: make_golden.py [DEST_DIR]      (needs torch, numpy and safetensors; run once, the files are committed)

Layouts are this project's: images [N,H,W,C], filters [K,R,S,C]. Arithmetic in float64, stored as float32, so that a
comparison in float32 sees only this project's rounding errors.
"""
import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)


def nhwc(t):
    """PyTorch's [N,C,H,W] or [K,C,R,S] to channels-last order; other ranks unchanged."""
    return t.permute(0, 2, 3, 1) if t.dim() == 4 else t


def stored(t):
    return nhwc(t.detach()).to(torch.float32).contiguous()


class Case:
    """One op: named inputs, the result, a random dy and the gradients."""

    def __init__(self, tensors, name):
        self.tensors, self.name = tensors, name

    def __call__(self, function, **inputs):
        # Inputs are rounded to float32 first, so that the file contains exactly what was used.
        leaves = {k: v.to(torch.float32).to(torch.float64).requires_grad_() for k, v in inputs.items()}
        y = function(**leaves)
        dy = torch.randn_like(y).to(torch.float32).to(torch.float64)
        y.backward(dy)
        for key, leaf in leaves.items():
            self.tensors[f"{self.name}.{key}"] = stored(leaf)
            self.tensors[f"{self.name}.d{key}"] = stored(leaf.grad)
        self.tensors[f"{self.name}.y"] = stored(y)
        self.tensors[f"{self.name}.dy"] = stored(dy)


def ops():
    torch.manual_seed(0)
    tensors = {}
    r = torch.randn
    Case(tensors, "relu")(F.relu, input=r(5, 9))
    Case(tensors, "linear")(F.linear, input=r(6, 20), weight=r(12, 20), bias=r(12))
    for name, x, w, stride, padding in [
        ("conv3x3", (2, 6, 9, 8), (10, 6, 3, 3), 1, 1),
        ("conv3x3s2", (2, 16, 8, 7), (16, 16, 3, 3), 2, 1),
        ("conv1x1s2", (3, 8, 6, 6), (16, 8, 1, 1), 2, 0),
        ("conv7x7s2", (1, 3, 17, 16), (8, 3, 7, 7), 2, 3),
    ]:
        Case(tensors, name)(lambda input, weight: F.conv2d(input, weight, stride=stride, padding=padding),
                            input=r(*x), weight=r(*w))
    Case(tensors, "max_pool")(lambda input: F.max_pool2d(input, 3, 2, 1), input=r(2, 5, 9, 8))
    Case(tensors, "global_avg_pool")(lambda input: input.mean((2, 3)), input=r(3, 7, 4, 5))
    Case(tensors, "cosine")(lambda p, z: F.cosine_similarity(p, z), p=r(6, 33), z=r(6, 33))
    Case(tensors, "softmax")(lambda input: F.softmax(input, 1), input=3 * r(5, 11))
    target = F.softmax(r(5, 11), 1).to(torch.float32)
    tensors["cross_entropy.target"] = target
    Case(tensors, "cross_entropy")(
        lambda input: F.cross_entropy(input, target.to(torch.float64), reduction="none"), input=3 * r(5, 11))

    # Batch norm of two views that go through one after the other; running statistics see both.
    mean, var = torch.zeros(7), torch.ones(7)

    def two_views(input, weight, bias, residual):
        parts = [F.batch_norm(v, mean, var, weight, bias, training=True) for v in input.chunk(2)]
        return F.relu(torch.cat(parts) + residual)

    Case(tensors, "batch_norm")(two_views, input=2 * r(6, 7, 3, 4) + 1, weight=r(7), bias=r(7),
                                residual=r(6, 7, 3, 4))
    tensors["batch_norm.running_mean"], tensors["batch_norm.running_var"] = stored(mean), stored(var)
    return tensors


class Block(nn.Module):
    """torchvision's BasicBlock (kernels 3, 3) and Bottleneck (1, 3, 1), without its dead options."""

    def __init__(self, inp, width, stride, bottleneck):
        super().__init__()
        out = width * (4 if bottleneck else 1)
        sizes = [(inp, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)] if bottleneck else [
            (inp, width, 3, stride), (width, out, 3, 1)]
        for i, (a, b, k, s) in enumerate(sizes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.count = len(sizes)
        self.downsample = None
        if stride != 1 or inp != out:
            self.downsample = nn.Sequential(nn.Conv2d(inp, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        shortcut = self.downsample(x) if self.downsample else x
        for i in range(1, self.count + 1):
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x))
            x = F.relu(x + shortcut) if i == self.count else F.relu(x)
        return x


class ResNet(nn.Module):
    def __init__(self, width, blocks, bottleneck, imagenet_stem):
        super().__init__()
        self.imagenet_stem = imagenet_stem
        kernel, stride = (7, 2) if imagenet_stem else (3, 1)
        self.conv1 = nn.Conv2d(3, width, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inp = width
        for stage in range(4):
            layer = []
            for block in range(blocks[stage]):
                layer.append(Block(inp, width << stage, 2 if stage and not block else 1, bottleneck))
                inp = (width << stage) * (4 if bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.features = inp

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.imagenet_stem:
            x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return x.mean((2, 3))


class SimSiam(nn.Module):
    """The paper's Algorithm 1, with the projector's last batch norm affine."""

    def __init__(self, backbone, hidden, dim, bottleneck, layers):
        super().__init__()
        self.encoder = backbone
        mlp, inp = [], backbone.features
        for _ in range(layers - 1):
            mlp += [nn.Linear(inp, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()]
            inp = hidden
        self.encoder.fc = nn.Sequential(*mlp, nn.Linear(inp, dim, bias=False), nn.BatchNorm1d(dim))
        self.predictor = nn.Sequential(nn.Linear(dim, bottleneck, bias=False), nn.BatchNorm1d(bottleneck),
                                       nn.ReLU(), nn.Linear(bottleneck, dim))

    def forward(self, x):
        z = self.encoder.fc(self.encoder(x))
        return z, self.predictor(z)


def weights(module, prefix):
    return {f"{prefix}{k}": stored(v) for k, v in module.state_dict().items()
            if not k.endswith("num_batches_tracked")}


def training(name, make, stop_gradient, size, steps=3, batch=16):
    """Three SGD steps; per step the loss, and all weights, momenta and running statistics at the end."""
    torch.manual_seed(1)
    model = make()
    for parameter in model.parameters():  # so that the file contains what is used
        parameter.data = parameter.data.to(torch.float32).to(torch.float64)
    tensors = weights(model, "before.")
    sgd = torch.optim.SGD([
        {"params": model.encoder.parameters(), "lr": 0.01},
        {"params": model.predictor.parameters(), "lr": 0.02}], lr=0.01, momentum=0.9, weight_decay=5e-4)
    losses = []
    for step in range(steps):
        views = torch.randn(2 * batch, 3, size, size).to(torch.float32)
        tensors[f"views.{step}"] = stored(views)
        x1, x2 = views.to(torch.float64).chunk(2)
        (z1, p1), (z2, p2) = model(x1), model(x2)
        target = (lambda z: z.detach()) if stop_gradient else (lambda z: z)
        loss = -(F.cosine_similarity(p1, target(z2)).mean() + F.cosine_similarity(p2, target(z1)).mean()) / 2
        sgd.zero_grad()
        loss.backward()
        if step == 0:
            tensors.update({f"grad.{k}": stored(v.grad) for k, v in model.named_parameters()})
        sgd.step()
        losses.append(loss.item())
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    tensors.update(weights(model, "after."))
    print(name, losses)
    return tensors


def main():
    dest = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    save_file(ops(), dest / "ops.safetensors")
    basic = lambda: SimSiam(ResNet(4, [1, 1, 1, 1], False, False), 16, 24, 8, layers=2)
    bottleneck = lambda: SimSiam(ResNet(4, [1, 1, 1, 1], True, True), 16, 24, 8, layers=3)
    for name, make, size, stop in [("resnet18_stopgrad", basic, 8, True), ("resnet18_no_stopgrad", basic, 8, False),
                                   ("resnet50_stopgrad", bottleneck, 16, True)]:
        save_file(training(name, make, stop, size), dest / f"{name}.safetensors")


main()
