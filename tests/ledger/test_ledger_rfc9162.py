"""RFC 9162: independent vectors, every small pair against pymerkle, forged proofs."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from traceability.errors import ProofError
from traceability.ledger import Log, leaf_hash, node_hash, verify_consistency, verify_inclusion
from traceability.ledger._rfc9162 import (
    EMPTY_ROOT,
    consistency_path,
    fold_hashes,
    inclusion_path,
    range_root,
)

SIZES = 64


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def vector_files(shared_dir, kind):
    return sorted((shared_dir / "vectors/rfc6962-merkle" / kind).rglob("*.json"))


def refused(check) -> bool:
    try:
        check()
    except ProofError:
        return True
    return False


def test_inclusion_vectors(shared_dir):
    files = vector_files(shared_dir, "inclusion")
    for path in files:
        case = json.loads(path.read_text())
        proof = [decoded(step) for step in case["proof"] or []]
        wrong = refused(
            lambda case=case, proof=proof: verify_inclusion(
                case["leafIdx"],
                case["treeSize"],
                decoded(case["leafHash"]),
                proof,
                decoded(case["root"]),
            )
        )
        assert wrong == case["wantErr"], path.name
    assert len(files) >= 49


def test_consistency_vectors(shared_dir):
    files = vector_files(shared_dir, "consistency")
    for path in files:
        case = json.loads(path.read_text())
        proof = [decoded(step) for step in case["proof"] or []]
        wrong = refused(
            lambda case=case, proof=proof: verify_consistency(
                case["size1"], case["size2"], proof, decoded(case["root1"]), decoded(case["root2"])
            )
        )
        assert wrong == case["wantErr"], path.name
    assert len(files) >= 49


def test_reference_tree(shared_dir, tmp_path):
    tree = json.loads((shared_dir / "vectors/rfc6962-merkle/reference-tree.json").read_text())
    leaves, roots = tree["leaf_inputs_hex"], tree["root_hashes_hex"]
    with Log.open(f"sqlite:///{tmp_path / 'log.sqlite'}") as log:
        log.append_many(bytes.fromhex(leaf) for leaf in leaves)
        assert [log.root(size).hex() for size in range(len(leaves) + 1)] == roots
        for level, nodes in enumerate(tree["node_hashes_hex"]):
            for at, node in enumerate(nodes):
                if (at + 1) << level <= len(leaves):
                    found = [leaf_hash(bytes.fromhex(leaf)) for leaf in leaves]
                    assert (
                        fold_hashes(b"".join(found[at << level : (at + 1) << level])).hex() == node
                    )
    assert EMPTY_ROOT.hex() == roots[0]


class Tree:
    """Leaves in memory, with our generators and pymerkle's tree over the same entries."""

    def __init__(self, size: int) -> None:
        entries = [b"%d" % at for at in range(size)]
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.oracle = InmemoryTree(algorithm="sha256")
        self.oracle.append_entries(entries)

    def subroot(self, offset: int, width: int) -> bytes:
        return fold_hashes(b"".join(self.leaves[offset : offset + width]))

    def root(self, size: int) -> bytes:
        return range_root(0, size, self.subroot)


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(SIZES)


def test_every_inclusion_proof_up_to_64_is_pymerkles(tree):
    for size in range(1, SIZES + 1):
        assert tree.root(size) == tree.oracle.get_root(size)
        for index in range(size):
            path = inclusion_path(index, size, tree.subroot)
            assert path == tree.oracle.prove_inclusion(index + 1, size).path[1:]
            verify_inclusion(index, size, tree.leaves[index], path, tree.root(size))


def test_every_consistency_proof_up_to_64_holds_for_pymerkles_roots(tree):
    for size2 in range(1, SIZES + 1):
        for size1 in range(1, size2 + 1):
            path = consistency_path(size1, size2, tree.subroot)
            roots = tree.oracle.get_root(size1), tree.oracle.get_root(size2)
            verify_consistency(size1, size2, path, *roots)
            if size1 < size2:
                assert refused(
                    lambda s=size1, t=size2, p=path, r=roots: verify_consistency(s, t, p, *r[::-1])
                )


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_proof_never_holds(tree, data):
    size = data.draw(st.integers(2, SIZES))
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, tree.subroot)
    at = data.draw(st.integers(0, len(path) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(path[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    leaf, root = tree.leaves[index], tree.root(size)
    forged = [
        (index, size, leaf, [*path[:at], flipped, *path[at + 1 :]], root),
        (index, size, leaf, [*path[:at], *path[at + 1 :]], root),
        (index, size, leaf, [*path, flipped], root),
        ((index + 1) % size, size, leaf, path, root),
        (index, size, flipped, path, root),
    ]
    assert all(refused(lambda case=case: verify_inclusion(*case)) for case in forged)


anything = st.one_of(
    st.none(), st.integers(), st.booleans(), st.text(), st.binary(max_size=40), st.floats(),
    st.lists(st.one_of(st.binary(min_size=32, max_size=32), st.none(), st.integers()), max_size=9),
)  # fmt: skip


@given(anything, anything, anything, anything, anything)
@settings(max_examples=300)
def test_nonsense_is_refused_with_our_error(one, two, three, four, five):
    assert refused(lambda: verify_inclusion(one, two, three, four, five))
    if not (type(one) is type(two) is int and one == two and three == [] and four == five):
        assert refused(lambda: verify_consistency(one, two, three, four, five))


def test_two_leaves_by_hand():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    verify_inclusion(1, 2, right, [left], node_hash(left, right))
    verify_consistency(1, 2, [right], left, node_hash(left, right))
    with pytest.raises(ProofError, match="expected root"):
        verify_inclusion(0, 2, right, [left], node_hash(left, right))
