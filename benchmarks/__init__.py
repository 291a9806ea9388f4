"""Measured bars of the detector: `python -m benchmarks`."""
