"""Numbers that others can reproduce: where clips come from, what sees them, what is measured."""
