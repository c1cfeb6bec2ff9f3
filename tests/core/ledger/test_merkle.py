"""The Merkle tree of RFC 6962: its roots and proofs, and refused false proofs."""

import hashlib
from collections.abc import Sequence
from functools import cache

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from claimsapi.core.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    consistency_proof,
    frontier_nodes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    node_position,
    root,
    verify_consistency,
    verify_inclusion,
)


class Store:
    """Stores leaves with their nodes, like the table of leaves, and counts its queries."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        frontier = Frontier()
        self.rows = [frontier.append(leaf_hash(content)) for content in contents]
        self.queries: list[Sequence[Node]] = []

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        self.queries.append(nodes)
        places = [node_position(*node) for node in nodes]
        return [self.rows[leaf][part] for leaf, part in places]


SIZE = 70
CONTENTS = [b"entry %d" % number for number in range(SIZE)]
STORE = Store(CONTENTS)
ROOTS = [root(size, STORE.read) for size in range(SIZE + 1)]

# The leaves, roots and proofs of the tests of the Certificate Transparency reference
# implementation (merkle_tree_test.cc), which others have taken over.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LEAVES_01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
LEAVES_23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAVES_45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES_67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAVES_03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
LEAVES_47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"


@pytest.mark.parametrize("size", range(9))
def test_roots_equal_those_of_certificate_transparency(size: int) -> None:
    assert root(size, Store(CT_LEAVES).read).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, LEAVES_23, LEAVES_47]),
        (5, 8, [LEAF_4, LEAVES_67, LEAVES_03]),
        (2, 3, [LEAVES_01]),
        (1, 5, [LEAF_0, LEAVES_23, LEAF_4]),
    ],
)
def test_inclusion_proofs_equal_those_of_certificate_transparency(
    index: int, size: int, proof: list[str]
) -> None:
    actual = inclusion_proof(index, size, Store(CT_LEAVES).read)
    assert [hash_.hex() for hash_ in actual] == proof
    leaf, tree = leaf_hash(CT_LEAVES[index]), bytes.fromhex(CT_ROOTS[size])
    assert verify_inclusion(leaf, index, size, actual, tree)


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, LEAVES_23, LEAVES_47]),
        (6, 8, [LEAVES_45, LEAVES_67, LEAVES_03]),
        (2, 5, [LEAVES_23, LEAF_4]),
    ],
)
def test_consistency_proofs_equal_those_of_certificate_transparency(
    old: int, new: int, proof: list[str]
) -> None:
    actual = consistency_proof(old, new, Store(CT_LEAVES).read)
    assert [hash_.hex() for hash_ in actual] == proof
    old_root, new_root = bytes.fromhex(CT_ROOTS[old]), bytes.fromhex(CT_ROOTS[new])
    assert verify_consistency(old, new, old_root, new_root, actual)


def test_proofs_equal_the_example_of_rfc_6962_section_2_1_3() -> None:
    data = [b"d%d" % number for number in range(7)]
    a, b, c, d, e, f, j = (hashlib.sha256(b"\x00" + leaf).digest() for leaf in data)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l_ = node_hash(g, h), node_hash(i, j)
    read = Store(data).read
    assert root(7, read) == node_hash(k, l_)
    assert inclusion_proof(0, 7, read) == [b, h, l_]
    assert inclusion_proof(3, 7, read) == [c, g, l_]
    assert inclusion_proof(4, 7, read) == [f, j, k]
    assert inclusion_proof(6, 7, read) == [i, k]
    assert consistency_proof(3, 7, read) == [c, d, g, l_]
    assert consistency_proof(4, 7, read) == [l_]
    assert consistency_proof(6, 7, read) == [i, j, k]


@pytest.fixture(scope="module")
def other() -> InmemoryTree:
    """Return the same tree, built by pymerkle."""
    tree = InmemoryTree(algorithm="sha256")
    for content in CONTENTS:
        tree.append_entry(content)
    return tree


def test_roots_and_inclusion_proofs_equal_those_of_pymerkle(other: InmemoryTree) -> None:
    for size in range(1, SIZE + 1):
        assert ROOTS[size] == other.get_state(size)
        for index in range(size):
            leaf, *proof = other.prove_inclusion(index + 1, size).path
            assert inclusion_proof(index, size, STORE.read) == proof
            assert verify_inclusion(leaf, index, size, proof, ROOTS[size])


@cache
def mth(leaves: range) -> bytes:
    """Compute MTH by the definition of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + CONTENTS[leaves[0]]).digest()
    k = largest_power_of_two_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def subproof(m: int, leaves: range, b: bool) -> list[bytes]:  # noqa: FBT001 - the RFC's own
    """Compute SUBPROOF by the definition of RFC 6962, section 2.1.2."""
    if m == len(leaves):
        return [] if b else [mth(leaves)]
    k = largest_power_of_two_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]  # noqa: FBT003 - as above


def largest_power_of_two_below(n: int) -> int:
    return max(2**power for power in range(n.bit_length()) if 2**power < n)


def test_consistency_proofs_equal_the_definition_of_rfc_6962(other: InmemoryTree) -> None:
    for new in range(1, SIZE + 1):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, STORE.read)
            assert proof == subproof(old, range(new), True)  # noqa: FBT003 - as above
            assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            # pymerkle's proofs of consistency have a form of their own; it reads them itself.
            pymerkle.verify_consistency(ROOTS[old], ROOTS[new], other.prove_consistency(old, new))


def test_a_leaf_stores_the_nodes_that_it_completes() -> None:
    assert [len(row) // 32 for row in STORE.rows[:8]] == [1, 2, 1, 3, 1, 2, 1, 4]
    for level in range(7):
        for index in range(SIZE >> level):
            leaves = CONTENTS[index << level : (index + 1) << level]
            assert STORE.read([(level, index)]) == [root(len(leaves), Store(leaves).read)]


def test_a_node_is_stored_with_its_last_leaf() -> None:
    assert node_position(0, 5) == (5, slice(0, 32))
    assert node_position(2, 0) == (3, slice(64, 96))
    assert node_position(1, 3) == (7, slice(32, 64))


def test_the_frontier_is_the_binary_form_of_the_size() -> None:
    assert frontier_nodes(0) == []
    assert frontier_nodes(1) == [(0, 0)]
    assert frontier_nodes(7) == [(2, 0), (1, 2), (0, 6)]
    assert frontier_nodes(70) == [(6, 0), (2, 16), (1, 34)]


@given(st.integers(0, SIZE), st.integers(0, SIZE))
def test_a_resumed_frontier_grows_like_an_uninterrupted_one(one: int, two: int) -> None:
    start, end = sorted((one, two))
    frontier = Frontier(start, STORE.read(frontier_nodes(start)))
    assert frontier.root() == ROOTS[start]
    grown = [frontier.append(leaf_hash(content)) for content in CONTENTS[start:end]]
    assert grown == STORE.rows[start:end]
    assert (frontier.size, frontier.root()) == (end, ROOTS[end])


@given(st.integers(1, 2**40), st.data())
def test_a_proof_in_a_huge_tree_reads_a_few_nodes_in_one_call(
    size: int, data: st.DataObject
) -> None:
    queries: list[Sequence[Node]] = []

    def read(nodes: Sequence[Node]) -> list[bytes]:
        queries.append(nodes)
        return [bytes(32)] * len(nodes)

    inclusion_proof(data.draw(st.integers(0, size - 1)), size, read)
    consistency_proof(data.draw(st.integers(0, size)), size, read)
    assert len(queries) <= 2
    for nodes in queries:
        assert len(nodes) <= 2 * size.bit_length()
        assert all(node_position(*node)[0] < size for node in nodes)


def test_empty_proofs_read_no_nodes() -> None:
    store = Store(CONTENTS)
    assert root(0, store.read) == EMPTY_ROOT
    assert inclusion_proof(0, 1, store.read) == []
    assert consistency_proof(0, 5, store.read) == []
    assert consistency_proof(5, 5, store.read) == []
    assert store.queries == []


def change_hash(data: st.DataObject, hash_: bytes) -> bytes:
    """Return the hash with one bit of it changed, or one byte missing or doubled."""
    at = data.draw(st.integers(0, 31))
    other = bytes([hash_[at] ^ 1 << data.draw(st.integers(0, 7))])
    return (
        hash_[:at]
        + data.draw(st.sampled_from([other, b"", hash_[at : at + 1] * 2]))
        + hash_[at + 1 :]
    )


def change_proof(data: st.DataObject, proof: Sequence[bytes]) -> list[bytes]:
    """Return the proof with one hash of it changed or missing, or with one too many."""
    at = data.draw(st.integers(0, len(proof)))
    replaced = list(proof[at : at + 1])
    more = [[*replaced, data.draw(st.sampled_from(ROOTS))]]
    less = [[], [change_hash(data, replaced[0])]] if replaced else []
    return [*proof[:at], *data.draw(st.sampled_from(more + less)), *proof[at + 1 :]]


@given(st.integers(1, SIZE), st.data())
def test_a_changed_inclusion_proof_does_not_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, tree = leaf_hash(CONTENTS[index]), ROOTS[size]
    proof = inclusion_proof(index, size, STORE.read)
    assert verify_inclusion(leaf, index, size, proof, tree)
    assert not verify_inclusion(change_hash(data, leaf), index, size, proof, tree)
    assert not verify_inclusion(leaf, index, size, change_proof(data, proof), tree)
    assert not verify_inclusion(leaf, index, size, proof, change_hash(data, tree))
    for wrong in {*range(-2, size + 2)} - {index}:
        assert not verify_inclusion(leaf, wrong, size, proof, tree)


@given(st.integers(1, SIZE), st.integers(1, SIZE), st.data())
def test_a_changed_consistency_proof_does_not_verify(
    one: int, two: int, data: st.DataObject
) -> None:
    old, new = sorted((one, two))
    before, after = ROOTS[old], ROOTS[new]
    proof = consistency_proof(old, new, STORE.read)
    assert verify_consistency(old, new, before, after, proof)
    assert not verify_consistency(old, new, change_hash(data, before), after, proof)
    assert not verify_consistency(old, new, before, change_hash(data, after), proof)
    assert not verify_consistency(old, new, before, after, change_proof(data, proof))
    for wrong in {*range(-1, new + 2)} - {old}:
        assert not verify_consistency(wrong, new, before, after, proof)


@pytest.mark.parametrize("number", range(7))
def test_a_tree_with_a_changed_leaf_does_not_continue_the_old_one(number: int) -> None:
    rewritten = [*CONTENTS]
    rewritten[number] = b"changed"
    store = Store(rewritten)
    proof = consistency_proof(7, SIZE, store.read)
    assert not verify_consistency(7, SIZE, ROOTS[7], root(SIZE, store.read), proof)


def test_hashes_of_other_lengths_do_not_verify() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    both, tree = left + right, node_hash(left, right)
    assert node_hash(both[:31], both[31:]) == tree
    assert not verify_inclusion(both[:31], 0, 2, [both[31:]], tree)
    assert not verify_consistency(1, 2, both[:31], tree, [both[31:]])


def test_only_an_empty_proof_shows_that_a_tree_continues_itself_or_the_empty_tree() -> None:
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert verify_consistency(0, 5, EMPTY_ROOT, ROOTS[5], [])
    assert verify_consistency(5, 5, ROOTS[5], ROOTS[5], [])
    assert not verify_consistency(0, 5, ROOTS[4], ROOTS[5], [])
    assert not verify_consistency(0, 5, EMPTY_ROOT, ROOTS[5], [ROOTS[5]])
    assert not verify_consistency(5, 5, ROOTS[4], ROOTS[5], [])
    assert not verify_consistency(3, 5, ROOTS[3], ROOTS[5], [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, -1)])
def test_a_proof_of_a_leaf_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"of {size} leaves has no leaf number {index}"):
        inclusion_proof(index, size, STORE.read)


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5), (1, 0)])
def test_a_proof_from_a_larger_to_a_smaller_tree_is_refused(old: int, new: int) -> None:
    with pytest.raises(ValueError, match=f"of {new} leaves does not continue one of {old}"):
        consistency_proof(old, new, STORE.read)


def test_negative_sizes_and_positions_are_refused() -> None:
    with pytest.raises(ValueError, match="No tree has -1 leaves"):
        frontier_nodes(-1)
    with pytest.raises(ValueError, match="No tree has -1 leaves"):
        root(-1, STORE.read)
    for level, index in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match=f"level {level} and index {index}"):
            node_position(level, index)


@pytest.mark.parametrize(("size", "count"), [(0, 1), (3, 1), (3, 3), (4, 2)])
def test_a_frontier_of_another_size_is_refused(size: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"not the hashes of the frontier of {size} leaves"):
        Frontier(size, ROOTS[:count])


def test_only_hashes_of_32_bytes_are_appended() -> None:
    frontier = Frontier()
    with pytest.raises(ValueError, match="32 bytes, not 5"):
        frontier.append(b"entry")
    assert (frontier.size, frontier.root()) == (0, EMPTY_ROOT)
    with pytest.raises(ValueError, match="not the hashes"):
        Frontier(1, [b"entry"])


@pytest.mark.parametrize("answer", [[], [bytes(32)], [bytes(32)] * 4, [bytes(32), b"", bytes(32)]])
def test_missing_nodes_are_refused(answer: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not the hashes of the frontier of 7 leaves"):
        root(7, lambda _: answer)
    with pytest.raises(ValueError, match="did not return all of the 3 requested nodes"):
        inclusion_proof(0, 8, lambda _: answer)
