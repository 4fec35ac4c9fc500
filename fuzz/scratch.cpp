#include "scratch.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "lab/generate.h"
#include "runtime/model.h"

namespace wf::fuzz {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    const fs::path memory = "/dev/shm";
    std::error_code code;
    const fs::path base = fs::is_directory(memory, code) ? memory : fs::temp_directory_path();
    path = base / ("windfall-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path);
  }
  ~Folder() {
    std::error_code code;
    fs::remove_all(path, code);
  }
};

}  // namespace

const fs::path& scratch_folder() {
  static const Folder folder;
  return folder.path;
}

void put(const fs::path& relative, Bytes content) {
  const fs::path path = scratch_folder() / relative;
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (!out) std::abort();
}

bool read_and_run(const fs::path& path) {
  auto read = read_model_file(path, {.allow_missing_weights = true});
  if (!read) return false;
  const auto file = std::make_shared<const ModelFile>(*std::move(read));
  if (!can_run(*file)) return false;
  const auto model = Model::prepare(file);
  if (!model) return false;
  const auto inputs = generate_inputs(*model, 1);
  if (!inputs) return false;
  InferOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  auto state = model->new_state();
  return state && model->predict(*inputs, &*state, options).ok();
}

}  // namespace wf::fuzz
