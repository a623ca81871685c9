"""The actor half of a clip: who does what, as a surface at any instant.

performance = perform("golf", seed=7, pack=load_pack())
moment = performance.at(0.5)
"""

from dataclasses import dataclass

from animatic.data.stage.actions import ROLES
from animatic.data.stage.anatomy import Detail
from animatic.data.stage.assets import Pack
from animatic.data.stage.body import Person, cast_person
from animatic.data.stage.geometry import Vector
from animatic.data.stage.mesh import Colour, Mesh, join
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.roles import Casting, Emitter, Play, Staging
from animatic.errors import UserError

__all__ = ["ACTIONS", "Appearance", "Emitter", "Moment", "Performance", "Staging", "perform"]

ACTIONS: tuple[str, ...] = tuple(ROLES)
"""The names of all actions, in the order of their labels."""


@dataclass(frozen=True, eq=False)
class Moment:
    """The person and the props at one instant, in the actor's frame.

    The frame: metres, y up, the actor faces +z and has +x to the left. `mesh` begins with the
    person's vertices, `num_body_vertices` of them; props follow. `drift` is where the body has
    moved to in place; the camera follows it.
    """

    mesh: Mesh
    emitters: tuple[Emitter, ...]
    drift: Vector
    num_body_vertices: int


@dataclass(frozen=True)
class Appearance:
    """What a caption can say of the person; no shirt colour where no shirt is worn."""

    gender: str
    age: str
    race: str
    height_m: float
    shirt_colour: Colour | None


class Performance:
    """One person's action, with all random choices made."""

    def __init__(self, action: str, person: Person, play: Play, staging: Staging) -> None:
        self.action = action
        self.staging = staging
        self.speed_m_s = play.speed_m_s
        self.appearance = Appearance(
            person.gender, person.age, person.race, person.height_m, person.shirt_colour
        )
        self._person, self._play = person, play

    def at(self, time_s: float) -> Moment:
        """Return the moment at a time; the clip begins at 0."""
        beat = self._play.at(time_s)
        body = self._person.posed(beat.pose)
        mesh = join([body, *beat.props])
        return Moment(mesh, beat.emitters, beat.drift, len(body.vertices))


def perform(action: str, seed: int, pack: Pack, detail: Detail = "low") -> Performance:
    """Cast a person for an action.

    The same seed casts the same person in every action: the body and all colours; only the outfit
    is the action's.

    Args:
        action: one of `ACTIONS`.
        seed: any whole number.
        pack: bodies and motions.
        detail: "low" for clips up to 128 pixels, "high" above.

    Raises:
        UserError: if there is no such action.
    """
    if action not in ROLES:
        raise UserError(f"there is no action {action!r}; there are {', '.join(ACTIONS)}")
    role = ROLES[action]
    actor = Stream(seed, "actor")
    person = cast_person(actor, pack, role.outfit, role.helmet_share, detail)
    play = role.begin(Casting(person, Stream(seed, f"action {action}"), pack.motions))
    return Performance(action, person, play, role.staging)
