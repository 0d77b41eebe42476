#!/usr/bin/env python3
"""Golden file larc.safetensors: three LARC steps of a linear classifier, by the rule of NVIDIA apex's LARC with
clip=False around torch.optim.SGD (momentum 0.9), worked out in float64.

usage: make_larc.py [DEST_DIR]      (needs torch and safetensors; run once, the file is committed)

The bias starts at zero, so its first gradient is left as it is. "plain" has no weight decay, "decay" has 0.01.
"""
import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
TRUST, RATE, STEPS = 0.001, 1.6, 3


def larc(parameters, decay):
    for p in parameters:
        p_norm, g_norm = p.detach().norm(), p.grad.norm()
        if p_norm != 0 and g_norm != 0:
            a = TRUST * p_norm / (g_norm + p_norm * decay + 1e-8)
            p.grad = (p.grad + decay * p.detach()) * a


def run(prefix, decay, tensors):
    torch.manual_seed(0)
    x = torch.randn(STEPS, 12, 6).to(torch.float32).to(torch.float64)
    labels = torch.randint(0, 4, (STEPS, 12))
    w = (torch.randn(4, 6) * 0.1).to(torch.float32).to(torch.float64).requires_grad_()
    b = torch.zeros(4, requires_grad=True)
    tensors.update({"x": x, "labels": labels.to(torch.int32), "weight": w.detach().clone()})
    sgd = torch.optim.SGD([w, b], lr=RATE, momentum=0.9)
    for step in range(STEPS):
        sgd.zero_grad()
        F.cross_entropy(F.linear(x[step], w, b), labels[step]).backward()
        larc([w, b], decay)
        sgd.step()
        tensors[f"{prefix}.weight.{step}"] = w.detach().clone()
        tensors[f"{prefix}.bias.{step}"] = b.detach().clone()


def main():
    dest = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    tensors = {}
    run("plain", 0.0, tensors)
    run("decay", 0.01, tensors)
    save_file({k: v.to(torch.float32) if v.is_floating_point() else v for k, v in tensors.items()},
              dest / "larc.safetensors")


main()
