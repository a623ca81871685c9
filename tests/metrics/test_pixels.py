"""Distances by pixels, against slow twins."""

import math

import pytest
import torch

from animatic.metrics.pixels import psnr, ssim


def clip(seed=0, frames=2, size=16):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, frames, size, size, generator=random) * 2 - 1


def test_psnr_is_that_of_each_frame():
    real = clip()
    made = real.clone()
    made[:, :, 1] += 0.2
    found = psnr(made, real)[0]
    assert found[0] == math.inf
    assert found[1].item() == pytest.approx(20, abs=1e-4)


def test_equal_frames_are_alike_and_noise_is_not():
    assert ssim(clip(), clip()).tolist()[0] == pytest.approx([1, 1])
    assert ssim(clip(), clip(1)).abs().max() < 0.2


def test_ssim_matches_a_loop():
    real, made = clip(size=12), clip(size=12) * 0.8 + 0.1 * clip(3, size=12)
    weights = [math.exp(-((i - 5) ** 2) / 4.5) for i in range(11)]
    total = sum(weights)
    values = []
    for c in range(3):
        for i in range(2):
            for j in range(2):
                pairs = [
                    (
                        weights[a] * weights[b] / total**2,
                        made[0, c, 0, i + a, j + b].item(),
                        real[0, c, 0, i + a, j + b].item(),
                    )
                    for a in range(11)
                    for b in range(11)
                ]
                mx = sum(w * x for w, x, _ in pairs)
                my = sum(w * y for w, _, y in pairs)
                vx = sum(w * (x - mx) ** 2 for w, x, _ in pairs)
                vy = sum(w * (y - my) ** 2 for w, _, y in pairs)
                cov = sum(w * (x - mx) * (y - my) for w, x, y in pairs)
                values.append(
                    (2 * mx * my + 0.0004)
                    * (2 * cov + 0.0036)
                    / ((mx**2 + my**2 + 0.0004) * (vx + vy + 0.0036))
                )
    assert ssim(made, real)[0, 0].item() == pytest.approx(sum(values) / len(values), rel=1e-6)
