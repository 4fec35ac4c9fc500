include(CMakePackageConfigHelpers)

install(TARGETS windfall EXPORT windfall-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
                                                 NAMELINK_COMPONENT dev)
install(DIRECTORY include/windfall DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
if(WINDFALL_COREML)  # elsewhere no engine may take its process with it
  install(TARGETS windfall_trial RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/windfall COMPONENT runtime)
endif()
install(EXPORT windfall-targets NAMESPACE windfall:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/windfall COMPONENT dev)
if(TARGET windfall_tool)
  install(TARGETS windfall_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
endif()

file(WRITE ${CMAKE_BINARY_DIR}/windfall-config.cmake
     "include(\"\${CMAKE_CURRENT_LIST_DIR}/windfall-targets.cmake\")\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/windfall-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_SOURCE_DIR}/cmake/windfall.pc.in ${CMAKE_BINARY_DIR}/windfall.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/windfall.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
install(FILES ${CMAKE_BINARY_DIR}/windfall-config.cmake ${CMAKE_BINARY_DIR}/windfall-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/windfall COMPONENT dev)
