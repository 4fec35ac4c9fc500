#include "runtime/serving/batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "runtime/feature_values.h"

namespace wf {
namespace {

constexpr double kTolerance = 0x1p-9;  // two roundings to fp16

Shape times_first(const Shape& shape, size_t factor) {
  Shape out = shape;
  out[0] *= static_cast<int64_t>(factor);
  return out;
}

bool near(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (!is_floating(a.dtype())) return same_bits(a, b);
  const std::vector<double> x = read_doubles(a), y = read_doubles(b);
  double largest = 0;
  for (const double value : y) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const bool equal = x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]));
    if (!equal && !(std::abs(x[i] - y[i]) <= kTolerance * largest)) return false;
  }
  return true;
}

}  // namespace

int64_t bytes_of(const Features& features) {
  int64_t bytes = 0;
  for (const auto& [unused, value] : features) bytes += value.tensor() ? value.tensor()->byte_size() : 0;
  return bytes;
}

bool same_bits(const Features& a, const Features& b) {
  return std::ranges::equal(
      a, b, [](const auto& x, const auto& y) { return x.first == y.first && same_bits(x.second, y.second); });
}

std::string batch_key(const Interface& interface, const Features& inputs, uint64_t seed) {
  std::string key = std::to_string(seed);
  for (const auto& [name, value] : inputs) {
    const Feature* feature = interface.find_input(name);
    const Tensor* tensor = value.tensor();
    if (!feature || !feature->array() || !tensor || !tensor->valid() || tensor->rank() == 0 ||
        tensor->size() == 0 || tensor->dtype() == DType::kString || is_sub_byte(tensor->dtype()))
      return {};
    key += fmt::format("|{}:{}:{}", name, name_of(tensor->dtype()), fmt::join(tensor->shape(), ","));
  }
  return inputs.empty() ? std::string() : key;
}

size_t most_together(const Interface& interface, const Features& inputs, size_t count) {
  for (; count > 1; --count) {
    const bool taken = std::ranges::all_of(inputs, [&](const auto& input) {
      const Feature* feature = interface.find_input(input.first);
      return feature && feature->array() && input.second.tensor() &&
             allows(*feature->array(), times_first(input.second.tensor()->shape(), count));
    });
    if (taken) return count;
  }
  return 1;
}

Result<Features> join(std::span<const Features* const> items, BufferPool& pool) {
  Features joined;
  for (const auto& [name, value] : *items[0]) {
    const Tensor& first = *value.tensor();
    const size_t bytes = first.bytes().size();
    const std::shared_ptr<std::byte> memory = pool.take(static_cast<int64_t>(bytes * items.size()));
    WF_REQUIRE(memory, kEnvironment, fmt::format("no memory for a batch of {}", items.size()));
    for (size_t i = 0; i < items.size(); ++i) {
      const Datum* part = find_feature(*items[i], name);
      WF_REQUIRE(part && part->tensor() && part->tensor()->bytes().size() == bytes, kInternal,
                 fmt::format("input '{}' of another shape in one batch", name));
      std::memcpy(memory.get() + i * bytes, part->tensor()->bytes().data(), bytes);
    }
    WF_TRY(Tensor tensor, Tensor::view(first.dtype(), times_first(first.shape(), items.size()),
                                       Bytes(memory.get(), bytes * items.size()), memory));
    joined.emplace_back(name, std::move(tensor));
  }
  return joined;
}

Result<std::vector<Features>> cut(const Features& outputs, size_t items) {
  std::vector<Features> parts(items);
  for (const auto& [name, value] : outputs) {
    const Tensor* tensor = value.tensor();
    const auto count = static_cast<int64_t>(items);
    if (!tensor || tensor->rank() == 0 || tensor->shape()[0] % count != 0 || is_sub_byte(tensor->dtype()) ||
        tensor->dtype() == DType::kString) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("output '{}' has no first axis of {} equal parts", name, items));
    }
    Shape shape = tensor->shape();
    shape[0] /= count;
    const size_t bytes = tensor->bytes().size() / items;
    const auto whole = std::make_shared<const Tensor>(*tensor);
    for (size_t i = 0; i < items; ++i) {
      WF_TRY(Tensor part,
             Tensor::view(tensor->dtype(), shape, tensor->bytes().subspan(i * bytes, bytes), whole));
      parts[i].emplace_back(name, std::move(part));
    }
  }
  return parts;
}

BatchVerdict compare_batch(std::span<const Features> joined, std::span<const Features> alone) {
  for (size_t i = 0; i < alone.size(); ++i) {
    const bool is_near = std::ranges::equal(joined[i], alone[i], [](const auto& x, const auto& y) {
      return x.first == y.first && x.second.tensor() && y.second.tensor() &&
             near(*x.second.tensor(), *y.second.tensor());
    });
    if (!is_near) return BatchVerdict::kDifferent;
  }
  const bool all_alike =
      std::ranges::all_of(alone, [&](const Features& each) { return same_bits(each, alone[0]); });
  return all_alike ? BatchVerdict::kNothing : BatchVerdict::kSame;
}

}  // namespace wf
