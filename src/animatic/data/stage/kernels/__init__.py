"""The compiled half of the renderer: all that runs once a pixel, a vertex or a particle.

No kernel calls the C library (its sine differs between machines) or reorders arithmetic, so the
same numbers in give the same pixels out on every processor.
"""
