# Finds libtorch and offers it as heed::torch (with OpenMP, without which at::parallel_for is a serial loop).
#
# Order: HEED_TORCH_ROOT or Torch_DIR if given, else the first of HEED_TORCH_HINTS (the wheel in .venv) that is there.
# TorchConfig.cmake of a CUDA wheel refuses to configure where the CUDA toolkit is missing, so that the libraries are
# taken by name.
find_package(OpenMP REQUIRED COMPONENTS CXX)

if(NOT Torch_DIR AND DEFINED ENV{Torch_DIR})
  set(Torch_DIR $ENV{Torch_DIR})
endif()
if(Torch_DIR)
  get_filename_component(HEED_TORCH_ROOT ${Torch_DIR}/../../.. ABSOLUTE)
endif()
if(NOT HEED_TORCH_ROOT)
  foreach(hint ${HEED_TORCH_HINTS})
    if(EXISTS ${hint}/include/ATen/ATen.h)
      set(HEED_TORCH_ROOT ${hint})
      break()
    endif()
  endforeach()
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

if(NOT TARGET heed::torch)
  add_library(heed_torch INTERFACE)
  add_library(heed::torch ALIAS heed_torch)
  target_include_directories(heed_torch SYSTEM INTERFACE
    ${HEED_TORCH_ROOT}/include ${HEED_TORCH_ROOT}/include/torch/csrc/api/include)
  foreach(library c10 torch_cpu torch)
    target_link_libraries(heed_torch INTERFACE ${HEED_TORCH_ROOT}/lib/lib${library}.so)
  endforeach()
  # One OpenMP runtime in a process, so that torch's thread count is ours: the wheel brings its own libgomp.
  file(GLOB heed_libgomp ${HEED_TORCH_ROOT}/lib/libgomp*.so* ${HEED_TORCH_ROOT}/../torch.libs/libgomp*.so*)
  if(heed_libgomp AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    list(GET heed_libgomp 0 heed_libgomp)
    target_compile_options(heed_torch INTERFACE -fopenmp)
    target_link_libraries(heed_torch INTERFACE ${heed_libgomp})
  else()
    target_link_libraries(heed_torch INTERFACE OpenMP::OpenMP_CXX)
  endif()
endif()
set(HEED_TORCH_CUDA OFF)
if(EXISTS ${HEED_TORCH_ROOT}/lib/libtorch_cuda.so)
  # Kept although nothing names a symbol of it: loading it registers the CUDA kernels. What it needs in turn (the NVIDIA
  # packages of the wheel) it finds by its own rpath at run time; the linker need not.
  set(HEED_TORCH_CUDA ON)
  target_link_libraries(heed_torch INTERFACE
    -Wl,--no-as-needed ${HEED_TORCH_ROOT}/lib/libtorch_cuda.so ${HEED_TORCH_ROOT}/lib/libc10_cuda.so -Wl,--as-needed
    -Wl,--allow-shlib-undefined)
endif()
message(STATUS "libtorch ${HEED_TORCH_VERSION} at ${HEED_TORCH_ROOT} (CUDA: ${HEED_TORCH_CUDA})")
