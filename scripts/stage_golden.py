"""Hash a handful of Stage clips: print them, or write those that the tests compare with.

    python scripts/stage_golden.py            # print
    python scripts/stage_golden.py --write    # after STAGE_VERSION was raised

Every scene and most actions appear once at 64 pixels, and one clip at 128.
"""

import hashlib
import json
import sys
from pathlib import Path

from animatic.data.stage import STAGE_VERSION, render

GOLDEN_PATH = Path(__file__).parent.parent / "tests/data/stage/golden.json"

CLIPS = (
    (11, "football", "grass", 64),
    (12, "biking", "forest", 64),
    (13, "skiing", "snow", 64),
    (14, "cartwheel", "beach", 64),
    (15, "kitesurfing", "sea", 64),
    (16, "swimming", "pool", 64),
    (17, "hockey", "ice", 64),
    (18, "juggling", "desert", 64),
    (19, "sailing", "sea", 128),
)


def hashes() -> dict[str, str]:
    """Return the SHA-256 of each clip's raw frames, four of them 0.6 s apart."""
    found = {}
    for seed, action, scene, size in CLIPS:
        clip = render(seed, action, scene, size, num_frames=4, fps=1.6)
        digest = hashlib.sha256(clip.frames.tobytes()).hexdigest()
        found[f"{seed} {action} {scene} {size}"] = digest
    return found


if __name__ == "__main__":
    text = json.dumps({"version": STAGE_VERSION, "sha256": hashes()}, indent=2)
    if "--write" in sys.argv:
        GOLDEN_PATH.write_text(text + "\n")
    print(text)
