"""Model families, one folder each, found by name."""
