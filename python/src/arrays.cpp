#include "arrays.h"

#include <fmt/format.h>
#include <nanobind/ndarray.h>

#include <array>
#include <memory>
#include <vector>

#include "errors.h"

namespace nb = nanobind;

namespace wf::python {
namespace {

using AnyArray = nb::ndarray<nb::ro>;
using Code = nb::dlpack::dtype_code;

struct DTypePair {
  DType ours;
  Code code;
  uint8_t bits;
};
constexpr std::array<DTypePair, 13> kDTypes{{
    {DType::kBool, Code::Bool, 8},
    {DType::kFloat16, Code::Float, 16},
    {DType::kFloat32, Code::Float, 32},
    {DType::kFloat64, Code::Float, 64},
    {DType::kBFloat16, Code::Bfloat, 16},
    {DType::kInt8, Code::Int, 8},
    {DType::kInt16, Code::Int, 16},
    {DType::kInt32, Code::Int, 32},
    {DType::kInt64, Code::Int, 64},
    {DType::kUInt8, Code::UInt, 8},
    {DType::kUInt16, Code::UInt, 16},
    {DType::kUInt32, Code::UInt, 32},
    {DType::kUInt64, Code::UInt, 64},
}};

std::optional<DType> dtype_of(nb::dlpack::dtype dtype) {
  for (const DTypePair& pair : kDTypes) {
    if (static_cast<uint8_t>(pair.code) == dtype.code && pair.bits == dtype.bits && dtype.lanes == 1)
      return pair.ours;
  }
  return std::nullopt;
}

bool is_dense(const AnyArray& array) {
  int64_t expected = 1;
  for (size_t i = array.ndim(); i-- > 0;) {
    if (array.shape(i) == 0) return true;
    if (array.shape(i) != 1 && array.stride(i) != expected) return false;
    expected *= static_cast<int64_t>(array.shape(i));
  }
  return true;
}

// Copies the elements below one index of the outer dimensions, in row-major order.
std::byte* copy_strided(const AnyArray& array, size_t dimension, const std::byte* from, size_t width,
                        std::byte* to) {
  const auto count = static_cast<int64_t>(array.shape(dimension));
  const int64_t step = array.stride(dimension) * static_cast<int64_t>(width);
  const bool innermost = dimension + 1 == array.ndim();
  for (int64_t i = 0; i < count; ++i, from += step) {
    if (innermost) {
      std::memcpy(to, from, width);
      to += width;
    } else {
      to = copy_strided(array, dimension + 1, from, width, to);
    }
  }
  return to;
}

// Keeps the Python object alive while a tensor shows its bytes; may be dropped by a thread without the GIL.
std::shared_ptr<const void> keep_alive(AnyArray array) {
  return {new AnyArray(std::move(array)), [](const AnyArray* held) {
            const nb::gil_scoped_acquire gil;
            delete held;
          }};
}

nb::dlpack::dtype array_dtype(DType dtype) {
  for (const DTypePair& pair : kDTypes) {
    if (pair.ours == dtype) return {static_cast<uint8_t>(pair.code), pair.bits, 1};
  }
  raise({ErrorCode::kInternal, fmt::format("no NumPy dtype stands for {}", name_of(dtype))});
}

}  // namespace

Result<std::optional<Tensor>> tensor_from_array(nb::handle object) {
  AnyArray array;
  if (!nb::try_cast(object, array)) return std::optional<Tensor>();
  if (array.device_type() != nb::device::cpu::value) {
    return Error(ErrorCode::kInvalidArgument, "the array lies on another device than the CPU", {},
                 "move it to the CPU first");
  }
  const auto dtype = dtype_of(array.dtype());
  if (!dtype) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("arrays of this dtype (DLPack code {}, {} bits) are not taken",
                             int{array.dtype().code}, int{array.dtype().bits}),
                 {}, "give bool, integers or floating-point numbers");
  }
  Shape shape;
  for (size_t i = 0; i < array.ndim(); ++i) shape.push_back(static_cast<int64_t>(array.shape(i)));
  const auto* data = static_cast<const std::byte*>(array.data());
  if (is_dense(array)) {
    const Bytes bytes(data, array.nbytes());
    WF_TRY(Tensor view, Tensor::view(*dtype, std::move(shape), bytes, keep_alive(std::move(array))));
    return std::optional(std::move(view));
  }
  WF_TRY(Tensor dense, Tensor::allocate(*dtype, std::move(shape)));
  copy_strided(array, 0, data, array.itemsize(), dense.mutable_bytes().data());
  return std::optional(std::move(dense));
}

Result<Tensor> owned_copy(const Tensor& tensor) {
  WF_TRY(Tensor copy, Tensor::allocate(tensor.dtype(), tensor.shape()));
  if (tensor.dtype() == DType::kString)
    copy.mutable_strings() = tensor.strings();
  else if (tensor.byte_size() > 0)
    std::memcpy(copy.mutable_bytes().data(), tensor.bytes().data(), tensor.bytes().size());
  return copy;
}

nb::object array_from_tensor(Tensor tensor) {
  if (const DType whole = whole_byte_dtype(tensor.dtype()); whole != tensor.dtype())
    tensor = take(converted(tensor, whole));
  // Neither NumPy's buffers nor its DLPack know bfloat16, and float8 is nobody's; fp32 holds both exactly.
  if (bit_width(tensor.dtype()) == 8 && is_floating(tensor.dtype()))
    tensor = take(converted(tensor, DType::kFloat32));
  if (tensor.dtype() == DType::kBFloat16) tensor = take(converted(tensor, DType::kFloat32));
  auto held = std::make_unique<Tensor>(take(owned_copy(tensor)));
  const std::vector<size_t> shape(held->shape().begin(), held->shape().end());
  void* data = held->mutable_bytes().data();
  const nb::dlpack::dtype dtype = array_dtype(held->dtype());
  const nb::capsule owner(held.get(), [](void* pointer) noexcept { delete static_cast<Tensor*>(pointer); });
  held.release();  // NOLINT(bugprone-unused-return-value): the capsule has it
  return nb::cast(nb::ndarray<nb::numpy>(data, shape.size(), shape.data(), owner, nullptr, dtype));
}

}  // namespace wf::python
