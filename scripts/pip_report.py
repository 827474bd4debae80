# SPDX-License-Identifier: Apache-2.0
"""Reads `pip install --dry-run --report -` on stdin; prints torch's version, the megabytes to fetch and the number of
NVIDIA packages. If a size cannot be queried, the usual size of such a wheel is used."""
import json
import os
import sys
import urllib.parse
import urllib.request

USUAL_MB = {"torch": 800, "triton": 180, "nvidia": 200}


def size_mb(name, url):
    try:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "file":
            return os.path.getsize(urllib.request.url2pathname(parts.path)) / 1e6
        request = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.headers["Content-Length"]) / 1e6
    except (OSError, TypeError, ValueError):
        return USUAL_MB.get(name.split("-")[0], 1)


def main():
    packages = json.load(sys.stdin)["install"]
    torch = [package["metadata"]["version"] for package in packages if package["metadata"]["name"] == "torch"]
    if not torch:
        sys.exit("pip would install no torch")
    wheels = [(package["metadata"]["name"].lower(), package["download_info"]["url"]) for package in packages]
    megabytes = sum(size_mb(name, url) for name, url in wheels)
    print(torch[0], round(megabytes), sum(name.startswith("nvidia-") for name, _ in wheels))


main()
