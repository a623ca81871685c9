"""`python -m animatic`, as torchrun calls it."""

from animatic.cli import main

main()
