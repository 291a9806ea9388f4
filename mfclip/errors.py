"""The two errors of our own; every other refusal is a ValueError that holds the value and the remedy."""


class NoFace(Exception):
    """No face was found where one is needed; the message says what to do, and no score is given."""


class CheckpointError(Exception):
    """A checkpoint cannot be read, trusted or written; the message says which file and what to do."""
