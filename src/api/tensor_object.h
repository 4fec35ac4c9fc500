// A tensor of version 2: memory of the caller, of another library or of ours, with strides.
#pragma once

#include <memory>
#include <vector>

#include "api/handle_table.h"
#include "tensor/tensor.h"

struct DLManagedTensor;

namespace wf::api {

struct TensorObject {
  static constexpr HandleKind kKind = HandleKind::kTensor;

  TensorObject() = default;
  TensorObject(const TensorObject&) = delete;
  TensorObject& operator=(const TensorObject&) = delete;
  ~TensorObject();
  // Memory whose end nobody tells us: it is there as long as its caller's word goes.
  bool borrowed() const { return data && !held.valid() && !release && !managed; }

  DType dtype = DType::kFloat32;
  Shape shape;
  std::vector<int64_t> strides;  // in bytes
  int64_t count = 0;             // elements
  std::byte* data = nullptr;     // the first element; null for texts
  bool dense = true;             // row-major without gaps
  Tensor held;                   // texts, and memory that is ours
  void (*release)(void*) = nullptr;
  void* context = nullptr;
  DLManagedTensor* managed = nullptr;
};

// Row-major, of memory that `data` points to. kInvalidArgument for a shape that is none, and for dtypes whose
// elements are no whole bytes.
Result<std::shared_ptr<TensorObject>> tensor_over(DType dtype, Shape shape, std::byte* data);
// A tensor of ours, shared.
Result<std::shared_ptr<TensorObject>> tensor_object(const Tensor& tensor);

// Its elements as the inside wants them: a view if they are dense, else copied.
Result<Tensor> dense_tensor(const std::shared_ptr<const TensorObject>& object);

// The same in memory of its own.
Result<Tensor> own_copy(const Tensor& tensor);

// Could a write through these strides hit an element twice?
bool overlaps_itself(const TensorObject& object);

// The elements, converted to the buffer's dtype, at their places there. kInvalidArgument if the shapes
// differ.
Status copy_into(const Tensor& from, const TensorObject& buffer);

}  // namespace wf::api
