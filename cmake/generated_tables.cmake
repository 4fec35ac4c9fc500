# Tables made from the names of the files that exist, so that adding an operation, a format or a layer family is adding
# a file: nothing to list, and no static initialiser that a linker could drop from a static library.
#
#   src/ops/NAME.cpp                       exports  extern const OpFile   op_file_NAME;
#   src/formats/FOLDER/reader.cpp          exports  extern const FormatReader reader_FOLDER;
#   src/formats/neural_network/layers/NAME.cpp  exports  extern const LayerFile layer_file_NAME;
#   src/plan/lower/NAME.cpp                exports  extern const LowerFile lower_file_NAME;

function(windfall_table out_var name header type prefix pattern stem_is_folder)
  file(GLOB files CONFIGURE_DEPENDS ${pattern})
  list(SORT files)
  set(externs "")
  set(entries "")
  foreach(file IN LISTS files)
    if(stem_is_folder)
      get_filename_component(folder ${file} DIRECTORY)
      get_filename_component(stem ${folder} NAME)
    else()
      get_filename_component(stem ${file} NAME_WE)
    endif()
    string(APPEND externs "extern const ${type} ${prefix}${stem};\n")
    string(APPEND entries "    &${prefix}${stem},\n")
  endforeach()
  set(path ${CMAKE_BINARY_DIR}/generated/${name}.cpp)
  file(CONFIGURE OUTPUT ${path} @ONLY CONTENT
"// Made by cmake/generated_tables.cmake from the files that exist. Do not edit.
#include \"${header}\"

namespace wf {
${externs}
static const ${type}* const kEntries[] = {
${entries}    nullptr,
};
const ${type}* const* ${name}() { return kEntries; }
}  // namespace wf
")
  set(${out_var} ${${out_var}} ${path} PARENT_SCOPE)
endfunction()

function(windfall_generated_tables out_var)
  set(tables "")
  windfall_table(tables op_file_table ops/op_def.h OpFile op_file_ "${CMAKE_SOURCE_DIR}/src/ops/*.cpp" FALSE)
  windfall_table(tables format_reader_table formats/format_reader.h FormatReader reader_
                 "${CMAKE_SOURCE_DIR}/src/formats/*/reader.cpp" TRUE)
  windfall_table(tables layer_file_table formats/neural_network/layer.h LayerFile layer_file_
                 "${CMAKE_SOURCE_DIR}/src/formats/neural_network/layers/*.cpp" FALSE)
  windfall_table(tables lower_file_table plan/lowering.h LowerFile lower_file_ "${CMAKE_SOURCE_DIR}/src/plan/lower/*.cpp"
                 FALSE)
  set(${out_var} ${tables} PARENT_SCOPE)
endfunction()
