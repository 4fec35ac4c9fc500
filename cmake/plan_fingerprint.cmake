# Names what packed weights depend on: the sources that read a program, number its values, simplify it, choose kernels
# and lay out their weights. Made while building, so that nobody has to raise a version number and nobody can forget to.
#
#   windfall_plan_fingerprint(OUT_VAR)    appends the made source file; defines wf::plan_fingerprint()
#
# Called as a script (cmake -P) it makes the file: LIST names the sources, one a line, OUTPUT the file.

if(CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS ${LIST} sources)
  set(digests "")
  foreach(source IN LISTS sources)
    file(SHA256 ${source} digest)
    string(APPEND digests ${digest})
  endforeach()
  string(SHA256 fingerprint "${digests}")
  string(SUBSTRING ${fingerprint} 0 16 fingerprint)
  file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"// Made by cmake/plan_fingerprint.cmake from the sources. Do not edit.
#include \"engine/cpu/fingerprint.h\"

namespace wf {
std::string_view plan_fingerprint() { return \"${fingerprint}\"; }
std::string_view runtime_version() { return \"${VERSION}+${fingerprint}\"; }
}  // namespace wf
")
  return()
endif()

function(windfall_plan_fingerprint out_var)
  set(sources "")
  foreach(room base tensor program formats ops kernels passes plan engine)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.cpp ${CMAKE_SOURCE_DIR}/src/${room}/*.h)
    list(APPEND sources ${found})
  endforeach()
  list(SORT sources)
  list(JOIN sources "\n" lines)
  set(list ${CMAKE_BINARY_DIR}/generated/plan_sources.txt)
  file(GENERATE OUTPUT ${list} CONTENT "${lines}\n")
  set(path ${CMAKE_BINARY_DIR}/generated/plan_fingerprint.cpp)
  add_custom_command(
    OUTPUT ${path}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DOUTPUT=${path} -DVERSION=${PROJECT_VERSION} -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${sources} ${list} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Fingerprint of the planner" VERBATIM)
  set(${out_var} ${${out_var}} ${path} PARENT_SCOPE)
endfunction()
