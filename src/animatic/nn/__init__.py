"""Maths that two families share."""
