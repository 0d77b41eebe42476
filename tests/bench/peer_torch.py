#!/usr/bin/env python3
"""The peer of bench_step: the same SimSiam training step in PyTorch.

usage: peer_torch.py [--precision f32|bf16] [--batch-size 128] [--threads N] [--steps 5] [--layout channels_last|contiguous]

CIFAR ResNet-18, heads 2048-512-2048, two views through the encoder one after the other as in the authors' code,
SGD with momentum and weight decay. Random images that rest in memory; no augmentation. Prints one line
with the best and the median rate in pairs/s and the peak memory of the process.
"""
import argparse
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class BasicBlock(nn.Module):
    def __init__(self, inp, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inp, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or inp != out:
            self.downsample = nn.Sequential(nn.Conv2d(inp, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        shortcut = self.downsample(x) if self.downsample else x
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)).add_(shortcut), inplace=True)


class ResNet18(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        blocks, inp = [], width
        for stage in range(4):
            for block in range(2):
                blocks.append(BasicBlock(inp, width << stage, 2 if stage and not block else 1))
                inp = width << stage
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(F.relu(self.bn1(self.conv1(x)), inplace=True)).mean((2, 3))


class SimSiam(nn.Module):
    def __init__(self, hidden=2048, dim=2048, bottleneck=512):
        super().__init__()
        self.encoder = nn.Sequential(
            ResNet18(), nn.Linear(512, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True),
            nn.Linear(hidden, dim, bias=False), nn.BatchNorm1d(dim))
        self.predictor = nn.Sequential(nn.Linear(dim, bottleneck, bias=False), nn.BatchNorm1d(bottleneck),
                                       nn.ReLU(inplace=True), nn.Linear(bottleneck, dim))

    def forward(self, x1, x2):
        z1, z2 = self.encoder(x1), self.encoder(x2)
        p1, p2 = self.predictor(z1), self.predictor(z2)
        return -(F.cosine_similarity(p1.float(), z2.detach().float()).mean()
                 + F.cosine_similarity(p2.float(), z1.detach().float()).mean()) / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--layout", choices=["channels_last", "contiguous"], default="channels_last")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    layout = torch.channels_last if args.layout == "channels_last" else torch.contiguous_format
    model = SimSiam().to(memory_format=layout)
    forward = torch.compile(model) if args.compile else model
    sgd = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=5e-4)
    views = [torch.randn(args.batch_size, 3, 32, 32).to(memory_format=layout) for _ in range(2)]

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            loss = forward(*views)
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()
        return loss.item()

    step()
    step()
    rates = []
    for _ in range(args.steps):
        start = time.perf_counter()
        step()
        rates.append(args.batch_size / (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"torch {torch.__version__} {args.precision} batch {args.batch_size} {args.layout}"
          f"{' compile' if args.compile else ''} threads {torch.get_num_threads()}:"
          f" best {max(rates):.1f} median {statistics.median(rates):.1f} pairs/s, peak {peak:.0f} MiB")


main()
