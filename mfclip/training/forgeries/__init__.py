"""Forgeries made from real faces, so that a forgery and its original differ in the forging and in nothing else.

Four ingredients (recipes.INGREDIENTS): copies by up-sampling autoencoders, redrawing by a small diffusion model,
self-blended faces, local edits. `make.make_forgeries` applies them to every real face and caches the pairs.
"""
