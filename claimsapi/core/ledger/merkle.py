"""The Merkle tree of RFC 6962, section 2.1, over hashes that the caller stores.

A *node* is ``(level, index)``: the ``index``-th subtree of ``2**level`` leaves, both counted from
0. A node is complete, and its hash final, when its last leaf exists. Every leaf stores the hashes
of the nodes that it completes, its own first, 32 bytes each. A root or a proof needs a logarithmic
number of them.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final

Node = tuple[int, int]
# Returns the hashes of complete nodes, in the order of the argument: one call is one query.
Read = Callable[[Sequence[Node]], Sequence[bytes]]

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf with this content (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above these two (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def node_position(level: int, index: int) -> tuple[int, slice]:
    """Return the position of a node's hash: the number of its last leaf, and its bytes there."""
    if level < 0 or index < 0:
        raise ValueError(f"No node has level {level} and index {index}: both count from 0.")
    return ((index + 1) << level) - 1, slice(HASH_SIZE * level, HASH_SIZE * (level + 1))


def frontier_nodes(size: int) -> list[Node]:
    """Return the complete subtrees of a tree of ``size`` leaves, largest first."""
    if size < 0:
        raise ValueError(f"No tree has {size} leaves.")
    return _complete_nodes(range(size))


class Frontier:
    """The growing edge of a tree: enough to append leaves and to compute the root."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        """Resume a tree of ``size`` leaves; ``roots`` are the hashes of ``frontier_nodes(size)``.

        Raises ``ValueError`` for too few, too many, or hashes of another size than 32 bytes.
        """
        if len(roots) != len(frontier_nodes(size)) or not _are_hashes(*roots):
            raise ValueError(f"These are not the hashes of the frontier of {size} leaves.")
        self.size = size
        self._roots = list(roots)

    def append(self, leaf_hash: bytes) -> bytes:
        """Add a leaf, and return the hashes of the nodes that it completes, for storage."""
        if not _are_hashes(leaf_hash):
            raise ValueError(f"A leaf hash has {HASH_SIZE} bytes, not {len(leaf_hash)}.")
        completed = [leaf_hash]
        # As in adding 1 to a binary number: each trailing 1 bit is a subtree that finds its pair.
        while self.size >> (len(completed) - 1) & 1:
            completed.append(node_hash(self._roots.pop(), completed[-1]))
        self._roots.append(completed[-1])
        self.size += 1
        return b"".join(completed)

    def root(self) -> bytes:
        """Return the root of the current tree (RFC 6962, 2.1: MTH)."""
        return _join_roots(self._roots)


def root(size: int, read: Read) -> bytes:
    """Return the root of the first ``size`` leaves (RFC 6962, 2.1: MTH)."""
    nodes = frontier_nodes(size)
    return Frontier(size, read(nodes) if nodes else []).root()


def inclusion_proof(index: int, size: int, read: Read) -> list[bytes]:
    """Return the audit path of leaf number ``index`` in the first ``size`` (RFC 6962, 2.1.1: PATH).

    Raises ``ValueError`` for an index outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf number {index}.")
    return _read_roots(_sibling_trees(range(index, index + 1), size), read)


def consistency_proof(old: int, new: int, read: Read) -> list[bytes]:
    """Return the proof that the first ``old`` leaves begin the first ``new`` (2.1.2: PROOF).

    The proof is empty from a size to itself, and from the empty tree. Raises ``ValueError`` if
    ``new`` is smaller than ``old``, or a size is negative.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} leaves does not continue one of {old}.")
    if old in {0, new}:
        return []
    # The path starts at the old tree's last complete subtree. If that subtree is the whole old
    # tree, the caller knows its root already, and the proof leaves it out.
    last = range(old & (old - 1), old)
    first = [last] if last.start else []
    return _read_roots(first + _sibling_trees(last, new), read)


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Return whether the tree of that root has the leaf at ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf_hash, *proof):
        return False
    reached = _climb(index, size - 1, [leaf_hash, *proof])
    return reached is not None and reached[1] == root


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether the tree of ``new_root`` continues that of ``old_root`` (RFC 9162, 2.1.4.2).

    Every tree continues the empty one, and itself, with an empty proof.
    """
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old in {0, new}:
        return not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    if not proof:
        return False
    # The path up begins at the old tree's last complete subtree, as the proof does.
    level = (old & -old).bit_length() - 1
    path = [old_root, *proof] if old == 1 << level else proof
    return _climb((old - 1) >> level, (new - 1) >> level, path) == (old_root, new_root)


def _climb(index: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Climb from a node to the root. ``path`` is the node's hash and then the siblings' hashes.

    ``index`` is the node's, ``last`` that of the last node on its level. Returns the root of the
    tree that ends with this node, and the root of the whole tree; ``None`` if the path is longer
    or shorter than the climb. This is the loop of RFC 9162, 2.1.3.2 and 2.1.4.2.
    """
    old = new = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return None
        if index & 1 or index == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            # On the right edge some levels have no sibling: skip them.
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, hash_)
        index, last = index >> 1, last >> 1
    return (old, new) if last == 0 else None


def _sibling_trees(leaves: range, size: int) -> list[range]:
    """Return the sibling subtrees on the path from this subtree to the root, lowest first."""
    tree, beside = range(size), list[range]()
    while tree != leaves:
        # RFC 6962 splits at the largest power of two smaller than the number of leaves.
        middle = tree.start + (1 << (len(tree) - 1).bit_length() - 1)
        left, right = range(tree.start, middle), range(middle, tree.stop)
        tree, other = (left, right) if leaves.stop <= middle else (right, left)
        beside.append(other)
    return beside[::-1]


def _complete_nodes(tree: range) -> list[Node]:
    """Return the complete nodes of a subtree, largest first: one for each 1 bit of its size."""
    levels = reversed(range(len(tree).bit_length()))
    return [(level, (tree.stop >> level) - 1) for level in levels if len(tree) >> level & 1]


def _read_roots(trees: Sequence[range], read: Read) -> list[bytes]:
    """Return the roots of subtrees. It reads the nodes of all of them in one call."""
    nodes_by_tree = [_complete_nodes(tree) for tree in trees]
    nodes = [node for some in nodes_by_tree for node in some]
    hashes = read(nodes) if nodes else []
    if len(hashes) != len(nodes) or not _are_hashes(*hashes):
        raise ValueError(f"The caller did not return all of the {len(nodes)} requested nodes.")
    unused = iter(hashes)
    return [_join_roots([next(unused) for _ in some]) for some in nodes_by_tree]


def _join_roots(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree of these complete subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def _are_hashes(*hashes: bytes) -> bool:
    """Return whether all have 32 bytes.

    Otherwise a byte could move from one hash to its neighbor, and the node would hash the same.
    """
    return all(len(hash_) == HASH_SIZE for hash_ in hashes)
