"""The words of Stage: how each action, scene, light and person can be put.

Evaluation asks with the same tables; the first phrase of each action and scene is the canonical
one. An action's order here is its label.
"""

Phrases = tuple[str, ...]

ACTION_PHRASES: dict[str, Phrases] = {
    "golf": (
        *("playing golf", "swinging a golf club", "hitting a golf ball", "golfing"),
        *("practising a golf swing", "teeing off"),
    ),
    "hockey": (
        *("playing hockey", "playing ice hockey", "hitting a puck with a hockey stick"),
        *("taking a hockey shot", "shooting a hockey puck"),
    ),
    "football": (
        *("playing football", "playing soccer", "kicking a football", "kicking a soccer ball"),
        *("shooting a football", "practising football"),
    ),
    "biking": (
        *("biking", "riding a bike", "cycling", "riding a bicycle", "pedalling a bike"),
        *("going for a bike ride",),
    ),
    "jogging": ("jogging", "running", "going for a run", "going for a jog", "out running"),
    "walking": ("walking", "taking a walk", "strolling", "going for a walk", "walking along"),
    "swimming": (
        *("swimming", "swimming front crawl", "doing the front crawl", "swimming freestyle"),
        *("doing the crawl stroke",),
    ),
    "waterskiing": (
        *("water skiing", "waterskiing", "waterskiing behind a boat"),
        *("being towed on water skis", "being pulled on water skis by a boat"),
    ),
    "kitesurfing": (
        *("kitesurfing", "kite surfing", "kiteboarding", "riding a board pulled by a kite"),
        *("being pulled by a kite on a board",),
    ),
    "sailing": (
        *("sailing", "sailing a boat", "steering a sailboat", "sailing a small sailboat"),
        *("sitting in a sailing boat",),
    ),
    "skiing": (
        *("skiing", "skiing with poles", "skiing in slalom turns", "gliding on skis"),
        *("making turns on skis",),
    ),
    "surfing": (
        *("surfing", "riding a surfboard", "balancing on a surfboard", "standing on a surfboard"),
    ),
    "juggling": (
        *("juggling", "juggling three balls", "juggling balls", "keeping three balls in the air"),
    ),
    "cartwheel": (
        *("doing cartwheels", "turning cartwheels", "doing a cartwheel", "turning a cartwheel"),
        *("performing a cartwheel",),
    ),
    "backflip": (
        *("doing a backflip", "doing backflips", "performing a backflip"),
        *("doing a backward somersault", "flipping backwards"),
    ),
    "dancing": ("dancing", "doing a dance", "performing a dance", "dancing around"),
}
"""Every phrase fits after "a man is"."""

SCENE_PHRASES: dict[str, Phrases] = {
    "grass": (
        *("on grass", "on the grass", "in a meadow", "on a green field", "on a lawn"),
        *("in a grassy field",),
    ),
    "forest": ("in the forest", "in the woods", "among trees", "in a forest", "between the trees"),
    "snow": (
        *("in snow", "in the snow", "on snow", "on the snow", "on a snowy field"),
        *("in a snowy landscape",),
    ),
    "beach": (
        *("on the beach", "at the beach", "on the sand by the sea", "on a sandy beach"),
        *("on the seashore",),
    ),
    "sea": ("at sea", "on the sea", "in the sea", "in the ocean", "on the ocean", "out at sea"),
    "pool": (
        *("in the pool", "in a swimming pool", "in the swimming pool", "in a pool"),
        *("in the water of a swimming pool",),
    ),
    "ice": ("on ice", "on the ice", "on an ice rink", "at the ice rink", "in an ice rink"),
    "desert": (
        *("in the desert", "on desert sand", "among sand dunes", "in a sandy desert"),
        *("on the sand of the desert",),
    ),
}

LIGHT_PHRASES: dict[str, Phrases] = {
    "clear": ("on a sunny day", "in the sunshine", "under a clear sky", "in bright sunlight"),
    "cloudy": ("on a cloudy day", "under grey clouds", "in dull weather", "under a cloudy sky"),
    "sunset": ("at sunset", "in the evening light", "at dusk", "as the sun goes down"),
}

SNOWFALL_PHRASES: Phrases = ("while snow is falling", "while it snows", "as snow falls")

PERSON_PHRASES: dict[tuple[str, str], Phrases] = {
    ("male", "young"): ("a man", "a man", "a person", "someone", "a young man", "the man"),
    ("female", "young"): (
        "a woman",
        "a woman",
        "a person",
        "someone",
        "a young woman",
        "the woman",
    ),
    ("male", "old"): ("an old man", "an elderly man", "a man", "a person"),
    ("female", "old"): ("an old woman", "an elderly woman", "a woman", "a person"),
    ("male", "child"): ("a boy", "a child", "a kid", "a little boy"),
    ("female", "child"): ("a girl", "a child", "a kid", "a little girl"),
}
"""By gender and age."""

CLOTHES_PHRASES: Phrases = ("in {}", "dressed in {}", "wearing {}")

COLOURS: tuple[tuple[str, tuple[float, float, float]], ...] = (
    ("black", (0.1, 0.1, 0.1)),
    ("white", (0.9, 0.9, 0.9)),
    ("grey", (0.5, 0.5, 0.5)),
    ("red", (0.8, 0.15, 0.12)),
    ("red", (0.5, 0.1, 0.1)),
    ("orange", (0.9, 0.45, 0.1)),
    ("brown", (0.45, 0.26, 0.1)),
    ("yellow", (0.9, 0.8, 0.15)),
    ("green", (0.15, 0.6, 0.2)),
    ("green", (0.45, 0.8, 0.25)),
    ("green", (0.1, 0.35, 0.15)),
    ("cyan", (0.15, 0.7, 0.75)),
    ("blue", (0.15, 0.25, 0.8)),
    ("blue", (0.12, 0.15, 0.42)),
    ("blue", (0.3, 0.55, 0.85)),
    ("purple", (0.5, 0.15, 0.7)),
    ("purple", (0.32, 0.12, 0.42)),
    ("pink", (0.9, 0.4, 0.65)),
)
"""Examples of each colour word: red, green and blue from 0 to 1."""

_PRESENT = {
    "playing": "plays",
    "swinging": "swings",
    "hitting": "hits",
    "practising": "practises",
    "teeing": "tees",
    "taking": "takes",
    "shooting": "shoots",
    "kicking": "kicks",
    "riding": "rides",
    "pedalling": "pedals",
    "going": "goes",
    "out": "is out",
    "jogging": "jogs",
    "running": "runs",
    "walking": "walks",
    "strolling": "strolls",
    "swimming": "swims",
    "doing": "does",
    "being": "is being",
    "sailing": "sails",
    "steering": "steers",
    "sitting": "sits",
    "gliding": "glides",
    "making": "makes",
    "balancing": "balances",
    "standing": "stands",
    "juggling": "juggles",
    "keeping": "keeps",
    "turning": "turns",
    "performing": "performs",
    "flipping": "flips",
    "dancing": "dances",
}


def present(phrase: str) -> str:
    """Return an action phrase as it follows "a man": "plays golf", "goes water skiing"."""
    verb, *rest = phrase.split(" ")
    if verb not in _PRESENT:
        return f"goes {phrase}"
    return " ".join((_PRESENT[verb], *rest))


def colour_name(colour: tuple[float, float, float]) -> str:
    """Return the word whose example lies nearest to a colour (red, green and blue, 0 to 1)."""

    def distance(example: tuple[float, float, float]) -> float:
        return sum((ours - theirs) ** 2 for ours, theirs in zip(colour, example, strict=True))

    return min(COLOURS, key=lambda named: distance(named[1]))[0]
