#include "formats/mlmodel/model_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "formats/mlmodel/description_writer.h"
#include "formats/save.h"
#include "proto/model.h"

namespace wf {

Status check_writable(const ModelFile& file) {
  if (file.type != "mlProgram" || !file.program) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("only ML programs can be written, this is a {}",
                             file.type.empty() ? "model without a type" : file.type));
  }
  return check_writable(*file.program);
}

int64_t specification_version_to_write(const ModelFile& file) {
  int64_t version = file.specification_version;
  for (const Function& function : file.program->functions) {
    // Opset CoreML5 came with specification version 6, and so on.
    version = std::max(version, static_cast<int64_t>(function.opset) + 1);
  }
  return version;
}

Result<WireWriter> write_model_message(const ModelFile& file, const BlobRefs& blobs) {
  using Field = proto::Model;
  WireWriter out;
  out.put_int(Field::kSpecificationVersion, specification_version_to_write(file));
  out.add_message(Field::kDescription, [&] { write_description(file.description, out); });
  out.put_flag(Field::kIsUpdatable, file.updatable);
  out.add_message(Field::kMlProgram, [&] { write_mil_program(*file.program, blobs, out); });
  WF_REQUIRE(
      out.size() <= INT32_MAX, kInvalidArgument,
      fmt::format("the model message would take {} bytes, protobuf stops at {}", out.size(), INT32_MAX), {},
      "save a .mlpackage: it keeps weights in a file of their own");
  return out;
}

Status save_mlmodel(const ModelFile& file, const std::filesystem::path& path) {
  WF_CHECK(check_writable(file));
  WF_TRY(const WireWriter message, write_model_message(file, {}));
  return write_file(path, message.bytes());
}

}  // namespace wf
