// Reads .mlmodel: a file that consists of one Model message.
#include "formats/format_reader.h"
#include "formats/mlmodel/model_message.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

bool recognises(const fs::path& path) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) return false;
  if (path.extension() == ".mlmodel") return true;
  const auto file = MappedFile::open(path);
  return file && looks_like_model_message((*file)->bytes());
}

Result<ModelFile> read(const fs::path& path, const ReadOptions& options) {
  WF_TRY(const auto file, MappedFile::open(path));
  std::error_code code;
  const fs::path real = fs::canonical(path, code);
  if (code) return Error(ErrorCode::kNotFound, "cannot resolve: " + code.message());
  // Weights outside of the message are unusual for this container; where they occur they lie beside it.
  const fs::path folder = real.parent_path();
  return read_model_message(file, {path, ".mlmodel", {folder, {folder}}}, options);
}

}  // namespace

extern const FormatReader reader_mlmodel;
constinit const FormatReader reader_mlmodel{.name = ".mlmodel",
                                            .doc = "one protobuf message, weights included",
                                            .recognises = recognises,
                                            .read = read};

}  // namespace wf
