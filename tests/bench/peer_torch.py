#!/usr/bin/env python3
"""The peer of bench_step: the same SimSiam training step in PyTorch.

CIFAR ResNet-18 with heads 2048-512-2048, or ResNet-50 at 224 with heads 2048-2048-512-2048; two views through the
encoder one after the other as in the authors' code, SGD with momentum and weight decay. Random images in the device's
memory: as views (--what step), or as uint8 images that each step draws from and augments on the device (--what train).
Prints one line with the best and the median rate in pairs/s and the peak memory.

modes: eager; compile (torch.compile of the model and of the augmentation); graph (eager, the whole step captured once
as a CUDA graph); compile-graph (both). Each in its fastest setting: channels_last, cuDNN's choice by measurement, one
fused kernel for the update on a GPU, gradients overwritten instead of accumulated, f16 with a static loss scale, which
never waits for the GPU as GradScaler does. f32 is f32: no TF32, which PyTorch would use in convolutions only.
"""
import argparse
import math
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv(inp, out, kernel, stride=1):
    return nn.Conv2d(inp, out, kernel, stride, kernel // 2, bias=False)


class Block(nn.Module):
    """torchvision's BasicBlock or, with expansion 4, Bottleneck."""

    def __init__(self, inp, width, stride, expansion):
        super().__init__()
        out = width * expansion
        shapes = [(inp, width, 3, stride), (width, out, 3, 1)] if expansion == 1 else \
            [(inp, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)]
        self.convs = nn.ModuleList(conv(*shape) for shape in shapes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(shape[1]) for shape in shapes)
        self.downsample = None
        if stride != 1 or inp != out:
            self.downsample = nn.Sequential(conv(inp, out, 1, stride), nn.BatchNorm2d(out))

    def forward(self, x):
        y = x
        for i, (layer, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(layer(y))
            if i + 1 < len(self.convs):
                y = F.relu(y, inplace=True)
        return F.relu(y.add_(self.downsample(x) if self.downsample else x), inplace=True)


class ResNet(nn.Module):
    def __init__(self, blocks, expansion, imagenet_stem, width=64):
        super().__init__()
        stem = [conv(3, width, 7 if imagenet_stem else 3, 2 if imagenet_stem else 1), nn.BatchNorm2d(width),
                nn.ReLU(inplace=True)]
        self.stem = nn.Sequential(*stem, *([nn.MaxPool2d(3, 2, 1)] if imagenet_stem else []))
        layers, inp = [], width
        for stage, count in enumerate(blocks):
            for block in range(count):
                layers.append(Block(inp, width << stage, 2 if stage and not block else 1, expansion))
                inp = (width << stage) * expansion
        self.blocks, self.features = nn.Sequential(*layers), inp

    def forward(self, x):
        return self.blocks(self.stem(x)).mean((2, 3))


class SimSiam(nn.Module):
    def __init__(self, backbone, projector_layers, hidden=2048, dim=2048, bottleneck=512):
        super().__init__()
        layers, inp = [backbone], backbone.features
        for _ in range(projector_layers - 1):
            layers += [nn.Linear(inp, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True)]
            inp = hidden
        self.encoder = nn.Sequential(*layers, nn.Linear(inp, dim, bias=False), nn.BatchNorm1d(dim))
        self.predictor = nn.Sequential(nn.Linear(dim, bottleneck, bias=False), nn.BatchNorm1d(bottleneck),
                                       nn.ReLU(inplace=True), nn.Linear(bottleneck, dim))

    def forward(self, x1, x2):
        z1, z2 = self.encoder(x1), self.encoder(x2)
        p1, p2 = self.predictor(z1), self.predictor(z2)
        return -(F.cosine_similarity(p1.float(), z2.detach().float()).mean()
                 + F.cosine_similarity(p2.float(), z1.detach().float()).mean()) / 2


class Augment(nn.Module):
    """uint8 [N,3,S,S] -> a random view: resized crop, flip, jitter, grey; every image its own draw. The hue turns in
    YIQ, which is cheaper than by way of HSV. Constants are buffers: a CUDA graph cannot copy them from the host."""

    def __init__(self):
        super().__init__()
        yiq = torch.tensor([[.299, .587, .114], [.596, -.274, -.322], [.211, -.523, .312]])
        self.register_buffer("yiq", yiq)
        self.register_buffer("rgb", yiq.inverse())
        self.register_buffer("luma", yiq[0].view(1, 3, 1, 1))
        self.register_buffer("shift", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))

    def forward(self, images):
        n, device = images.shape[0], images.device

        def rand(low=0.0, high=1.0):
            return torch.empty(n, device=device).uniform_(low, high)

        def factor():
            return rand(0.6, 1.4).view(n, 1, 1, 1)

        def pick(p):
            return (rand() < p).view(n, 1, 1, 1)

        def grey(x):
            return (x * self.luma).sum(1, keepdim=True)

        area, ratio = rand(0.2, 1), torch.exp(rand(math.log(3 / 4), math.log(4 / 3)))
        w, h = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
        zero = torch.zeros_like(w)
        theta = torch.stack([torch.where(rand() < 0.5, -w, w), zero, (1 - w) * rand(-1, 1),
                             zero, h, (1 - h) * rand(-1, 1)], 1).view(n, 2, 3)
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        x = F.grid_sample(images.float() / 255, grid, padding_mode="reflection", align_corners=False)
        jittered = (x * factor()).clamp(0, 1)
        mean = grey(jittered).mean((2, 3), keepdim=True)
        jittered = (mean + (jittered - mean) * factor()).clamp(0, 1)
        level = grey(jittered)
        jittered = (level + (jittered - level) * factor()).clamp(0, 1)
        angle = rand(-0.1, 0.1) * 2 * math.pi
        turn = torch.stack([zero + 1, zero, zero, zero, angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos()],
                           1).view(n, 3, 3)
        jittered = torch.einsum("nij,njhw->nihw", self.rgb @ turn @ self.yiq, jittered).clamp(0, 1)
        x = torch.where(pick(0.8), jittered, x)
        x = torch.where(pick(0.2), grey(x).expand_as(x), x)
        return (x - self.shift) / self.scale


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--network", choices=["cifar18", "resnet50"], default="cifar18")
    parser.add_argument("--what", choices=["step", "train"], default="step")
    parser.add_argument("--mode", choices=["eager", "compile", "graph", "compile-graph"], default="eager")
    parser.add_argument("--precision", choices=["f32", "bf16", "f16"], default="f32")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--layout", choices=["channels_last", "contiguous"], default="channels_last")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = False
    cuda, small = args.device == "cuda", args.network == "cifar18"
    layout = torch.channels_last if args.layout == "channels_last" else torch.contiguous_format
    backbone = ResNet([2, 2, 2, 2], 1, False) if small else ResNet([3, 4, 6, 3], 4, True)
    model = SimSiam(backbone, 2 if small else 3).to(args.device, memory_format=layout)
    augment = Augment().to(args.device)
    forward, views_of = model, augment
    if args.mode.startswith("compile"):
        forward, views_of = torch.compile(model), torch.compile(augment)
    parameters = list(model.parameters())
    sgd = torch.optim.SGD(parameters, lr=0.03, momentum=0.9, weight_decay=5e-4, fused=cuda, foreach=not cuda)
    scale = 1024 if args.precision == "f16" else 1  # SimSiam's loss is bounded; bench_step has the same
    size = 32 if small else 224
    views = [torch.randn(args.batch_size, 3, size, size, device=args.device).to(memory_format=layout) for _ in range(2)]
    images = torch.randint(0, 256, (50000 if small else 2048, 3, size, size), dtype=torch.uint8, device=args.device) \
        if args.what == "train" else None
    kind = {"bf16": torch.bfloat16, "f16": torch.float16}.get(args.precision)

    def step():
        inputs = views
        if images is not None:
            chosen = images[torch.randint(0, images.shape[0], (args.batch_size,), device=args.device)]
            inputs = [views_of(chosen).contiguous(memory_format=layout) for _ in range(2)]
        with torch.autocast(args.device, kind, enabled=kind is not None):
            loss = forward(*inputs)
        sgd.zero_grad(set_to_none=True)
        (loss * scale).backward()
        if scale != 1:
            torch._foreach_mul_([p.grad for p in parameters], 1 / scale)
        sgd.step()
        return loss

    run = step
    if args.mode.endswith("graph"):
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(5):
                step()
        torch.cuda.current_stream().wait_stream(side)
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured):
            step()
        run = captured.replay
    wait = torch.cuda.synchronize if cuda else lambda: None
    for _ in range(30 if cuda else 2):
        run()
    wait()
    per_window = 20 if cuda else 1  # a GPU is read once a window; the CPU's step ends when it returns
    rates = []
    for _ in range(args.steps):
        start = time.perf_counter()
        for _ in range(per_window):
            run()
        wait()
        rates.append(per_window * args.batch_size / (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if cuda:
        peak = torch.cuda.max_memory_reserved() / 2**20
    print(f"torch {torch.__version__} {args.network} {args.what} {args.mode} {args.device} {args.precision} batch"
          f" {args.batch_size} {args.layout} threads {torch.get_num_threads()}:"
          f" best {max(rates):.1f} median {statistics.median(rates):.1f} pairs/s, peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
