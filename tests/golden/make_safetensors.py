"""Makes small.safetensors with the Python package `safetensors`: one tensor of each type that
tensor/io/safetensors.h reads, with values that the types hold exactly. Needs torch and safetensors:

    python make_safetensors.py
"""

import pathlib

import torch
from safetensors.torch import save_file

tensors = {
    "f64": torch.tensor([[1.0, -2.5], [1e-300, 3.0]], dtype=torch.float64),
    "layer1.0.conv1.weight": torch.arange(6, dtype=torch.float32).reshape(1, 2, 3) - 2.5,
    "bf16": torch.tensor([1.0, -0.15625, float("inf")], dtype=torch.bfloat16),
    "f16": torch.tensor([65504.0, 2.0**-24], dtype=torch.float16),
    "u8": torch.tensor([0, 127, 255], dtype=torch.uint8),
    "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "scalar": torch.tensor(7.0),
    "none": torch.zeros(0, 4),
}
metadata = {"epoch": "3", "note": 'quote " and \u221ad'}
save_file(tensors, pathlib.Path(__file__).with_name("small.safetensors"), metadata)
