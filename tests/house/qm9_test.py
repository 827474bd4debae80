#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/qm9: what needs neither RDKit nor the package of the data.

    qm9_test.py path/to/qm9
"""
import importlib.machinery
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True


def load(script):
    loader = importlib.machinery.SourceFileLoader("qm9", script)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("qm9", loader))
    loader.exec_module(module)
    return module


def the_split_is_by_the_hash_of_the_number(qm9):
    assert [qm9.split_of(number) for number in (18, 27, 40)] == ["valid"] * 3
    assert [qm9.split_of(number) for number in (1, 23, 133857)] == ["train"] * 3
    counts = [qm9.split_of(number) for number in range(1, 13_001)]
    assert all(900 < counts.count(part) < 1100 for part in ("test", "valid"))


def lists_are_read_as_the_package_writes_them(qm9):
    assert qm9.parse_list("['C','H']") == ["C", "H"]
    assert qm9.parse_list("[[0.5,0.,1.],[-2.5,3.,-0.]]") == [[0.5, 0, 1], [-2.5, 3, 0]]


# Hydrogen cyanide, the carbon after the nitrogen in the geometry.
SYMBOLS, XYZ = ["N", "H", "C"], [[1.15, 0, 0], [-1.07, 0, 0], [0, 0, 0]]


def atoms_in_one_order_are_placed_by_their_hydrogens(qm9):
    owners = qm9.nearest_heavy_atoms(SYMBOLS, XYZ)
    assert owners == {1: 2}
    in_order = qm9.Graph([("N", 0, 0, 0), ("C", 1, 0, 0)], [(0, 1, 3)])
    assert qm9.places_in_order(in_order, SYMBOLS, owners) == [0, 2]
    for atoms in ([("C", 1, 0, 0), ("N", 0, 0, 0)], [("N", 1, 0, 0), ("C", 0, 0, 0)], [("N", 0, 0, 0)]):
        assert qm9.places_in_order(qm9.Graph(atoms, []), SYMBOLS, owners) is None


def bonds_of_hydrogens_stand_last(qm9):
    graph = qm9.Graph([("N", 0, -1, 2), ("C", 1, 1, 3)], [(1, 0, 3)])
    charges, flags, bonds = qm9.place_graph(graph, [0, 2], {1: 2}, 3)
    assert charges == [-1, 0, 1] and flags == [2, 0, 3] and bonds == [(2, 0, 3), (2, 1, 1)]


def a_file_is_what_was_added(qm9):
    tensors = qm9.Tensors()
    for number in (5, 700):
        tensors.add(qm9.Molecule(number, SYMBOLS, XYZ, [0, 0, -1], [0, 0, 3], [(0, 2, 3), (2, 1, 17)], list(range(13))))
    content = tensors.file()
    length = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    assert length % 8 == 0 and header["__metadata__"]["targets"].startswith("mu,alpha,homo") and tensors.counts() == (2, 6, 4)

    def values(name, code):
        begin, end = header[name]["data_offsets"]
        return list(memoryview(data[begin:end]).cast(code))
    assert values("id", "i") == [5, 700] and values("atom_ptr", "i") == [0, 3, 6] and values("bond_ptr", "i") == [0, 2, 4]
    assert values("atom_z", "B") == [7, 1, 6] * 2 and values("atom_charge", "b") == [0, 0, -1] * 2
    assert values("bond_u", "B") == [0, 2] * 2 and values("bond_v", "B") == [2, 1] * 2 and values("bond_type", "B") == [3, 17] * 2
    assert values("y", "d") == list(range(13)) * 2 and header["y"]["shape"] == [2, 13]
    assert header["atom_xyz"]["shape"] == [6, 3] and values("atom_xyz", "f")[3] == struct.unpack("f", struct.pack("f", -1.07))[0]
    assert max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__") == len(data)


def files_are_complete_or_absent(qm9, folder):
    class Full:
        def file(self):
            raise OSError(28, "No space left on device")
    try:
        qm9.write_files({"train": qm9.Tensors(), "test": Full()}, folder)
    except OSError:
        assert not list(folder.iterdir())
    qm9.write_files({"train": qm9.Tensors()}, folder)
    assert [path.name for path in folder.iterdir()] == ["qm9-3d-train.safetensors"]


def nothing_is_written_over(script, folder):
    done = subprocess.run([sys.executable, script, folder], capture_output=True, encoding="utf-8")
    assert done.returncode == 1 and "is there already; --force" in done.stderr, done.stderr


def main(script):
    qm9 = load(script)
    the_split_is_by_the_hash_of_the_number(qm9)
    lists_are_read_as_the_package_writes_them(qm9)
    atoms_in_one_order_are_placed_by_their_hydrogens(qm9)
    bonds_of_hydrogens_stand_last(qm9)
    a_file_is_what_was_added(qm9)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files_are_complete_or_absent(qm9, folder)
        nothing_is_written_over(script, folder)


if __name__ == "__main__":
    main(sys.argv[1])
