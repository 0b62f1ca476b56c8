"""The precision that models are trained in: bf16 autocast where the device has it."""

from __future__ import annotations

import torch


def autocast(device: torch.device) -> torch.autocast:
    """bf16 autocast where the device multiplies bf16 matrices natively, else a context that changes nothing."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device))


def has_bf16(device: torch.device) -> bool:
    """Whether the device has native bf16 matrix products."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and "bf16" in cpu_capabilities()


def cpu_capabilities() -> str:
    """The processor's bf16 features, such as `avx512_bf16 amx_tile`, or nothing."""
    cpu = torch.cpu
    known = {"avx512_bf16": "_is_avx512_bf16_supported", "amx_tile": "_is_amx_tile_supported"}
    return " ".join(name for name, probe in known.items() if getattr(cpu, probe, bool)())
