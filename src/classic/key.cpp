#include "classic/key.h"

#include <fmt/format.h>

namespace wf {

std::string to_string(const Key& key) {
  const auto* text = std::get_if<std::string>(&key);
  return text ? fmt::format("'{}'", *text) : fmt::to_string(std::get<int64_t>(key));
}

Result<Key> key_of(const Datum& value) {
  const Tensor* tensor = value.tensor();
  WF_REQUIRE(tensor && tensor->size() == 1, kInvalidArgument,
             fmt::format("takes one text or integer, given {}", to_string(type_of(value))));
  if (tensor->dtype() == DType::kString) return Key(tensor->strings()[0]);
  WF_REQUIRE(!is_floating(tensor->dtype()), kInvalidArgument,
             fmt::format("takes a text or an integer, given {}", read_double(*tensor, 0)));
  return Key(read_int(*tensor, 0));
}

Result<Datum> key_scalar(const Key& key) {
  if (const auto* text = std::get_if<std::string>(&key)) return string_scalar(*text);
  WF_TRY(Tensor tensor, Tensor::of_ints(DType::kInt64, {}, std::span(&std::get<int64_t>(key), 1)));
  return Datum(std::move(tensor));
}

}  // namespace wf
