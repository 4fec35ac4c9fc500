#include "formats/milblob/weight_file.h"

#include <fmt/format.h>

#include <optional>

#include "formats/milblob/blob_writer.h"
#include "formats/mlmodel/model_writer.h"
#include "program/walk.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWeightPath = "@model_path/weights/weight.bin";

// Should a constant of an operation lie in the weight file? As coremltools decides, and what came from a
// weight file goes to one again. Small literals and those bound to arguments of ordinary operations stay
// where they are used.
bool belongs_in_blob(const Op& op, const Constant& constant, int64_t threshold,
                     int64_t specification_version) {
  const Tensor* tensor = constant.data.tensor();
  if (!tensor || !BlobWriter::can_store(tensor->dtype()) || !constant.type.tensor()->is_static())
    return false;
  if (constant.blob) return true;
  if (tensor->size() < threshold || !op.type.starts_with("const")) return false;  // const and constexpr_*
  switch (tensor->dtype()) {
    case DType::kFloat16:
    case DType::kFloat32:
    case DType::kInt8:
    case DType::kUInt8:
      return true;
    default:
      return specification_version >= 9;  // other integers and elements below 8 bits came with iOS 18
  }
}

}  // namespace

Result<BlobRefs> write_weight_file(const ModelFile& file, const fs::path& folder, int64_t threshold) {
  const int64_t version = specification_version_to_write(file);
  BlobRefs refs;
  std::optional<BlobWriter> writer;
  const auto store = [&](const Constant& constant) -> Status {
    if (!writer) {
      std::error_code code;
      fs::create_directories(folder, code);
      if (code) {
        return Error(ErrorCode::kEnvironment, fmt::format("cannot make the folder: {}", code.message()))
            .in_file(folder.string());
      }
      WF_TRY(writer, BlobWriter::create(folder / "weight.bin"));
    }
    WF_TRY(const uint64_t offset, writer->append(*constant.data.tensor()));
    refs.emplace(&constant, BlobRef{std::string(kWeightPath), offset});
    return {};
  };
  Status status;
  for (const Function& function : file.program->functions) {
    for_each_op(function.body, [&](const Op& op, int) {
      for_each_own_constant(op, [&](const Constant& constant) {
        if (status && belongs_in_blob(op, constant, threshold, version)) status = store(constant);
      });
    });
  }
  WF_CHECK(status);
  if (writer) WF_CHECK(writer->finish());
  return refs;
}

}  // namespace wf
