// SPDX-License-Identifier: Apache-2.0
// What AddressSanitizer asks a program at its start; ASAN_OPTIONS in the environment comes on top.
// libtorch is not instrumented: its containers would be taken for overflows, its caches for leaks.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "detect_container_overflow=0:detect_leaks=0";
}
