"""Stage: clips of an actor, an action and a scene, drawn from a seed and drawn again to the bit.

clip = stage.render(seed=7, action="golf", scene="pool")
clip.frames  # 32 frames of 64x64 pixels
clip.facts   # what is in them
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from animatic.data.stage.clip import Facts, StageClip, render
    from animatic.data.stage.performance import ACTIONS

SCENES = ("grass", "forest", "snow", "beach", "sea", "pool", "ice", "desert")

STAGE_VERSION = 1
"""Raised whenever any pixel of any clip changes."""

__all__ = ["ACTIONS", "SCENES", "STAGE_VERSION", "Facts", "StageClip", "render"]

_HOMES = {
    "ACTIONS": "performance",
    "Facts": "clip",
    "StageClip": "clip",
    "render": "clip",
}


def __getattr__(name: str) -> Any:
    """Import numba and the assets only when a clip is wanted."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
