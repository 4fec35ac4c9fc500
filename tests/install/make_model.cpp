// make_model PATH: writes a tiny ML program, y = x + x on two numbers, for the installed library to run.
#include <cstdio>

#include "formats/save.h"
#include "ops/builder.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  wf::Function function;
  function.name = "main";
  wf::Builder builder(function);
  const wf::ValueId x = builder.input("x", wf::tensor_type(wf::DType::kFloat32, {2}));
  builder.set_outputs({builder.op("add", {{"x", x}, {"y", x}}, "y")});
  wf::Program program;
  program.functions.push_back(std::move(function));

  wf::ModelFile file;
  file.type = "mlProgram";
  file.specification_version = 7;
  const auto feature = [](std::string name) {
    wf::Feature out;
    out.name = std::move(name);
    out.type = wf::ArrayFeature{wf::DType::kFloat32, {2}, {}, {}, {}};
    return out;
  };
  file.description.interface.inputs = {feature("x")};
  file.description.interface.outputs = {feature("y")};
  file.program = std::make_shared<const wf::Program>(std::move(program));
  const auto status = builder.ok() ? wf::save_mlpackage(file, argv[1]) : builder.status();
  if (!status) std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  return status ? 0 : 1;
}
