// range_1d: evenly spaced numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("end").of(kFloatsAndInt32, 'T'), Param("start").of(kFloatsAndInt32, 'T'),
                             Param("step").of(kFloatsAndInt32, 'T')};
constexpr std::string_view kSamples[] = {"start=0.0 end=2.0 step=0.25", "start=5 end=-4 step=-2",
                                         "start=3 end=3 step=1", "start=1.0 end=0.0 step=0.5",
                                         "start=0 end=7 step=3"};

Result<std::vector<ValueType>> infer(const Call& call) {
  bool known = true;
  for (const std::string_view name : {"end", "start", "step"}) {
    if (std::ranges::find(call.shape(name), 0) != call.shape(name).end()) {
      return call.error(fmt::format("'{}' is empty, expected one number", name));
    }
    known = known && call.tensor(name);
  }
  if (!known) return std::vector<ValueType>{tensor_type(call.dtype("start"), {kUnknownSize})};
  const double start = call.number("start");
  const double end = call.number("end");
  const double step = call.number("step");
  const double count = std::ceil((end - start) / step);
  if (step == 0 ||
      !(std::fabs(count) < 0x1p53)) {  // beyond, the count itself is not exact; NaN and infinity come here
    return call.error(fmt::format("no range goes from {} to {} in steps of {}", start, end, step));
  }
  const auto size = static_cast<int64_t>(std::max(count, 0.0));
  return std::vector<ValueType>{tensor_type(call.dtype("start"), {size})};
}

Status reference(Evaluation& eval) {
  WF_TRY(Tensor out, eval.make_output(0));
  const double start = eval.number("start");
  const double step = eval.number("step");
  double buffer[kChunk];
  for (int64_t at = 0; at < out.size(); at += kChunk) {
    const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, out.size() - at)));
    for (size_t i = 0; i < part.size(); ++i)
      part[i] = start + static_cast<double>(at + static_cast<int64_t>(i)) * step;
    write_doubles(out, at, part);
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "range_1d",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "start + i * step for i from 0, ceil((end - start) / step) of them, none if that is negative. "
           "Source: MIL, iOS15 "
           "tensor_operation.",
}};

}  // namespace

WF_OP_FILE(range_1d, kDefs);
}  // namespace wf
