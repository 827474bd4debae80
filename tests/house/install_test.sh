#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh CMAKE BUILD CONSUMER COMPILER: installs BUILD, moves the prefix, builds and runs CONSUMER against it.
set -euo pipefail
cmake=$1 build=$2 consumer=$3 compiler=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix="$folder/moved here"

"$cmake" --install "$build" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$prefix"
for path in bin/heed lib/libheed_program.so lib/cmake/heed/heedConfig.cmake include/heed/attention/attention.h share/heed/presets; do
  [ -e "$prefix/$path" ] || { echo "the prefix holds no $path"; exit 1; }
done

# The headers that docs/library.md names and what they include, no others.
[ -e "$prefix/include/heed/nn/holds_embeddings.h" ] || { echo "a public header includes what is not installed"; exit 1; }
for path in heed/cli heed/training/pacer.h; do
  [ ! -e "$prefix/include/$path" ] || { echo "$path is installed, but is no public header"; exit 1; }
done

"$prefix/bin/heed" --version
# The program must take the libraries of its own prefix, not those of the build folder.
libraries=$(ldd "$prefix/lib/libheed_program.so" | sed -n 's/.*libheed[^ ]* => \(.*\) (.*/\1/p')
echo "$libraries"
[ -n "$libraries" ]
while read -r library; do
  case $library in "$prefix"/*) ;; *) echo "$library is not under $prefix"; exit 1 ;; esac
done <<<"$libraries"

"$cmake" -S "$consumer" -B "$folder/consumer" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
"$cmake" --build "$folder/consumer" >/dev/null
"$folder/consumer/consumer"
