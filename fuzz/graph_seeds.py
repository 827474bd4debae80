# SPDX-License-Identifier: Apache-2.0
"""Seeds of the readers of graphs."""

import io
import json
import struct
import zipfile

from seeds import safetensors, write


def make_graph_tables():
    edges = b"source,target,weight\na,b,1\nb,c,0.5\nc,a,2\n"
    files = {
        "edges": edges,
        "joined": edges + b"\0id,x,town,label,split\na,1,Ulm,u,train\nb,2.5,,v,val\nc,-1,\"x, y\",,test\n",
        "masks": edges + b"\0id\ttrain_mask\ttest_mask\ty\na\t1\t0\t0.5\nb\t0\t1\tnan\nc\t0\t0\t\n",
        "bare": b"# FromNodeId ToNodeId\n0 1\n1   2\n\n2\t0\n",
        "quoted": b"\xef\xbb\xbfSource;Target;Type\r\n\"a\"\"b\";x;\"two\r\nlines\"\r\n",
        "unknown-node": edges + b"\0id\na\nb\n",
        "nan-feature": edges + b"\0id,x\na,1\nb,nan\nc,inf\n",
        "twice": edges + b"\0id\na\na\n",
        "header-only": b"source,target\n",
    }
    for name, content in files.items():
        write("graph_tables", name + ".csv", content)


def mol_atom(element, charge=0, x=1.0):
    return f"{x:10.4f}{2.0:10.4f}{-3.5:10.4f} {element:3s} 0{charge:3d}  0  0  0  0\n".encode()


def make_sdf():
    head = b"water\n  heed              3D\n\n"
    counts = b"  3  2  0  0  0  0  0  0  0  0999 V2000\n"
    water = head + counts + mol_atom("O") + mol_atom("H") + mol_atom("H") + b"  1  2  1  0\n  1  3  1  0\nM  END\n"
    v3000 = (b"salt\n\n\n  0  0  0     0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS 2 1 0 0 0\n"
             b"M  V30 BEGIN ATOM\nM  V30 7 C 0.5 0 0 0\nM  V30 2 N 1 0 0 -\nM  V30 0 CHG=1 NOTE=\"a b\"\nM  V30 END ATOM\n"
             b"M  V30 BEGIN BOND\nM  V30 1 2 7 2 ENDPTS=(2 7 2)\nM  V30 END BOND\nM  V30 END CTAB\nM  END\n$$$$\n")
    files = {
        "water": water,
        "fields": water + b"> 12 <logS>  (1)\n-1.5\n\n>  <note>\ntwo\nlines\n\n$$$$\n" + water + b"> <logS>\n\n$$$$\n\n\n",
        "charges": head + b"  2  0  0  0  0  0  0  0  0  0999 V2000\n" + mol_atom("Na", 3) + mol_atom("Cl", 5) +
                   b"M  CHG  2   1   1   2  -1\nA    1\ntext\nM  END\n",
        "v3000": v3000,
        "drawing": water.replace(b"3D", b"2D") + b"$$$$\n" + water,
        "returns": water.replace(b"\n", b"\r\n"),
        "query-atom": head + b"  1  0  0  0  0  0  0  0  0  0999 V2000\n" + mol_atom("R#") + b"M  END\n",
        "lying-bond": head + b"  1  1  0  0  0  0  0  0  0  0999 V2000\n" + mol_atom("C") + b"  1999  1  0\nM  END\n",
        "blank": b"\n\n\n\n\n",
    }
    for name, content in files.items():
        write("sdf", name + ".sdf", content)


def make_smiles():
    files = {
        "lines": "# comment\nCC(=O)[O-]\tacetate\n\nc1cn[nH]c1 |r| pyrazole\r\n[Na+].[Cl-]",
        "table": "id,smiles,logS,split\n1,C1CC[C@H]2N(C1)C#N,-0.5,train\n2,O=[N+]([O-])c1ccccc1,,test\n",
        "header": "smiles zinc_id\nF/C=C/F ZINC1\n",
        "valence": "C(C)(C)(C)(C)C\n",
        "unclosed": "C1CC(\n",
        "query": "CC* [R1]\n",
        "dative": "N->[Pt]<-N\n",
        "isotope": "[2H]C([13CH3])[H] x\n",
        "percent": "C%12CCCCC%12.[Cu+2]\n",
    }
    for name, content in files.items():
        write("smiles", name + ".smi", content.encode())


def make_xyz():
    qm9 = "\t".join(["gdb 1", *(f"{number / 7:.5f}" for number in range(15)), ""])
    files = {
        "frames": "2\nLattice=\"1 0 0\" energy=-1\nC 0 1e-3 -2 9.9 x\n1\t0.5 0 0\n\n1\n\nCL 0 0 0\n0\nnothing\n",
        "qm9": "1\n" + qm9 + "\nC\t-0.01\t 1.08\t 2.1997*^-6\t-0.5\n1341.307\nC\tC\nInChI=1S\tInChI=1S\n",
        "qm9-cut": "1\n" + qm9 + "\nC\t-0.01\t 1.08\t 2.1997*^-6\t-0.5\n1341.307\n",
        "huge-count": "1e300\n\n",
        "no-element": "1\n\nQq 0 0 0\n",
        "infinite": "1\n\nC inf 1e39 0\n",
    }
    for name, content in files.items():
        write("xyz", name + ".xyz", content.encode())


def make_graphml():
    keys = ("<key id='d0' for='node' attr.name='age' attr.type='double'><default>7</default></key>"
            "<key id='d1' for='node' attr.name='zip' attr.type='string'/><key id='d2' for='edge' attr.name='weight'/>"
            "<key id='d3' for='graph' attr.name='y' attr.type='double'/><key id='d4' yfiles.type='nodegraphics'/>")
    graph = ("<graph id='g' edgedefault='undirected'><data key='d3'>1.5</data><node id='a'><data key='d1'>1 &amp; 2</data></node>\n"
             "<node id='b'><data key='d0'>2</data></node><edge source='a' target='b'><data key='d2'>0.5</data></edge></graph>")
    files = {
        "graphs": f"<?xml version='1.0'?>\n<graphml>{keys}{graph}{graph}</graphml>",
        "mixed": "<graphml><graph edgedefault='undirected'><node id='a'/><node id='b'/><edge source='a' target='b'/>"
                 "<edge source='b' target='a' directed='true'/></graph></graphml>",
        "entities": "<!DOCTYPE g [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><graphml><graph><node id='&b;'/></graph></graphml>",
        "nested": "<graphml><graph><node id='a'><graph/></node></graph></graphml>",
        "deep": "<graphml>" + "<graph>" * 3000,
        "unknown-key": "<graphml><graph><node id='a'><data key='k'>1</data></node></graph></graphml>",
    }
    for name, content in files.items():
        write("graphml", name + ".graphml", content.encode())


def make_node_link():
    nodes = [{"id": 1, "age": 2, "kind": "a", "label": "x", "split": "train", "x": [1, 2]},
             {"id": "1", "age": 3.5, "kind": None, "label": "y", "split": None, "x": [3, 4]}]
    graph = {"directed": True, "multigraph": False, "graph": {"name": "g", "y": 0.5}, "nodes": nodes,
             "links": [{"source": 1, "target": "1", "key": 0, "weight": 0.5}]}
    files = {
        "graph": graph,
        "graphs": [{"nodes": [{"id": 0}], "edges": [], "graph": {"y": 1}}, {"nodes": [], "edges": [], "graph": {"y": None}}],
        "unknown-node": {"nodes": [{"id": 0}], "links": [{"source": 0, "target": "0"}]},
        "twice": {"nodes": [{"id": 0}, {"id": 0}], "links": []},
        "nested": {"nodes": [{"id": 0, "pos": {"x": [[1]]}}], "links": []},
    }
    for name, content in files.items():
        write("node_link", name + ".json", json.dumps(content).encode())
    write("node_link", "deep.json", b"[" * 5000)
    write("node_link", "nan.json", b'{"nodes": [{"id": 0, "x": NaN}], "links": []}')
    write("node_link", "huge-number.json", b'{"nodes": [{"id": 1e999}], "links": []}')


def tensors_of(arrays, metadata=None):
    """A safetensors file of (dtype, shape, bytes)."""
    header, data = {"__metadata__": metadata or {}}, b""
    for name, (dtype, shape, content) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return safetensors(header, data)


def make_graph_tensors():
    def int64(*values):
        return struct.pack(f"<{len(values)}q", *values)

    def int32(*values):
        return struct.pack(f"<{len(values)}i", *values)

    citations = {"x_indptr": ("I64", [4], int64(0, 2, 2, 3)), "x_indices": ("I32", [3], int32(4, 0, 2)),
                 "x_values": ("F32", [3], struct.pack("<3f", 1, 2, 3)), "x_shape": ("I64", [2], int64(3, 5)),
                 "edge_index": ("I64", [2, 2], int64(0, 1, 1, 0)), "y": ("I64", [3], int64(2, 0, -1)),
                 "train_mask": ("U8", [3], b"\1\0\0"), "test_mask": ("U8", [3], b"\0\0\1")}
    dense = {"x": ("F64", [2, 1], struct.pack("<2d", 1, 2)), "edge_index": ("I64", [2, 1], int64(0, 1))}
    molecules = {"atom_ptr": ("I32", [3], int32(0, 3, 4)), "bond_ptr": ("I32", [3], int32(0, 2, 2)),
                 "atom_z": ("U8", [4], b"\10\6\10\6"), "atom_charge": ("I8", [4], b"\0\1\xff\0"),
                 "atom_h": ("U8", [4], b"\0\0\0\4"), "atom_flags": ("U8", [4], b"\0\3\0\0"),
                 "atom_xyz": ("F32", [4, 3], struct.pack("<12f", *range(12))), "bond_u": ("U8", [2], b"\0\1"),
                 "bond_v": ("U8", [2], b"\1\2"), "bond_type": ("U8", [2], b"\2\22"), "id": ("I32", [2], int32(7, 1)),
                 "y": ("F64", [2, 2], struct.pack("<4d", 1, float("nan"), 3, 4))}
    files = {
        "citations": tensors_of(citations),
        "dense": tensors_of(dense),
        "no-features": tensors_of({"edge_index": dense["edge_index"]}, {"num_nodes": "7"}),
        "molecules": tensors_of(molecules, {"targets": "u0,gap"}),
        "lying-end": tensors_of(citations | {"edge_index": ("I64", [2, 1], int64(0, 1 << 40))}),
        "lying-pointers": tensors_of(molecules | {"atom_ptr": ("I32", [3], int32(0, -1, 4))}),
        "other": tensors_of({"layer.weight": ("F32", [1], b"\0" * 4)}),
    }
    for name, content in files.items():
        write("graph_tensors", name + ".safetensors", content)


def npy(kind, shape, content, fortran=False):
    header = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content


def npz(arrays, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in arrays.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), content)
    return out.getvalue()


def make_npz():
    matrix = {"data": npy("<f4", "(3,)", struct.pack("<3f", 1, 1, 1)), "indices": npy("<i4", "(3,)", struct.pack("<3i", 1, 2, 0)),
              "indptr": npy("<i4", "(4,)", struct.pack("<4i", 0, 2, 2, 3)), "shape": npy("<i8", "(2,)", struct.pack("<2q", 3, 3))}
    labels = npy("<i8", "(3,)", struct.pack("<3q", 1, 0, -1))
    benchmark = {"adj_" + name: content for name, content in matrix.items()}
    benchmark |= {"attr_" + name: content for name, content in matrix.items()}
    benchmark |= {"labels": labels, "attr_names": npy("<U2", "(3,)", "a\0b\0cd".encode("utf-32-le"))}
    files = {
        "scipy": npz(matrix | {"format": npy("|S3", "()", b"csr")}),
        "benchmark": npz(benchmark),
        "weights": npz(matrix | {"data": npy("<f8", "(3,)", struct.pack("<3d", 1, 0.5, 2))}, zipfile.ZIP_DEFLATED),
        "objects": npz(benchmark | {"labels": npy("|O", "(3,)", b"\x80\3]q\0.")}),
        "columns": npz(matrix | {"features": npy("<f8", "(3, 2)", bytes(48), fortran=True)}),
        "array.npy": labels,
        "texts.npy": npy("<U2", "(3,)", "a\0b\0cd".encode("utf-32-le")),
        "records.npy": npy("x", "()", b"").replace(b"'x'", b"[('a', '<f4')]"),
        "huge.npy": npy("<f8", "(4294967296, 4294967296)", b""),
    }
    for name, content in files.items():
        write("npz", name, content)


def make_graphs():
    make_graph_tables()
    make_graph_tensors()
    make_graphml()
    make_node_link()
    make_npz()
    make_sdf()
    make_smiles()
    make_xyz()
