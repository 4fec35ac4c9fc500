#include "api/detach.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace wf::api {
namespace {

bool lies_in(const Tensor& tensor, const Features& inputs) {
  if (!tensor.valid() || tensor.byte_size() == 0) return false;
  const std::less_equal<const std::byte*> not_behind;
  return std::ranges::any_of(inputs, [&](const auto& input) {
    const Tensor* other = input.second.tensor();
    return other && other->byte_size() > 0 && not_behind(other->bytes().data(), tensor.bytes().data()) &&
           !not_behind(other->bytes().data() + other->byte_size(), tensor.bytes().data());
  });
}

Result<Tensor> copy_of(const Tensor& tensor) {
  WF_TRY(Tensor copy, Tensor::allocate(tensor.dtype(), tensor.shape()));
  std::memcpy(copy.mutable_bytes().data(), tensor.bytes().data(), tensor.bytes().size());
  return copy;
}

}  // namespace

Status detach(const Features& inputs, ModelState& state, Features& outputs) {
  for (auto& [name, cell] : state.cells) {
    if (!lies_in(cell->tensor, inputs)) continue;
    WF_TRY(cell->tensor, copy_of(cell->tensor));
  }
  for (auto& [name, value] : outputs) {
    const Tensor* tensor = value.tensor();
    if (!tensor || !lies_in(*tensor, inputs)) continue;
    WF_TRY(Tensor copy, copy_of(*tensor));
    value = Datum(std::move(copy));
  }
  return {};
}

}  // namespace wf::api
