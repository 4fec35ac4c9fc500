#include "tensor/raw.h"

namespace wf {

Result<Tensor> read_raw(const std::filesystem::path& path, DType dtype, Shape shape) {
  WF_REQUIRE(dtype != DType::kString, kInvalidArgument, "strings have no raw form");
  WF_TRY(const auto file, MappedFile::open(path));
  auto tensor = Tensor::view(dtype, std::move(shape), file->bytes(), file);
  if (!tensor) return std::move(tensor).error().in_file(path.string());
  return tensor;
}

Status write_raw(const std::filesystem::path& path, const Tensor& tensor) {
  WF_REQUIRE(tensor.valid() && tensor.dtype() != DType::kString, kInvalidArgument,
             "strings have no raw form");
  return write_file(path, tensor.bytes());
}

}  // namespace wf
