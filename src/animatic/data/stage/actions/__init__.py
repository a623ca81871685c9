"""The sixteen actions, one file for a few that are related."""

from animatic.data.stage.actions.biking import BIKING
from animatic.data.stage.actions.football import FOOTBALL
from animatic.data.stage.actions.golf import GOLF
from animatic.data.stage.actions.hockey import HOCKEY
from animatic.data.stage.actions.juggling import JUGGLING
from animatic.data.stage.actions.kitesurfing import KITESURFING
from animatic.data.stage.actions.recorded import BACKFLIP, CARTWHEEL, DANCING, JOGGING, WALKING
from animatic.data.stage.actions.riding import SKIING, SURFING
from animatic.data.stage.actions.sailing import SAILING
from animatic.data.stage.actions.swimming import SWIMMING
from animatic.data.stage.actions.waterskiing import WATERSKIING
from animatic.data.stage.roles import Role

ROLES: dict[str, Role] = {
    "golf": GOLF,
    "hockey": HOCKEY,
    "football": FOOTBALL,
    "biking": BIKING,
    "jogging": JOGGING,
    "walking": WALKING,
    "swimming": SWIMMING,
    "waterskiing": WATERSKIING,
    "kitesurfing": KITESURFING,
    "sailing": SAILING,
    "skiing": SKIING,
    "surfing": SURFING,
    "juggling": JUGGLING,
    "cartwheel": CARTWHEEL,
    "backflip": BACKFLIP,
    "dancing": DANCING,
}
"""Every action by its name; the order is the order of labels."""
