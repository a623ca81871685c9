"""Published protocols by name: what is counted, and how many of it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from animatic.errors import UserError


@dataclass(frozen=True)
class Protocol:
    """What papers measured, so that numbers can stand beside theirs.

    Attributes:
        name: of it.
        about: which clips to bring, and where that is said.
        metrics: what is measured.
        num: generated clips.
        num_real: real clips.
        frames: of each clip, from the first on.
        resolution: of each clip.
    """

    name: str
    about: str
    metrics: tuple[str, ...]
    num: int
    num_real: int
    frames: int
    resolution: str = "64x64"


ALL = sys.maxsize
"""As many as there are."""

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "bair-1to15",
            "BAIR robot pushing, camera image_aux1: the first 16 frames of each of the 256 test "
            "clips, and 100 predictions of 15 frames for each, the given first frame in front "
            "(counts as in Yu et al. 2023, arXiv:2212.05199, appendix B.3)",
            ("fvd", "kvd"),
            25_600,
            256,
            16,
        ),
        Protocol(
            "k600-5to11",
            "Kinetics-600, test split, no frames skipped: 16 frames of a clip, and one prediction "
            "of 11 frames for it, the 5 given ones in front (counts as in Ho et al. 2022, "
            "arXiv:2204.03458)",
            ("fvd", "kvd"),
            50_000,
            50_000,
            16,
        ),
        Protocol(
            "ucf101-is",
            "UCF-101 classes: ten lots of 2,048 clips of 16 frames, their mean (papers print the "
            "deviation too, 3.16 times our error), by the C3D network of Saito & Saito 2018, "
            "arXiv:1811.09245; no real clips",
            ("is-c3d",),
            20_480,
            20_480,
            16,
        ),
        Protocol(
            "t2v-accuracy",
            "ten classes of Li et al. 2018, arXiv:1710.00421, one subfolder a class: a classifier "
            "learns real clips and names generated ones; the paper's classifier is not public, "
            "ours has five 3D convolutions too",
            ("accuracy",),
            ALL,
            ALL,
            32,
        ),
    )
}


def protocol_of(name: str) -> Protocol:
    """Return a published protocol.

    Raises:
        UserError: if there is none of that name.
    """
    if name not in PROTOCOLS:
        raise UserError(f"there is no protocol {name!r}; there are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def compared_with(protocol: Protocol, card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card that names the protocol, and warns of all in which the clips differ from it."""
    warnings = []
    for side, wanted in (("made", protocol.num), ("real", protocol.num_real)):
        told = card.get(side)
        if told is None:
            continue
        if wanted != ALL and told["n"] != wanted:
            warnings.append(f"{protocol.name} wants {wanted} {side} clips, not {told['n']}")
        if told.get("resolution") != protocol.resolution:
            warnings.append(
                f"{protocol.name} wants {protocol.resolution}, not {told.get('resolution')}: {side}"
            )
    return {
        **card,
        "protocol": {"name": protocol.name, "about": protocol.about},
        "warnings": [*card["warnings"], *warnings],
    }
