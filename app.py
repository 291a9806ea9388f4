"""Build the page and launch it: `python app.py`, or `make app`. Exit code 3: the checkpoint cannot be used."""

from space.start import start

if __name__ == "__main__":
    raise SystemExit(start())
