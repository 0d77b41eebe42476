#!/usr/bin/env python3
"""The peer of `./experiments/pretrain --preset cifar10`: the paper's CIFAR-10 recipe (App. D), trained by PyTorch.

Network, loss, optimiser and schedule as in the authors' code, with peer_torch.py's modules: SGD on all parameters, the
rate by half a cosine per epoch, projector of two layers, initial values as torchvision's (zero_init_residual). The
augmentation is torchvision's (RandomResizedCrop, ColorJitter in a random order, RandomGrayscale, flip), written for
whole batches on the device, without its rounding to 8 bits. On a GPU the step is captured as a CUDA graph.
--method trains what the paper compares SimSiam with (peer_methods.py).

Writes the backbone under torchvision's names; its accuracies are then measured by the program that measures ours:

    python3 peer_training.py CIFAR-FOLDER --epochs 200 --width 16 --seed 0 --out torch.safetensors
    simsiam import torch.safetensors --out torch_checkpoint.safetensors
    simsiam evaluate torch_checkpoint.safetensors --data CIFAR-FOLDER

The recipe of the preset `medium`: --device cpu --precision f32 --epochs 12 --width 16 --hidden 512 --dim 512
--bottleneck 128 --batch-size 64 --base-rate 0.8 --train-samples 25000; judged as our runs are, by these images and the
probe's base rate 30, with `simsiam evaluate ... --train-samples 25000`.
"""
import argparse
import math
import pathlib
import time

import safetensors.torch
import torch
import torch.nn as nn
import torch.nn.functional as F

from peer_methods import METHODS
from peer_torch import ResNet, SimSiam

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # the default of data/augment.h


def read_images(folder):
    """The training images in the official binary layout: uint8 [50000,3,32,32]."""
    records = b"".join((pathlib.Path(folder) / f"data_batch_{i}.bin").read_bytes() for i in range(1, 6))
    return torch.frombuffer(bytearray(records), dtype=torch.uint8).view(-1, 3073)[:, 1:].reshape(-1, 3, 32, 32)


def initialise(model):
    """torchvision's ResNet with zero_init_residual; linear layers keep PyTorch's default."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    for block in model.encoder[0].blocks:
        nn.init.zeros_(block.norms[-1].weight)


class View(nn.Module):
    """uint8 [N,3,S,S] -> float [N,3,S,S]: one random view of every image. Constants are buffers, since a CUDA graph
    cannot copy them from the host."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        for name, values in (("luma", (.2989, .587, .114)), ("mean", MEAN), ("std", STD)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1))
        self.register_buffer("pixel", torch.arange(size) + 0.5)
        self.register_buffer("hue_offset", torch.tensor([5.0, 3.0, 1.0]).view(1, 3, 1, 1))

    def grey(self, x):
        return (x * self.luma).sum(1, keepdim=True)

    def crop(self, x):
        """RandomResizedCrop: one that fits of ten tries of area and aspect ratio, in whole pixels; bilinear. Half of
        the views are flipped."""
        n, size = x.shape[0], self.size
        rand = torch.rand(4, 10, n, device=x.device)
        area = (0.2 + 0.8 * rand[0]) * size * size
        ratio = torch.exp((2 * rand[1] - 1) * math.log(4 / 3))
        w, h = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (w >= 1) & (w <= size) & (h >= 1) & (h <= size)
        chosen = fits.float().argmax(0, keepdim=True)
        none = ~fits.any(0)  # then the whole image
        w, h = (torch.where(none, float(size), v.gather(0, chosen)[0]) for v in (w, h))
        left, top = (torch.floor(rand[k, 0] * (size - v + 1)) for k, v in ((2, w), (3, h)))

        def sources(begin, length):  # [N,S]: where the view's pixels lie, clamped to the crop
            at = self.pixel * (length / size)[:, None] - 0.5
            return begin[:, None] + torch.minimum(at.clamp(min=0), length[:, None] - 1)

        xs, ys = sources(left, w), sources(top, h)
        xs = torch.where(torch.rand(n, 1, device=x.device) < 0.5, xs.flip(1), xs)
        grid = torch.stack([xs[:, None, :].expand(n, size, size), ys[:, :, None].expand(n, size, size)], 3)
        return F.grid_sample(x, grid * (2 / (size - 1)) - 1, align_corners=True)

    def turn_hue(self, x, shift):
        """torchvision's adjust_hue: by way of hue, saturation and value."""
        top, low = x.amax(1, keepdim=True), x.amin(1, keepdim=True)
        chroma = top - low
        r, g, b = x.split(1, 1)
        safe = torch.where(chroma == 0, 1.0, chroma)
        hue = torch.where(top == r, (g - b) / safe, torch.where(top == g, 2 + (b - r) / safe, 4 + (r - g) / safe))
        k = (self.hue_offset + hue + 6 * shift) % 6
        return top - chroma * torch.minimum(k, 4 - k).clamp(0, 1)

    def jitter(self, x):
        """ColorJitter(0.4, 0.4, 0.4, 0.1), the four in an order of each image's own."""
        n = x.shape[0]
        factor = (0.6 + 0.8 * torch.rand(3, n, device=x.device)).view(3, n, 1, 1, 1)
        shift = (0.2 * torch.rand(n, device=x.device) - 0.1).view(n, 1, 1, 1)
        order = torch.rand(n, 4, device=x.device).argsort(1).view(n, 4, 1, 1, 1)
        for turn in range(4):
            which = order[:, turn]
            level = self.grey(x)
            changed = torch.where(which == 0, x * factor[0],
                                  torch.where(which == 1, level.mean((2, 3), keepdim=True) * (1 - factor[1])
                                              + x * factor[1], level * (1 - factor[2]) + x * factor[2]))
            x = torch.where(which == 3, self.turn_hue(x, shift), changed.clamp(0, 1))
        return x

    def forward(self, images):
        x = self.crop(images.float() / 255)

        def pick(p):
            return (torch.rand(x.shape[0], device=x.device) < p).view(-1, 1, 1, 1)

        x = torch.where(pick(0.8), self.jitter(x), x)
        x = torch.where(pick(0.2), self.grey(x), x)
        return (x - self.mean) / self.std


def torchvision_names(backbone):
    """State of peer_torch's ResNet-18 under torchvision's names."""
    state = {}
    for name, value in backbone.state_dict().items():
        part, *rest = name.split(".")
        if part == "stem":
            name = ".".join([{"0": "conv1", "1": "bn1"}[rest[0]], *rest[1:]])
        else:
            block, kind, *rest = rest
            kind = {"convs": "conv", "norms": "bn"}.get(kind, kind)
            if kind != "downsample":
                kind, rest = f"{kind}{int(rest[0]) + 1}", rest[1:]
            name = ".".join([f"layer{int(block) // 2 + 1}.{int(block) % 2}", kind, *rest])
        state[name] = value.cpu().contiguous()
    return state


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder with CIFAR-10's data_batch_*.bin")
    parser.add_argument("--out", required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    parser.add_argument("--epochs", type=int, default=800)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--hidden", type=int, default=2048, help="width of the projector's hidden layer")
    parser.add_argument("--dim", type=int, default=2048, help="of the projection")
    parser.add_argument("--bottleneck", type=int, default=512, help="width of the predictor's hidden layer")
    parser.add_argument("--method", choices=METHODS, default="simsiam")
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--base-rate", type=float, default=0.03, help="for a batch of 256; scaled with the batch")
    parser.add_argument("--constant-predictor-rate", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="bf16")
    parser.add_argument("--train-samples", type=int, default=50000, help="the first ones")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.backends.cudnn.benchmark = True
    cuda, batch = args.device == "cuda", args.batch_size
    model = SimSiam(ResNet([2, 2, 2, 2], 1, False, args.width), 2, args.hidden, args.dim, args.bottleneck)
    initialise(model)
    model = model.to(args.device, memory_format=torch.channels_last)
    method = METHODS[args.method](model, args.train_samples)
    view = View(32).to(args.device)
    make_view = torch.compile(view)
    images = read_images(args.data)[:args.train_samples].to(args.device)
    base = args.base_rate * batch / 256
    rates = [torch.tensor(base, device=args.device) for _ in range(2)]  # of the encoder, of the predictor
    parts = [{"params": part.parameters(), "lr": rate} for part, rate in zip((model.encoder, model.predictor), rates)]
    sgd = torch.optim.SGD(parts, momentum=0.9, weight_decay=5e-4, fused=cuda, foreach=not cuda)
    order = torch.zeros(images.shape[0], dtype=torch.int64, device=args.device)
    position = torch.zeros((), dtype=torch.int64, device=args.device)
    within = torch.arange(batch, device=args.device)

    def step():
        samples = order[position + within]
        views = [make_view(images[samples]).contiguous(memory_format=torch.channels_last) for _ in range(2)]
        with torch.autocast(args.device, torch.bfloat16, enabled=args.precision == "bf16"):
            loss = method.loss(views, samples)
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()
        method.updated()
        position.add_(batch)
        return loss.detach()

    run = step
    if cuda:  # the steps before the capture are no part of the training: rate 0, and their traces are wiped out
        start = {name: value.clone() for name, value in method.state_dict().items()}
        for rate in rates:
            rate.zero_()
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(5):
                position.zero_()
                step()
        torch.cuda.current_stream().wait_stream(side)
        captured = torch.cuda.CUDAGraph()
        position.zero_()
        with torch.cuda.graph(captured):
            last = step()
        with torch.no_grad():
            for name, value in method.state_dict().items():
                value.copy_(start[name])
            for state in sgd.state.values():
                state["momentum_buffer"].zero_()

        def run():
            captured.replay()
            return last

    begin = time.perf_counter()
    for epoch in range(args.epochs):
        decayed = base * 0.5 * (1 + math.cos(math.pi * epoch / args.epochs))
        for rate, constant in zip(rates, (False, args.constant_predictor_rate)):
            rate.fill_(base if constant else decayed)
        order.copy_(torch.randperm(images.shape[0], device=args.device))
        position.zero_()
        for _ in range(images.shape[0] // batch):
            loss = run()
        if (epoch + 1) % max(args.epochs // 20, 1) == 0:
            print(f"epoch {epoch + 1}: loss of its last step {loss.item():.4f}, {time.perf_counter() - begin:.1f} s",
                  flush=True)
    safetensors.torch.save_file(torchvision_names(model.encoder[0]), args.out)


main()
