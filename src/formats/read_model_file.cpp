#include <fmt/format.h>

#include <algorithm>

#include "formats/format_reader.h"

namespace wf {

Result<ModelFile> read_model_file(const std::filesystem::path& path, const ReadOptions& options) {
  std::error_code code;
  if (!std::filesystem::exists(path, code)) {
    return Error(ErrorCode::kNotFound, "no such file or folder").in_file(path.string());
  }
  std::string known;
  for (const FormatReader* const* reader = format_reader_table(); *reader; ++reader) {
    if ((*reader)->recognises(path)) {
      auto file = (*reader)->read(path, options);
      if (!file) return std::move(std::move(file).error()).in_file(path.string());
      return file;
    }
    known += (known.empty() ? "" : ", ") + std::string((*reader)->name);
  }
  return Error(ErrorCode::kBadModel, fmt::format("not a model this build reads (it reads {})", known))
      .in_file(path.string());
}

bool can_run(const ModelFile& file) {
  if (!file.missing_weights.empty()) return false;
  return file.program || file.classic || (!file.parts.empty() && std::ranges::all_of(file.parts, can_run));
}

std::string refusal_text(const ModelFile& file) {
  std::string text;
  for (const Refusal& refusal : file.refusals) {
    text += fmt::format("{}{}: needs {}", text.empty() ? "" : "; ", refusal.what, refusal.needs);
  }
  return text;
}

}  // namespace wf
