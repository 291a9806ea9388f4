"""Many photos at once: `python -m mfclip score FOLDER|MANIFEST.csv --out scores.csv`. Imported by its command alone."""
