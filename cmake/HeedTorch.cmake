# Finds libtorch and offers it as heed::torch (with OpenMP, which at::parallel_for needs at compile time).
#
# Order: Torch_DIR or CMAKE_PREFIX_PATH if given, else the torch wheel in .venv. TorchConfig.cmake of a CUDA wheel
# refuses to configure where the CUDA toolkit is missing; then the three libraries are found by hand.
find_package(OpenMP REQUIRED COMPONENTS CXX)

if(NOT HEED_TORCH_ROOT AND NOT Torch_DIR)
  file(GLOB heed_wheel LIST_DIRECTORIES true ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  if(heed_wheel)
    list(GET heed_wheel 0 HEED_TORCH_ROOT)
  endif()
endif()
if(Torch_DIR)
  get_filename_component(HEED_TORCH_ROOT ${Torch_DIR}/../../.. ABSOLUTE)
endif()
set(HEED_TORCH_ROOT "${HEED_TORCH_ROOT}" CACHE PATH "Folder of libtorch: holds include/ and lib/")
if(NOT EXISTS ${HEED_TORCH_ROOT}/include/ATen/ATen.h)
  message(FATAL_ERROR "libtorch is not found. Run scripts/setup, or give -DTorch_DIR=<libtorch>/share/cmake/Torch")
endif()

file(STRINGS ${HEED_TORCH_ROOT}/include/torch/headeronly/version.h heed_torch_version_lines
     REGEX "#define TORCH_VERSION_(MAJOR|MINOR) ")
string(REGEX MATCHALL "[0-9]+" heed_torch_version_parts "${heed_torch_version_lines}")
list(JOIN heed_torch_version_parts "." HEED_TORCH_VERSION)
if(HEED_TORCH_VERSION VERSION_LESS 2.11 OR HEED_TORCH_VERSION VERSION_GREATER 2.13)
  message(WARNING "libtorch ${HEED_TORCH_VERSION} at ${HEED_TORCH_ROOT}; heed is tested with 2.11 to 2.13")
endif()

add_library(heed_torch INTERFACE)
add_library(heed::torch ALIAS heed_torch)
target_include_directories(heed_torch SYSTEM INTERFACE
  ${HEED_TORCH_ROOT}/include ${HEED_TORCH_ROOT}/include/torch/csrc/api/include)
foreach(library c10 torch_cpu torch)
  target_link_libraries(heed_torch INTERFACE ${HEED_TORCH_ROOT}/lib/lib${library}.so)
endforeach()
set(HEED_TORCH_CUDA OFF)
if(EXISTS ${HEED_TORCH_ROOT}/lib/libtorch_cuda.so)
  set(HEED_TORCH_CUDA ON)
  target_link_libraries(heed_torch INTERFACE
    -Wl,--no-as-needed ${HEED_TORCH_ROOT}/lib/libtorch_cuda.so ${HEED_TORCH_ROOT}/lib/libc10_cuda.so -Wl,--as-needed)
endif()
target_link_libraries(heed_torch INTERFACE OpenMP::OpenMP_CXX)
message(STATUS "libtorch ${HEED_TORCH_VERSION} at ${HEED_TORCH_ROOT} (CUDA: ${HEED_TORCH_CUDA})")
