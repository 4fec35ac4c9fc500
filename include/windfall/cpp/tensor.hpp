// Arrays. Part of windfall/windfall.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "windfall/cpp/result.hpp"

namespace windfall {

enum class DType : std::uint8_t {
  kBool = WINDFALL_BOOL,  // a byte, 0 or 1
  kString = WINDFALL_TEXT,
  kFloat16 = WINDFALL_FP16,
  kFloat32 = WINDFALL_FP32,
  kFloat64 = WINDFALL_FP64,
  kBFloat16 = WINDFALL_BF16,
  kFloat8E4M3FN = WINDFALL_FP8_E4M3FN,
  kFloat8E5M2 = WINDFALL_FP8_E5M2,
  kInt8 = WINDFALL_INT8,
  kInt16 = WINDFALL_INT16,
  kInt32 = WINDFALL_INT32,
  kInt64 = WINDFALL_INT64,
  kUInt8 = WINDFALL_UINT8,
  kUInt16 = WINDFALL_UINT16,
  kUInt32 = WINDFALL_UINT32,
  kUInt64 = WINDFALL_UINT64,
};
// "fp32", "int8", "bool", "string"
constexpr std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "bool";
    case DType::kString:
      return "string";
    case DType::kFloat16:
      return "fp16";
    case DType::kFloat32:
      return "fp32";
    case DType::kFloat64:
      return "fp64";
    case DType::kBFloat16:
      return "bf16";
    case DType::kFloat8E4M3FN:
      return "fp8e4m3fn";
    case DType::kFloat8E5M2:
      return "fp8e5m2";
    case DType::kInt8:
      return "int8";
    case DType::kInt16:
      return "int16";
    case DType::kInt32:
      return "int32";
    case DType::kInt64:
      return "int64";
    case DType::kUInt8:
      return "uint8";
    case DType::kUInt16:
      return "uint16";
    case DType::kUInt32:
      return "uint32";
    case DType::kUInt64:
      return "uint64";
  }
  return "unknown";
}
// Bytes of an element; 0 for strings.
constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kString:
      return 0;
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kInt16:
    case DType::kUInt16:
      return 2;
    case DType::kFloat32:
    case DType::kInt32:
    case DType::kUInt32:
      return 4;
    case DType::kFloat64:
    case DType::kInt64:
    case DType::kUInt64:
      return 8;
    default:
      return 1;
  }
}

// Sizes, outermost first. [] is a single value.
using Shape = std::vector<std::int64_t>;

namespace detail {

template <class T>
inline constexpr bool kAlwaysFalse = false;
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return DType::kFloat32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::kFloat64;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return DType::kInt8;
  else if constexpr (std::is_same_v<T, std::int16_t>)
    return DType::kInt16;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return DType::kInt32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return DType::kInt64;
  else if constexpr (std::is_same_v<T, std::uint8_t>)
    return DType::kUInt8;
  else if constexpr (std::is_same_v<T, std::uint16_t>)
    return DType::kUInt16;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return DType::kUInt32;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return DType::kUInt64;
  else
    static_assert(kAlwaysFalse<T>, "no dtype stands for this type");
}

// Nothing if a size is negative or the product is no number.
inline std::optional<std::size_t> element_count(const Shape& shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    const auto factor = static_cast<std::size_t>(size);
    if (factor != 0 && count > std::numeric_limits<std::size_t>::max() / factor) return std::nullopt;
    count *= factor;
  }
  return count;
}

using TensorHandle = Handle<windfall_tensor_t, windfall_tensor_free>;

// A tensor of windfall.h and what is known about it.
struct TensorData {
  TensorHandle handle;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::vector<std::int64_t> byte_strides;
  std::byte* data = nullptr;
  std::size_t count = 0;
  bool dense = true;
  std::vector<std::string> strings;

  std::size_t byte_size() const { return count * size_of(dtype); }

  static Result<TensorData> of(Result<TensorHandle> handle) {
    if (!handle) return handle.error();
    windfall_tensor_info_t info{};
    info.struct_size = sizeof info;
    if (windfall_error_t* error = windfall_tensor_info(handle->get(), &info)) return taken(error);
    TensorData out;
    out.dtype = static_cast<DType>(info.dtype);
    if (info.rank > 0) {
      out.shape.assign(info.shape, info.shape + info.rank);
      out.byte_strides.assign(info.byte_strides, info.byte_strides + info.rank);
    }
    out.data = static_cast<std::byte*>(info.data);
    out.count = info.count;
    auto usual = static_cast<std::int64_t>(size_of(out.dtype));
    for (std::size_t d = info.rank; d-- > 0;) {
      if (out.shape[d] != 1 && out.byte_strides[d] != usual && out.dtype != DType::kString) out.dense = false;
      usual *= out.shape[d];
    }
    out.dense = out.dense || out.count == 0;
    if (out.dtype == DType::kString) {
      for (std::size_t i = 0; i < info.count; ++i)
        out.strings.emplace_back(windfall_tensor_text(handle->get(), i));
    }
    out.handle = *std::move(handle);
    return out;
  }
};

}  // namespace detail

// An array that nobody writes to, row-major unless another library's or a view with strides. Copies share the
// elements. May be used by any number of threads at once.
class Tensor {
 public:
  // All zero. kEnvironment if memory does not suffice, kInvalidArgument if the shape is absurd.
  static Result<Tensor> zeros(DType dtype, const Shape& shape) {
    return from_handle(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return windfall_tensor_new(static_cast<std::int32_t>(dtype), shape.size(), shape.data(), out);
    }));
  }
  // Elements copied from `bytes`, which must be as long as dtype and shape say. Not for strings.
  static Result<Tensor> copy_of(DType dtype, const Shape& shape, std::span<const std::byte> bytes) {
    const auto copy = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
    return view_of(dtype, shape, *copy, copy);
  }
  // Elements that stay where they are; `owner` keeps them alive, from any thread.
  static Result<Tensor> view_of(DType dtype, const Shape& shape, std::span<const std::byte> bytes,
                                std::shared_ptr<const void> owner) {
    const auto count = detail::element_count(shape);
    const std::size_t width = size_of(dtype);
    if (count && width > 0 && *count <= std::numeric_limits<std::size_t>::max() / width &&
        *count * width != bytes.size()) {
      return detail::refused(std::string(name_of(dtype)) + " of this shape takes " +
                             std::to_string(*count * width) + " bytes, given " +
                             std::to_string(bytes.size()));
    }
    auto keeper = std::make_unique<std::shared_ptr<const void>>(std::move(owner));
    auto handle = detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return windfall_tensor_wrap(
          static_cast<std::int32_t>(dtype), shape.size(), shape.data(), nullptr,
          const_cast<std::byte*>(bytes.data()), bytes.size(),
          [](void* context) { delete static_cast<std::shared_ptr<const void>*>(context); }, keeper.get(),
          out);
    });
    if (handle) keeper.release();  // the library's from now on
    return from_handle(std::move(handle));
  }
  // Texts without zero bytes.
  static Result<Tensor> of_strings(const Shape& shape, const std::vector<std::string>& strings) {
    const auto count = detail::element_count(shape);
    if (!count || *count != strings.size())
      return detail::refused(std::to_string(strings.size()) + " texts do not make this shape");
    std::vector<const char*> texts;
    for (const std::string& text : strings) {
      if (text.find('\0') != std::string::npos) return detail::refused("a text has a zero byte in it");
      texts.push_back(text.c_str());
    }
    return from_handle(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return windfall_tensor_of_texts(shape.size(), shape.data(), texts.data(), out);
    }));
  }
  template <class T>
  static Result<Tensor> of(const Shape& shape, const std::vector<T>& elements) {
    return copy_of(detail::dtype_of<T>(), shape, std::as_bytes(std::span(elements)));
  }
  // Another library's tensor in CPU memory. On success the tensor owns `managed`, on failure the caller does.
  static Result<Tensor> from_dlpack(DLManagedTensor* managed) {
    return from_handle(detail::make<detail::TensorHandle>(
        [&](windfall_tensor_t** out) { return windfall_tensor_from_dlpack(managed, out); }));
  }
  // What a handle of windfall.h stands for.
  static Result<Tensor> from_handle(Result<detail::TensorHandle> handle) {
    auto data = detail::TensorData::of(std::move(handle));
    if (!data) return data.error();
    return Tensor(std::make_shared<const detail::TensorData>(*std::move(data)));
  }

  DType dtype() const { return data_->dtype; }
  const Shape& shape() const { return data_->shape; }
  std::int64_t size() const { return static_cast<std::int64_t>(data_->count); }  // elements
  // Row-major without gaps? Only DLPack's may not be.
  bool is_dense() const { return data_->dense; }
  // Empty for strings and for what is not dense; not necessarily aligned.
  std::span<const std::byte> bytes() const {
    return data_->dense ? std::span<const std::byte>(data_->data, data_->byte_size())
                        : std::span<const std::byte>();
  }
  // The first element, and how far apart the elements of each dimension lie.
  const std::byte* data() const { return data_->data; }
  const std::vector<std::int64_t>& byte_strides() const { return data_->byte_strides; }
  const std::vector<std::string>& strings() const { return data_->strings; }  // empty for anything else
  // Every element as a double: exact but for 64-bit integers beyond 2^53; NaN for strings.
  std::vector<double> to_doubles() const {
    std::vector<double> out(data_->count, std::numeric_limits<double>::quiet_NaN());
    if (dtype() == DType::kString || out.empty()) return out;
    const auto doubles = converted(DType::kFloat64);
    if (!doubles) throw std::bad_alloc();  // nothing else can go wrong
    std::memcpy(out.data(), doubles->bytes().data(), doubles->bytes().size());
    return out;
  }
  // The same values rounded to another dtype, dense.
  Result<Tensor> converted(DType dtype) const {
    if (dtype == data_->dtype && data_->dense) return *this;
    return from_handle(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return windfall_tensor_convert(c_handle(), static_cast<std::int32_t>(dtype), out);
    }));
  }
  // For another library, which calls its deleter; keeps the elements.
  Result<DLManagedTensor*> to_dlpack() const {
    DLManagedTensor* out = nullptr;
    if (windfall_error_t* error = windfall_tensor_to_dlpack(c_handle(), &out)) return detail::taken(error);
    return out;
  }

  // For windfall.h; stays this tensor's.
  const windfall_tensor_t* c_handle() const { return data_->handle.get(); }

 private:
  explicit Tensor(std::shared_ptr<const detail::TensorData> data) : data_(std::move(data)) {}
  std::shared_ptr<const detail::TensorData> data_;
};

// Memory that inputs are written to and outputs come to, prediction after prediction. It belongs to one
// prediction at a time: a Request that runs uses it, and nobody else may meanwhile. Hence it is moved, not
// copied.
class Buffer {
 public:
  // Of its own, all zero.
  static Result<Buffer> allocate(DType dtype, const Shape& shape) {
    return wrap(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return windfall_tensor_new(static_cast<std::int32_t>(dtype), shape.size(), shape.data(), out);
    }));
  }
  // The caller's, row-major, which must be there as long as the buffer and the requests it was given to.
  template <class T>
  static Result<Buffer> over(const Shape& shape, std::span<T> elements) {
    return over(detail::dtype_of<T>(), shape, std::as_writable_bytes(elements), {});
  }
  // The same with strides in bytes, none negative; {}: row-major. For dtypes that no type stands for as well.
  static Result<Buffer> over(DType dtype, const Shape& shape, std::span<std::byte> bytes,
                             const std::vector<std::int64_t>& byte_strides) {
    if (!byte_strides.empty() && byte_strides.size() != shape.size())
      return detail::refused("as many strides as sizes are needed");
    return wrap(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
      return windfall_tensor_wrap(static_cast<std::int32_t>(dtype), shape.size(), shape.data(),
                                  byte_strides.empty() ? nullptr : byte_strides.data(), bytes.data(),
                                  bytes.size(), nullptr, nullptr, out);
    }));
  }
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(Buffer&&) noexcept = default;

  DType dtype() const { return data_.dtype; }
  const Shape& shape() const { return data_.shape; }
  const std::vector<std::int64_t>& byte_strides() const { return data_.byte_strides; }
  // The elements, if they are of this type and dense; else nothing.
  template <class T>
  std::span<T> elements() {
    if (detail::dtype_of<T>() != data_.dtype || !data_.dense) return {};
    return {reinterpret_cast<T*>(data_.data), data_.count};
  }
  std::byte* data() { return data_.data; }

  // For windfall.h; stays this buffer's.
  windfall_tensor_t* c_handle() { return data_.handle.get(); }

 private:
  explicit Buffer(detail::TensorData data) : data_(std::move(data)) {}
  static Result<Buffer> wrap(Result<detail::TensorHandle> handle) {
    auto data = detail::TensorData::of(std::move(handle));
    if (!data) return data.error();
    return Buffer(*std::move(data));
  }
  detail::TensorData data_;
};

// NumPy's .npy files.
inline Result<Tensor> load_npy(const std::filesystem::path& path) {
  return Tensor::from_handle(detail::make<detail::TensorHandle>(
      [&](windfall_tensor_t** out) { return windfall_npy_load(path.string().c_str(), out); }));
}
inline Status save_npy(const std::filesystem::path& path, const Tensor& tensor) {
  return detail::status_of(windfall_npy_save(path.string().c_str(), tensor.c_handle()));
}
// A PNG or JPEG picture, resized to width x height unless they are 0.
inline Result<Tensor> load_image(const std::filesystem::path& path, std::int64_t width = 0,
                                 std::int64_t height = 0) {
  return Tensor::from_handle(detail::make<detail::TensorHandle>([&](windfall_tensor_t** out) {
    return windfall_image_load(path.string().c_str(), width, height, out);
  }));
}

}  // namespace windfall
