"""Evaluation: a leaf that nothing imports. `python -m mfclip.evaluation --help`."""
