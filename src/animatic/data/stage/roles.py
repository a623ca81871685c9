"""What an action promises: its clothes, its framing, and a play that tells one instant from a time.

Plays work in the actor's frame: metres, y up, the ground or the calm water at y = 0, the actor at
the origin, facing and moving towards +z.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from animatic.data.stage.body import Person
from animatic.data.stage.geometry import Vector
from animatic.data.stage.looks import Outfit
from animatic.data.stage.mesh import Mesh
from animatic.data.stage.motion import Recording
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.skeleton import Pose


class Emitter(NamedTuple):
    """A place that throws out particles: "splash", "spray" (water) or "dust" (loose ground).

    `velocity` is in metres a second, against the ground; an `amount` of 1 is a plain splash.
    """

    kind: str
    origin: Vector
    velocity: Vector
    amount: float


@dataclass(frozen=True)
class Staging:
    """What the camera and the scene must know of an action.

    Attributes:
        distance_m: nearest and farthest camera.
        focus_m: the point to look at.
        from_the_side: whether the action reads best from beside its path.
        floats: whether it happens on the water's surface, where there is water.
        depth_m: how far a standing person sinks in water.
    """

    distance_m: tuple[float, float]
    focus_m: tuple[float, float, float] = (0.0, 0.95, 0.0)
    from_the_side: bool = False
    floats: bool = False
    depth_m: float = 0.0


class Beat(NamedTuple):
    """One instant of a play: the pose, the props, and how far the body has moved in place."""

    pose: Pose
    props: tuple[Mesh, ...] = ()
    emitters: tuple[Emitter, ...] = ()
    drift: Vector = np.zeros(3)


class Casting(NamedTuple):
    """What an action begins with: who does it, its random numbers, and the recorded motions."""

    person: Person
    stream: Stream
    motions: Mapping[str, Recording]


@runtime_checkable
class Play(Protocol):
    """An action of one person, with all its random choices made."""

    @property
    def speed_m_s(self) -> float:
        """How fast the actor's frame moves over the ground."""
        ...

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time; times may be negative."""
        ...


@dataclass(frozen=True)
class Role:
    """An action as it stands in the list: what to wear, how to look at it, and how to begin it."""

    begin: Callable[[Casting], Play]
    outfit: Outfit
    staging: Staging
    helmet_share: float = 0.0
