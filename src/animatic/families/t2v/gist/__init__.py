"""The paper's way from text to a clip: a gist of the first frame, then filters, then motion."""
