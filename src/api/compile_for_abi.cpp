#include "api/compile_for_abi.h"

#include "runtime/model.h"

namespace wf::api {

std::string_view default_engine() { return find_engine("auto").ok() ? "auto" : "cpu"; }

Result<std::filesystem::path> compile_for_abi(const std::filesystem::path& model, ComputeUnits units) {
  LoadOptions options;
  options.engine = default_engine();
  options.prepare.compute_units = units;
  WF_TRY([[maybe_unused]] const Model prepared, Model::load(model, options));
  return model;
}

}  // namespace wf::api
