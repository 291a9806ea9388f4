"""The tree of kind, family and generator: as nodes for the figure, and as nested lists with numbers."""

from explain.figures import Branch
from mfclip.tree import Node
from space.components.markup import percent, quiet, text
from space.session import Session, short
from space.text import words


def branches(node: Node) -> Branch:
    """A tree node as the figure wants it, its sentences shortened."""
    label = words.SIDES.get(node.label, short(node.label)) if node.level < 2 else short(node.label)
    return Branch(label, node.probability, node.fake, tuple(branches(child) for child in node.children))


def tree_list(session: Session) -> str:
    """HTML: the same tree in words, every level's numbers adding up to the level above."""
    if session.now is None:
        return quiet(words.NOTHING)
    root = branches(session.now.tree)
    items = "".join(_item(child) for child in root.children)
    return f'<ul class="mf-tree" aria-label="{text(words.TREE_LIST)}">{items}</ul>'


def _item(branch: Branch) -> str:
    side = "fake" if branch.fake else "real"
    inner = "".join(_item(child) for child in branch.children)
    nested = f"<ul>{inner}</ul>" if inner else ""
    return (
        f'<li><div class="mf-node"><span>{text(branch.label)}</span><span class="mf-meter" aria-hidden="true">'
        f'<span class="mf-fill mf-{side}" style="width:{100 * branch.probability:.2f}%"></span></span>'
        f'<span class="mf-number">{percent(branch.probability, 1)}</span></div>{nested}</li>'
    )
