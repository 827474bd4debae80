# What `cmake --install` puts under a prefix: the program, libheed and libheed_ops, the public headers, the share folder
# and the CMake package (find_package(heed) gives heed::heed and heed::ops). The prefix may be moved afterwards.
include(CMakePackageConfigHelpers)

set(heed_package ${CMAKE_INSTALL_LIBDIR}/cmake/heed)
set_target_properties(heed PROPERTIES EXPORT_NAME heed)
set_target_properties(heed_ops PROPERTIES EXPORT_NAME ops)
foreach(target heed heed_ops)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} INTERFACE cxx_std_20)
endforeach()

install(TARGETS heed heed_ops EXPORT heed LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET heed_program)
  install(TARGETS heed_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(TARGETS heed_program_library LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
include(HeedPublicHeaders)
foreach(header ${heed_public_headers})
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
endforeach()
foreach(folder presets models)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${folder})
    install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/heed)
  endif()
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/heed)

install(EXPORT heed NAMESPACE heed:: FILE heedTargets.cmake DESTINATION ${heed_package})
configure_package_config_file(cmake/heedConfig.cmake.in ${CMAKE_BINARY_DIR}/heedConfig.cmake
                              INSTALL_DESTINATION ${heed_package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/heedConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/heedConfig.cmake ${CMAKE_BINARY_DIR}/heedConfigVersion.cmake cmake/HeedTorch.cmake
        DESTINATION ${heed_package})
