"""`animatic list`: what is here."""

from pathlib import Path


def list_() -> None:
    """Show families, presets, data sets and checkpoints, shipped and in this folder.

    Example: animatic list
    """
    from rich.console import Console
    from rich.table import Table

    from animatic.pipelines import catalog

    table = Table("kind", "name", "about", box=None, header_style="bold")
    for entry in catalog.entries(Path()):
        table.add_row(entry.kind, entry.name, entry.about)
    Console().print(table)
