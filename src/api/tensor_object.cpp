#include "api/tensor_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/checked_math.h"
#include "runtime/feature_values.h"
#include "windfall/dlpack.h"

namespace wf::api {
namespace {

// Calls visit(bytes into the strided memory, elements into the dense one, elements that lie side by side).
template <class Visit>
void for_each_run(const Shape& shape, const std::vector<int64_t>& strides, int64_t width, Visit&& visit) {
  size_t outer = shape.size();  // the dimensions that have to be walked
  int64_t run = 1;
  while (outer > 0 && (strides[outer - 1] == run * width || shape[outer - 1] == 1)) run *= shape[--outer];
  std::vector<int64_t> index(outer, 0);
  int64_t at = 0, place = 0;
  while (true) {
    visit(place, at, run);
    at += run;
    size_t d = outer;
    for (; d > 0; --d) {
      place += strides[d - 1];
      if (++index[d - 1] < shape[d - 1]) break;
      place -= strides[d - 1] * shape[d - 1];
      index[d - 1] = 0;
    }
    if (d == 0) return;
  }
}

}  // namespace

TensorObject::~TensorObject() {
  try {
    if (release) release(context);
    if (managed && managed->deleter) managed->deleter(managed);
  } catch (...) {  // of a caller in C++: there is nobody to tell
  }
}

Result<std::shared_ptr<TensorObject>> tensor_over(DType dtype, Shape shape, std::byte* data) {
  const auto refuse = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  const int bits = bit_width(dtype);
  if (bits % 8 != 0) return refuse(fmt::format("{} has no whole bytes", name_of(dtype)));
  auto count = element_count(shape);
  if (!count) return refuse(std::move(count).error().message);
  if (auto size = packed_byte_size(dtype, *count); !size) return refuse(std::move(size).error().message);
  auto object = std::make_shared<TensorObject>();
  object->dtype = dtype;
  object->count = *count;
  object->data = data;
  object->strides.resize(shape.size());
  int64_t stride = bits / 8;
  for (size_t d = shape.size(); d-- > 0;) {
    object->strides[d] = stride;
    stride *= std::max<int64_t>(shape[d], 1);
  }
  object->shape = std::move(shape);
  return object;
}

Result<std::shared_ptr<TensorObject>> tensor_object(const Tensor& tensor) {
  auto* data = tensor.dtype() == DType::kString ? nullptr : const_cast<std::byte*>(tensor.bytes().data());
  WF_TRY(auto object, tensor_over(tensor.dtype(), tensor.shape(), data));
  object->held = tensor;
  return object;
}

Result<Tensor> dense_tensor(const std::shared_ptr<const TensorObject>& object) {
  if (object->dtype == DType::kString) return object->held;
  const int64_t width = bit_width(object->dtype) / 8;
  if (object->dense)
    return Tensor::view(object->dtype, object->shape,
                        {object->data, static_cast<size_t>(object->count * width)}, object);
  WF_TRY(Tensor out, Tensor::allocate(object->dtype, object->shape));
  if (object->count == 0) return out;
  std::byte* to = out.mutable_bytes().data();
  for_each_run(object->shape, object->strides, width, [&](int64_t place, int64_t at, int64_t run) {
    std::memcpy(to + at * width, object->data + place, static_cast<size_t>(run * width));
  });
  return out;
}

Result<Tensor> own_copy(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return tensor;
  WF_TRY(Tensor copy, Tensor::allocate(tensor.dtype(), tensor.shape()));
  if (tensor.byte_size() > 0)
    std::memcpy(copy.mutable_bytes().data(), tensor.bytes().data(), tensor.bytes().size());
  return copy;
}

bool overlaps_itself(const TensorObject& object) {
  if (object.dense || object.count == 0) return false;
  std::vector<std::pair<int64_t, int64_t>> steps;  // stride, size
  for (size_t d = 0; d < object.shape.size(); ++d) {
    if (object.shape[d] > 1) steps.emplace_back(std::abs(object.strides[d]), object.shape[d]);
  }
  std::ranges::sort(steps);
  int64_t reach = bit_width(object.dtype) / 8;  // bytes from the first element to behind the last, so far
  for (const auto& [stride, size] : steps) {
    if (stride < reach) return true;
    reach += stride * (size - 1);
  }
  return false;
}

Status copy_into(const Tensor& from, const TensorObject& buffer) {
  if (from.shape() != buffer.shape) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("the output's shape is {}, the buffer's {}",
                                                          to_string(from.shape()), to_string(buffer.shape)));
  }
  WF_TRY(const Tensor fitted, convert_losslessly(from, buffer.dtype));
  if (buffer.count == 0) return {};
  const int64_t width = bit_width(buffer.dtype) / 8;
  const std::byte* source = fitted.bytes().data();
  if (buffer.dense) {
    std::memmove(buffer.data, source, static_cast<size_t>(buffer.count * width));
    return {};
  }
  for_each_run(buffer.shape, buffer.strides, width, [&](int64_t place, int64_t at, int64_t run) {
    std::memcpy(buffer.data + place, source + at * width, static_cast<size_t>(run * width));
  });
  return {};
}

}  // namespace wf::api
