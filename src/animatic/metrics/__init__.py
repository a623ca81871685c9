"""How close what was made comes to what is real."""
