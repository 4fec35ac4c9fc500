#include "formats/milblob/weights.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/checked_math.h"
#include "formats/lfs_pointer.h"
#include "formats/milblob/blob_file.h"
#include "program/text.h"
#include "program/walk.h"

namespace wf {
namespace {

constexpr std::string_view kModelPath = "@model_path/";

class WeightFiles {
 public:
  WeightFiles(const WeightPlaces& places, const ReadOptions& options, ModelFile& model)
      : places_(places), options_(options), model_(model) {}

  // An invalid tensor stands for weights that are missing and may be.
  Result<Tensor> resolve(const BlobRef& blob, const TensorType& type) {
    WF_TRY(const BlobFile* file, find(blob.path));
    if (!file) return Tensor();
    return file->read(blob.offset, type);
  }

 private:
  // Null: missing, and allowed to be.
  Result<const BlobFile*> find(const std::string& path) {
    const auto known = files_.find(path);
    if (known != files_.end()) return known->second ? &*known->second : nullptr;
    WF_TRY(std::optional<BlobFile> file, open(path));
    if (!file && !options_.allow_missing_weights) {
      return Error(ErrorCode::kWeightsMissing, fmt::format("the weight file '{}' is not there", path), {},
                   "get the whole model: its weights are kept in a file of their own (git lfs pull, if only "
                   "a pointer is there)");
    }
    if (!file) model_.missing_weights.push_back(path);
    const auto& kept = files_.emplace(path, std::move(file)).first->second;
    return kept ? &*kept : nullptr;
  }

  Result<std::optional<BlobFile>> open(const std::string& path) const {
    if (!path.starts_with(kModelPath)) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("weight file '{}', expected a path that begins with {}", path, kModelPath));
    }
    for (const auto& folder : places_.model_folders) {
      const auto relative = folder.lexically_relative(places_.root) / path.substr(kModelPath.size());
      WF_TRY(const auto place, path_below(places_.root, relative.string()));
      std::error_code code;
      if (!std::filesystem::exists(place, code)) continue;
      WF_TRY(auto mapped, MappedFile::open(place));
      if (is_lfs_pointer(mapped->bytes())) continue;
      WF_TRY(BlobFile file, BlobFile::open(std::move(mapped)));
      return std::optional(std::move(file));
    }
    return std::optional<BlobFile>();
  }

  const WeightPlaces& places_;
  const ReadOptions& options_;
  ModelFile& model_;
  std::map<std::string, std::optional<BlobFile>> files_;
};

// Bytes of all constants as the file stores them; a blob that several constants share counts once.
uint64_t stored_bytes(const Program& program) {
  uint64_t total = 0;
  std::set<std::pair<std::string_view, uint64_t>> counted;
  for_each_constant(program, [&](const Constant& constant) {
    if (constant.blob && !counted.emplace(constant.blob->path, constant.blob->offset).second) return;
    if (const Tensor* tensor = constant.data.tensor()) {
      total += static_cast<uint64_t>(tensor->byte_size());
    } else if (const TensorType* type = constant.type.tensor(); type && type->is_static() && constant.blob) {
      const auto count = element_count(*type->shape);
      const auto size = count ? packed_byte_size(type->dtype, *count) : count;
      if (size) total = checked_add(total, static_cast<uint64_t>(*size)).value_or(total);
    }
  });
  return total;
}

}  // namespace

Status load_weights(Program& program, const WeightPlaces& places, const ReadOptions& options,
                    ModelFile& file) {
  WeightFiles files(places, options, file);
  WF_CHECK(resolve_blobs(
      program, [&](const BlobRef& blob, const TensorType& type) { return files.resolve(blob, type); }));
  file.weight_bytes += stored_bytes(program);
  return {};
}

}  // namespace wf
