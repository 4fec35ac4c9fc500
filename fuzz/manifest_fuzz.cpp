// Any bytes as the manifest of a package: no path it names may lead out of the package.
#include <cstdlib>

#include "formats/mlpackage/manifest.h"
#include "scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto package = wf::fuzz::scratch_folder() / "p.mlpackage";
  wf::fuzz::put("p.mlpackage/Manifest.json", wf::fuzz::input(data, size));
  const auto manifest = wf::read_manifest(package);
  if (!manifest) return 0;
  const auto model = wf::path_below(package, "Data/" + manifest->model.path);
  if (model && model->lexically_relative(std::filesystem::canonical(package)).string().starts_with("..")) {
    std::abort();
  }
  wf::fuzz::read_and_run(package);
  return 0;
}
