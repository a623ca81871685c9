"""The command line: words from a person become calls, and errors become one line.

Heavy imports wait until a verb runs, so that `animatic --help` answers at once.
"""

import sys
from collections.abc import Sequence

import cyclopts

from animatic.cli import compress, data, evaluate, generate, predict, rank, train, weights
from animatic.cli import list as listing
from animatic.errors import UserError

app = cyclopts.App(
    name="animatic",
    help="Make videos from words, and train on your own clips.",
    version_flags=["--version"],
    help_format="plaintext",  # Markdown takes 0.1 s to load; the verbs, with more to say, use it
)
app.command(generate.generate, help_format="markdown")
app.command(predict.predict, help_format="markdown")
app.command(train.train, help_format="markdown")
app.command(compress.compress, help_format="markdown")
app.command(compress.decompress, help_format="markdown")
app.command(evaluate.evaluate, help_format="markdown")
app.command(rank.rank, help_format="markdown")
app.command(data.app)
app.command(weights.app)
app.command(listing.list_, help_format="markdown")


def main(words: Sequence[str] | None = None) -> None:
    """Run one command; what a person got wrong is one line on the screen and exit code 2."""
    try:
        app(sys.argv[1:] if words is None else words, exit_on_error=False, print_error=False)
    except (UserError, cyclopts.CycloptsError) as error:
        line = " ".join(str(error).split())
        print(f"animatic: {line}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
