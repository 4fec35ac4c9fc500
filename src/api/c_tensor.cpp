// Version 2: tensors, pictures and DLPack.
#include "api/c_objects.h"
#include "base/checked_math.h"
#include "tensor/image.h"
#include "tensor/npy.h"
#include "windfall/dlpack.h"

namespace wf::api {
namespace {

static_assert(WINDFALL_TEXT == static_cast<int>(DType::kString) &&
              WINDFALL_FP16 == static_cast<int>(DType::kFloat16));
static_assert(WINDFALL_BF16 == static_cast<int>(DType::kBFloat16) &&
              WINDFALL_INT8 == static_cast<int>(DType::kInt8));
static_assert(WINDFALL_UINT8 == static_cast<int>(DType::kUInt8) &&
              WINDFALL_UINT64 == static_cast<int>(DType::kUInt64));
static_assert(WINDFALL_INT64 == static_cast<int>(DType::kInt64) &&
              WINDFALL_FP64 == static_cast<int>(DType::kFloat64));

constexpr size_t kMaxRank = 32;

Result<DType> dtype_of(int32_t number) {
  if (number < 0 || number >= kDTypeCount) return refuse(fmt::format("{} is no dtype", number));
  return static_cast<DType>(number);
}

Result<Shape> shape_of(size_t rank, const int64_t* sizes) {
  if (rank > kMaxRank) return refuse(fmt::format("{} dimensions, at most {} can be", rank, kMaxRank));
  if (rank > 0 && !sizes) return refuse("shape is NULL");
  return Shape(sizes, sizes + rank);
}

// Strides of the caller's; dense if they are what row-major order has anyway.
void set_strides(TensorObject& object, std::vector<int64_t> strides) {
  object.dense = true;
  for (size_t d = 0; d < strides.size(); ++d) {
    if (object.shape[d] != 1 && strides[d] != object.strides[d]) object.dense = false;
  }
  object.dense = object.dense || object.count == 0;
  object.strides = std::move(strides);
}

// Bytes from the first element to behind the last; nothing if that is more than memory can be.
std::optional<int64_t> extent(const TensorObject& object) {
  if (object.count == 0) return 0;
  int64_t bytes = bit_width(object.dtype) / 8;
  for (size_t d = 0; d < object.shape.size(); ++d) {
    const auto step = checked_mul<int64_t>(object.strides[d], object.shape[d] - 1);
    const auto sum = step ? checked_add(bytes, *step) : std::nullopt;
    if (!sum) return std::nullopt;
    bytes = *sum;
  }
  return bytes;
}

struct Kind {
  uint8_t code, bits;
  DType dtype;
};
constexpr Kind kKinds[] = {
    {kDLBool, 8, DType::kBool},      {kDLFloat, 16, DType::kFloat16},   {kDLFloat, 32, DType::kFloat32},
    {kDLFloat, 64, DType::kFloat64}, {kDLBfloat, 16, DType::kBFloat16}, {kDLInt, 8, DType::kInt8},
    {kDLInt, 16, DType::kInt16},     {kDLInt, 32, DType::kInt32},       {kDLInt, 64, DType::kInt64},
    {kDLUInt, 8, DType::kUInt8},     {kDLUInt, 16, DType::kUInt16},     {kDLUInt, 32, DType::kUInt32},
    {kDLUInt, 64, DType::kUInt64},
};

Result<std::shared_ptr<TensorObject>> imported(DLManagedTensor* managed) {
  if (!managed) return refuse("managed is NULL");
  const DLTensor& tensor = managed->dl_tensor;
  if (tensor.device.device_type != kDLCPU)
    return refuse(fmt::format("device type {}: only CPU memory (1) can be taken",
                              static_cast<int>(tensor.device.device_type)));
  const auto* kind = std::ranges::find_if(kKinds, [&](const Kind& each) {
    return each.code == tensor.dtype.code && each.bits == tensor.dtype.bits && tensor.dtype.lanes == 1;
  });
  if (kind == std::end(kKinds)) {
    return refuse(fmt::format("type code {} of {} bits and {} lanes is not known", tensor.dtype.code,
                              tensor.dtype.bits, tensor.dtype.lanes));
  }
  if (tensor.ndim < 0) return refuse("a negative number of dimensions");
  WF_TRY(Shape shape, shape_of(static_cast<size_t>(tensor.ndim), tensor.shape));
  auto* data = static_cast<std::byte*>(tensor.data);
  WF_TRY(auto object, tensor_over(kind->dtype, std::move(shape), data ? data + tensor.byte_offset : nullptr));
  if (!data && object->count > 0) return refuse("data is NULL");
  if (tensor.strides) {
    std::vector<int64_t> strides(tensor.strides, tensor.strides + tensor.ndim);
    for (int64_t& stride : strides) {
      const auto bytes = checked_mul<int64_t>(stride, kind->bits / 8);
      if (!bytes) return refuse("a stride is too large");
      stride = *bytes;
    }
    set_strides(*object, std::move(strides));
    if (!extent(*object)) return refuse("the strides lead out of memory");
  }
  return object;
}

// What an exported tensor needs to live.
struct Exported {
  DLManagedTensor managed{};
  std::shared_ptr<TensorObject> object;
  std::vector<int64_t> strides;
};

}  // namespace
}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_tensor_new(int32_t dtype, size_t rank, const int64_t* shape,
                                      windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const wf::DType type, dtype_of(dtype));
    WF_TRY(wf::Shape sizes, shape_of(rank, shape));
    WF_CHECK(tensor_over(type, sizes, nullptr));  // says what is wrong with them
    WF_TRY(const wf::Tensor tensor, wf::Tensor::allocate(type, std::move(sizes)));
    WF_TRY(auto object, tensor_object(tensor));
    give(std::move(object), out);
    return {};
  });
}

windfall_error_t* windfall_tensor_wrap(int32_t dtype, size_t rank, const int64_t* shape,
                                       const int64_t* byte_strides, void* data, size_t byte_length,
                                       void (*release)(void* context), void* context,
                                       windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const wf::DType type, dtype_of(dtype));
    if (type == wf::DType::kString)
      return refuse("texts have no memory of one form: use windfall_tensor_of_texts");
    WF_TRY(wf::Shape sizes, shape_of(rank, shape));
    WF_TRY(auto object, tensor_over(type, std::move(sizes), static_cast<std::byte*>(data)));
    if (byte_strides) {
      std::vector<int64_t> strides(byte_strides, byte_strides + rank);
      if (std::ranges::any_of(strides, [](int64_t stride) { return stride < 0; }))
        return refuse("a stride is negative");
      set_strides(*object, std::move(strides));
    }
    if (!data && object->count > 0) return refuse("data is NULL");
    const auto needed = extent(*object);
    if (!needed || static_cast<uint64_t>(*needed) > byte_length) {
      return refuse(fmt::format("{} {} with these strides takes {} bytes, byte_length is {}",
                                wf::name_of(type), wf::to_string(object->shape),
                                needed ? std::to_string(*needed) : "too many", byte_length));
    }
    const auto handed = object;
    give(std::move(object), out);
    handed->context = context;  // only now is the memory's end ours to tell
    handed->release = release;
    return {};
  });
}

windfall_error_t* windfall_tensor_of_texts(size_t rank, const int64_t* shape, const char* const* texts,
                                           windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(wf::Shape sizes, shape_of(rank, shape));
    WF_TRY(const auto checked_sizes, tensor_over(wf::DType::kUInt8, sizes, nullptr));
    if (checked_sizes->count > 0 && !texts) return refuse("texts is NULL");
    std::vector<std::string> copies;
    for (int64_t i = 0; i < checked_sizes->count; ++i) {
      if (!texts[i]) return refuse(fmt::format("text {} is NULL", i));
      copies.emplace_back(texts[i]);
    }
    WF_TRY(const wf::Tensor tensor, wf::Tensor::of_strings(std::move(sizes), std::move(copies)));
    WF_TRY(auto object, tensor_object(tensor));
    give(std::move(object), out);
    return {};
  });
}

windfall_error_t* windfall_image_load(const char* path, int64_t width, int64_t height,
                                      windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    if (!path) return refuse("path is NULL");
    if (width < 0 || height < 0 || (width == 0) != (height == 0))
      return refuse("width and height: both, or neither");
    WF_TRY(wf::Tensor pixels, wf::read_image(path));
    if (width > 0) {
      WF_TRY(pixels, wf::resize_image(pixels, width, height));
    }
    WF_TRY(auto object, tensor_object(pixels));
    give(std::move(object), out);
    return {};
  });
}

void windfall_tensor_free(windfall_tensor_t* tensor) { free_object<TensorObject>(tensor); }

windfall_error_t* windfall_tensor_info(const windfall_tensor_t* tensor, windfall_tensor_info_t* out) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, object_of<TensorObject>(tensor, "tensor"));
    windfall_tensor_info_t info{};
    info.shape = object->shape.data();
    info.byte_strides = object->strides.data();
    info.data = object->data;
    info.rank = object->shape.size();
    info.count = static_cast<size_t>(object->count);
    info.dtype = static_cast<int32_t>(object->dtype);
    return fill(out, info);
  });
}

const char* windfall_tensor_text(const windfall_tensor_t* tensor, size_t index) {
  const auto object = table<TensorObject>().find(tensor);
  const bool there =
      object && object->dtype == wf::DType::kString && index < static_cast<size_t>(object->count);
  return there ? object->held.strings()[index].c_str() : nullptr;
}

windfall_error_t* windfall_tensor_convert(const windfall_tensor_t* tensor, int32_t dtype,
                                          windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const wf::DType type, dtype_of(dtype));
    WF_TRY(const auto given, object_of<TensorObject>(tensor, "tensor"));
    if ((given->dtype == wf::DType::kString) != (type == wf::DType::kString)) {
      return refuse(
          fmt::format("{} cannot be converted to {}", wf::name_of(given->dtype), wf::name_of(type)));
    }
    WF_CHECK(tensor_over(type, given->shape, nullptr));  // says what is wrong with the dtype
    WF_TRY(const wf::Tensor dense, dense_tensor(given));
    WF_TRY(wf::Tensor converted, wf::converted(dense, type));
    if (type != wf::DType::kString && converted.byte_size() > 0 &&
        converted.bytes().data() == given->data) {  // nothing was to be done
      WF_TRY(converted, own_copy(dense));
    }
    WF_TRY(auto object, tensor_object(converted));
    give(std::move(object), out);
    return {};
  });
}

windfall_error_t* windfall_npy_load(const char* path, windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    if (!path) return refuse("path is NULL");
    WF_TRY(const wf::Tensor tensor, wf::read_npy(path));
    WF_TRY(auto object, tensor_object(tensor));
    give(std::move(object), out);
    return {};
  });
}

windfall_error_t* windfall_npy_save(const char* path, const windfall_tensor_t* tensor) {
  return checked([&]() -> Status {
    if (!path) return refuse("path is NULL");
    WF_TRY(const auto object, object_of<TensorObject>(tensor, "tensor"));
    WF_TRY(const wf::Tensor dense, dense_tensor(object));
    return wf::write_npy(path, dense);
  });
}

windfall_error_t* windfall_tensor_from_dlpack(DLManagedTensor* managed, windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(auto object, imported(managed));
    const auto handed = object;
    give(std::move(object), out);
    handed->managed = managed;
    return {};
  });
}

windfall_error_t* windfall_tensor_to_dlpack(const windfall_tensor_t* tensor, DLManagedTensor** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(auto object, object_of<TensorObject>(tensor, "tensor"));
    const auto* kind = std::ranges::find(kKinds, object->dtype, &Kind::dtype);
    if (kind == std::end(kKinds)) return refuse(fmt::format("DLPack has no {}", wf::name_of(object->dtype)));
    auto exported = std::make_unique<Exported>();
    for (const int64_t stride : object->strides) {
      if (stride % (kind->bits / 8) != 0)
        return refuse("a stride is no whole number of elements, which DLPack needs");
      exported->strides.push_back(stride / (kind->bits / 8));
    }
    DLTensor& description = exported->managed.dl_tensor;
    description.data = object->data;
    description.device.device_type = kDLCPU;
    description.ndim = static_cast<int32_t>(object->shape.size());
    description.dtype = {kind->code, kind->bits, 1};
    description.shape = object->shape.data();
    description.strides = exported->strides.data();
    exported->object = std::move(object);
    exported->managed.manager_ctx = exported.get();
    exported->managed.deleter = [](DLManagedTensor* self) {
      if (self) delete static_cast<Exported*>(self->manager_ctx);
    };
    *out = &exported.release()->managed;
    return {};
  });
}

}  // extern "C"
