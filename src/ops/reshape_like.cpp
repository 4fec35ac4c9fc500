// reshape_like: a shape put together from sizes of other tensors.
#include <fmt/format.h>

#include <algorithm>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param bounds(std::string_view name) { return Param(name).ints().constant().variadic(); }
constexpr Param kEndMasks = Param("end_masks").flags().constant().variadic();
constexpr Param kParams16[] = {Param("x").of(kMovable15), Param("ref_tensors").of(kMovable15).variadic(),
                               bounds("begins"), bounds("ends"), kEndMasks};
constexpr Param kParams17[] = {Param("x").of(kMovable17), Param("ref_tensors").of(kMovable17).variadic(),
                               bounds("begins"), bounds("ends"), kEndMasks};
constexpr std::string_view kSamples[] = {
    "x=T[4,3] ref_tensors=(T[2,9],T[2,3]) begins=(int32:0,int32:0) ends=(int32:1,int32:0) "
    "end_masks=(bool:0,bool:1)",
    "x=T[6] ref_tensors=(int32[2,3,4]) begins=(int32:0) ends=(int32:-1) end_masks=(bool:0)"};

// One scalar per referenced tensor.
Result<std::vector<int64_t>> scalars(const Call& call, std::string_view name) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < call.count(name); ++i) {
    const auto values = call.ints(name, i);
    if (!values || values->size() != 1) return call.error(fmt::format("'{}' must be constant scalars", name));
    out.push_back((*values)[0]);
  }
  if (out.size() == call.count("ref_tensors")) return out;
  return call.error(fmt::format("'{}' has {} entries for {} reference tensors", name, out.size(),
                                call.count("ref_tensors")));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const auto begins, scalars(call, "begins"));
  WF_TRY(const auto ends, scalars(call, "ends"));
  WF_TRY(const auto end_masks, scalars(call, "end_masks"));
  Shape out;
  for (size_t i = 0; i < begins.size(); ++i) {
    const Shape& reference = call.shape("ref_tensors", i);
    const auto rank = static_cast<int64_t>(reference.size());
    const auto clamped = [rank](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
    const int64_t first = clamped(begins[i]), last = end_masks[i] ? rank : clamped(ends[i]);
    for (int64_t d = first; d < last; ++d) out.push_back(reference[static_cast<size_t>(d)]);
  }
  if (static_cast<int64_t>(out.size()) > kMaxRank)
    return call.error(fmt::format("rank {} is more than {}", out.size(), kMaxRank));
  WF_TRY(const int64_t have, product_of_sizes(call, call.shape("x")));
  WF_TRY(const int64_t want, product_of_sizes(call, out));
  if (have >= 0 && want >= 0 && have != want) {
    return call.error(fmt::format("cannot reshape {} ({} elements) to {}", to_string(call.shape("x")), have,
                                  to_string(out)));
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

constexpr std::string_view kDoc =
    "x under the shape that joins ref_tensors[i].shape[begins[i] : ends[i]] for every i (to the end where "
    "end_masks[i]). "
    "Source: MIL, iOS16 tensor_transformation; iOS17 adds the 8- and 16-bit integers.";

constexpr OpDef kDefs[] = {
    {.name = "reshape_like",
     .since = Opset::kIos16,
     .params = kParams16,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "reshape_like",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(reshape_like, kDefs);
}  // namespace wf
