"""Why the detector decided as it did: arrays in, results out. `explain.figures` draws them."""
