# heed_room(NAME training TORCH SOURCES PLAIN a.cpp b.cpp UNIT c.cpp d.cpp UNIT e.cpp f.cpp ALONE g.cpp
#           LIBRARIES PkgConfig::cairo)
# One OBJECT library heed_<name> for a room: object files keep the static initialisers that register operators and
# go as they are into the shared libraries. TORCH gives the room libtorch.
#
# With HEED_UNITY each UNIT and each PLAIN is compiled as one source: the headers of libtorch cost 12 s and 0.9 GB, more
# than most files. Names in the unnamed namespaces of one unit must differ. PLAIN files include no header of torch/nn;
# files after ALONE, and files before the first of these words, are compiled by themselves.

add_library(heed_flags INTERFACE)
target_compile_options(heed_flags INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(heed_flags INTERFACE -Wno-restrict)  # wrong about string + string (GCC PR 105651)
endif()
if(HEED_WARNINGS_AS_ERRORS)
  target_compile_options(heed_flags INTERFACE -Werror)
endif()
foreach(sanitizer ${HEED_SANITIZE})
  target_compile_options(heed_flags INTERFACE -fsanitize=${sanitizer} -fno-omit-frame-pointer)
  target_link_options(heed_flags INTERFACE -fsanitize=${sanitizer})
endforeach()
if("undefined" IN_LIST HEED_SANITIZE)
  # A finding ends the test. The vptr check needs run-time types that libtorch keeps to itself.
  target_compile_options(heed_flags INTERFACE -fno-sanitize-recover=undefined -fno-sanitize=vptr)
  target_link_options(heed_flags INTERFACE -fno-sanitize=vptr)
endif()
target_include_directories(heed_flags INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)

find_program(HEED_CCACHE ccache)
if(HEED_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${HEED_CCACHE})
endif()

# libtorch for a target. Without HEED_UNITY it comes with one precompiled header for all targets, which halves the time of
# a single file. (It takes 1.6 GB to make, and each file instantiates all its templates: units do better.)
function(heed_use_torch target)
  target_link_libraries(${target} PUBLIC heed::torch)
  if(HEED_UNITY)
    return()
  endif()
  if(NOT TARGET heed_pch)
    file(WRITE ${CMAKE_BINARY_DIR}/heed_pch.cpp "// Holds the precompiled header.\n")
    add_library(heed_pch OBJECT ${CMAKE_BINARY_DIR}/heed_pch.cpp)
    target_link_libraries(heed_pch PUBLIC heed_flags heed::torch)
    target_precompile_headers(heed_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/torch_pch.h)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      target_compile_options(heed_pch PRIVATE -fpch-preprocess)
    endif()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)  # -fPIE, the default of programs, would refuse a header precompiled with -fPIC
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM heed_pch)
endfunction()

# Adds SOURCES, divided by UNIT, PLAIN and ALONE, to `target`.
function(heed_add_sources target)
  set(word ALONE)
  set(units 0)
  foreach(source ${ARGN})
    if(source MATCHES "^(UNIT|PLAIN|ALONE)$")
      set(word ${source})
      math(EXPR units "${units} + 1")
      continue()
    endif()
    target_sources(${target} PRIVATE ${source})
    if(NOT word STREQUAL ALONE)
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP unit_${units})
    endif()
    if(word STREQUAL PLAIN)
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${HEED_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()

function(heed_room)
  cmake_parse_arguments(ARG "TORCH" "NAME" "SOURCES;LIBRARIES" ${ARGN})
  set(target heed_${ARG_NAME})
  add_library(${target} OBJECT)
  heed_add_sources(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PUBLIC heed_flags ${ARG_LIBRARIES})
  if(ARG_TORCH)
    heed_use_torch(${target})
  endif()
endfunction()

# PER_ISA: the whole program once more for each instruction set that the kernels are compiled for; skipped, with the reason,
# where this machine does not run it.
function(heed_test_per_isa target labels)
  get_property(isas GLOBAL PROPERTY HEED_ISAS)
  foreach(isa ${isas})
    add_test(NAME ${target}.${isa} COMMAND sh -c "\"$<TARGET_FILE:heed_isa_rows>\" ${isa} || exit 77; exec \"$<TARGET_FILE:${target}>\" --gtest_brief=1")
    set_tests_properties(${target}.${isa} PROPERTIES LABELS "per_isa;${labels}" SKIP_RETURN_CODE 77 TIMEOUT 600
                         ENVIRONMENT "OMP_NUM_THREADS=1;HEED_CPU_ISA=${isa}")
  endforeach()
endfunction()

include(GoogleTest)
add_custom_target(heed_tests)        # every test program; no part of `all`
add_custom_target(heed_plain_tests)  # those that need no libtorch, label `plain`: built in minutes
# AddressSanitizer's options for a program that loads libtorch.
function(heed_asan_options target)
  if("address" IN_LIST HEED_SANITIZE)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/asan_options.cpp)
    set_source_files_properties(${CMAKE_SOURCE_DIR}/cmake/asan_options.cpp TARGET_DIRECTORY ${target}
                                PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# Seeds libtorch before each test of a program.
function(heed_seed_tests target)
  if(NOT TARGET heed_seeded_generator)
    add_library(heed_seeded_generator OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/seeded_generator.cpp)
    target_link_libraries(heed_seeded_generator PUBLIC heed_flags GTest::gtest)
    heed_use_torch(heed_seeded_generator)
  endif()
  target_link_libraries(${target} PRIVATE heed_seeded_generator)
endfunction()

# heed_test(NAME attention_tests TORCH SOURCES dense_test.cpp LIBRARIES heed LABELS slow): a GoogleTest program. SOURCES may
# be divided as those of heed_room. One ctest entry for each test; for a program with TORCH one entry that names the tests
# which fail, as loading libtorch (0.45 s) takes longer than most tests. APART: an entry for each test all the same, for
# tests that need a process of their own.
function(heed_test)
  cmake_parse_arguments(ARG "TORCH;PER_ISA;APART" "NAME" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${ARG_NAME} EXCLUDE_FROM_ALL)
  heed_add_sources(${ARG_NAME} ${ARG_SOURCES})
  add_dependencies(heed_tests ${ARG_NAME})
  target_compile_definitions(${ARG_NAME} PRIVATE HEED_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${ARG_NAME} PRIVATE heed_flags ${ARG_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main)
  if(ARG_TORCH)
    heed_use_torch(${ARG_NAME})
    heed_seed_tests(${ARG_NAME})
  else()
    add_dependencies(heed_plain_tests ${ARG_NAME})
    list(APPEND ARG_LABELS plain)
  endif()
  heed_asan_options(${ARG_NAME})
  # One thread a test, unless it asks for more: ctest runs as many tests as there are cores.
  set(properties TIMEOUT 600 ENVIRONMENT OMP_NUM_THREADS=1)
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  if(ARG_TORCH AND NOT ARG_APART)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} --gtest_brief=1)
    set_tests_properties(${ARG_NAME} PROPERTIES ${properties} TIMEOUT 1800)
  else()
    gtest_discover_tests(${ARG_NAME} DISCOVERY_TIMEOUT 120 DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
  endif()
  if(ARG_PER_ISA)
    heed_test_per_isa(${ARG_NAME} "${ARG_LABELS}")
  endif()
endfunction()
