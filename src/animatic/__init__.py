"""Animatic makes videos from words, and is trained on your own clips.

model = animatic.load("t2v")
video = model.generate("playing golf in the swimming pool", seed=7)
video.save("golf.mp4")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from animatic.pipelines.model import load

__all__ = ["load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import torch only when a model is wanted, so that `animatic --help` answers at once."""
    if name in __all__:
        from animatic.pipelines import model

        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
