"""One file a journey: what a person can do with Animatic."""
