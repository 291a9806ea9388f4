"""Labelled photographs for training and evaluation: sources and splits, cached faces, histories, readouts.

Not loaded by `import mfclip`; a detector needs none of it.
"""
