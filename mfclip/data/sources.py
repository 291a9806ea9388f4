"""Which photographs there are, what is said about each, and which split it belongs to: three readers, one interface.

A data folder is recognised by what lies in it: a manifest.csv (mfclip/data/manifest.py), GenFace's tree
(mfclip/data/genface.py), or plain folders `real` and `fake` (mfclip/data/folders.py). Splits are made of groups, so
that two crops of one picture, or two edits of one face, never fall on both sides.
"""

from pathlib import Path

from mfclip.data.folders import read_folders, side_folders
from mfclip.data.genface import FAMILIES, KINDS, is_genface, read_genface
from mfclip.data.labels import GENERATOR_NAMES, SPLITS, Label, Source, sources_of, split_of
from mfclip.data.manifest import COLUMNS, MANIFEST, read_manifest

__all__ = [
    "GENERATOR_NAMES",
    "SPLITS",
    "Label",
    "Source",
    "read_manifest",
    "read_photographs",
    "sources_of",
    "split_of",
]


def read_photographs(folder: Path) -> list[Source]:
    """Read a data folder of any of the three sorts; a manifest goes before folders.

    Raises ValueError if the folder is missing or fits none of them, and what the readers raise.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r}; give the folder that holds the photographs.")
    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    if is_genface(folder):
        return read_genface(folder)
    if side_folders(folder):
        return read_folders(folder)
    raise ValueError(
        f"The photographs in {str(folder)!r} are in no known order; give a folder that holds one of: "
        f"a {MANIFEST} with the columns {', '.join(COLUMNS)}; "
        f"GenFace's tree {{train,val,test}}/{{real,fake}}/{{{','.join(KINDS)}}}/{{{','.join(FAMILIES)}}}; "
        "or folders real and fake, in which pictures may lie in folders named after their set or generator."
    )
