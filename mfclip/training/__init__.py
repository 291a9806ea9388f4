"""Training: a leaf that nothing imports. `python -m mfclip.training --help`."""
