# SPDX-License-Identifier: Apache-2.0
"""Seeds of the readers of signals on the sphere."""

import struct

from graph_seeds import tensors_of
from seeds import write


def make_signal_table():
    grid = "".join(f"{lon},{lat},{lon + lat}\n" for lat in (60, 0, -60) for lon in (0, 90, 180, 270))
    files = {
        "one": "lon,lat,v\n0,0,1\n90,45,-2.5\n",
        "samples": "sample,label,split,lon,lat,red,blue\na,x,train,0,0,1,2\na,x,train,9,9,3,4\n"
                   "b,,test,0,0,5,6\nb,,test,9,9,7,8\n",
        "vectors": "# made by hand\nX;Y;Z;weight;label;v\n0;0;2;1;0.5;1\n0;1;0;3;0.5;2\n",
        "tabs": "\xef\xbb\xbflongitude\tlatitude\t\"v, mean\"\r\n-180\t-90\t+1e3\r\n",
        "grid": "lon,lat,v\n" + grid,
        "other-points": "sample,lon,lat,v\na,0,0,1\nb,0,1,1\n",
        "too-few": "sample,lon,lat,v\na,0,0,1\na,1,0,1\nb,0,0,1\n",
        "no-direction": "x,y,z,v\n0,0,0,1\n",
        "nan-label": "sample,lon,lat,label,v\na,0,0,nan,1\nb,0,0,1.5,1\n",
        "header-only": "lon,lat,v\n",
    }
    for name, content in files.items():
        write("signal_table", name + ".csv", content.encode("latin-1"))


def make_signal_tensors():
    def floats(*values):
        return struct.pack(f"<{len(values)}f", *values)

    points = {"points": ("F32", [2, 3], floats(0, 0, 1, 0, 0.6, -0.8))}
    bytes_ = {**points, "values": ("U8", [3, 2, 1], b"\1\2\3\4\5\xff")}
    full = {**points, "weights": ("F32", [2], floats(0.25, 0.75)), "values": ("F32", [1, 2, 2], floats(1, 2, 3, 4)),
            "label": ("I32", [1], struct.pack("<i", 1)),
            "targets": ("F64", [1, 2], struct.pack("<2d", 1, float("nan"))),
            "split": ("U8", [1], b"\2")}
    names = {"channels": '["u", "v"]', "classes": '["storm", "10"]', "targets": '["a", "b"]', "samples": '["first"]'}
    files = {
        "bytes": (bytes_, {}),
        "full": (full, names),
        "scaled": ({**bytes_, "points": ("F64", [2, 3], struct.pack("<6d", 0, 0, 6371, 1e-3, 0, 0)),
                    "weights": ("F32", [2], floats(1, 3))}, {}),
        "number": ({**bytes_, "label": ("F32", [3], floats(0.5, 1, float("nan")))}, {}),
        "no-samples": ({**points, "values": ("U8", [0, 2, 1], b"")}, {"channels": '["grey"]'}),
        "no-direction": ({**bytes_, "points": ("F32", [2, 3], floats(0, 0, 1, 0, 0, 0))}, {}),
        "no-weight": ({**bytes_, "weights": ("F32", [2], floats(0, 0))}, {}),
        "lying-names": (bytes_, {"samples": '["a"]', "channels": "[1]"}),
        "lying-label": ({**bytes_, "label": ("I32", [3], struct.pack("<3i", 0, 7, -2))}, {"classes": '["a"]'}),
        "other": ({"layer.weight": ("F32", [1], floats(1))}, {}),
    }
    for name, (arrays, metadata) in files.items():
        write("signal_tensors", name + ".safetensors", tensors_of(arrays, metadata))


def make_sphere():
    make_signal_table()
    make_signal_tensors()
