// pad: a border around the last dimensions.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked_math.h"
#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kMovable15), Param("pad").ints(),
                             Param("mode").text().constant().or_text("constant"),
                             Param("constant_val").of(kMovable15).constant().or_number(0)};
constexpr std::string_view kSamples[] = {"x=T[2,3] pad={1,2}", "x=T[2,3] pad={1,0,0,2} constant_val=1.5",
                                         "x=T[1,4,5] pad={2,1,3,0} mode=\"reflect\"",
                                         "x=T[2,3] pad={2,2,4,0} mode=\"replicate\""};

struct Border {
  int64_t before = 0, after = 0;
};

// The border of every dimension of x, the last ones as `pad` says.
Result<std::vector<Border>> borders(const Call& call, const std::vector<int64_t>& pad, size_t rank) {
  if (pad.size() % 2 != 0 || pad.size() / 2 > rank) {
    return call.error(fmt::format("'pad' has {} entries, expected a pair for each of at most {} dimensions",
                                  pad.size(), rank));
  }
  std::vector<Border> out(rank);
  const size_t first = rank - pad.size() / 2;
  for (size_t i = 0; i < pad.size(); ++i) {
    if (pad[i] < 0) return call.error(fmt::format("'pad' holds {}, expected at least 0", pad[i]));
    Border& border = out[first + i / 2];
    (i % 2 == 0 ? border.before : border.after) = pad[i];
  }
  return out;
}

Status check_mode(const Call& call, const std::string& mode, const Border& border, int64_t size) {
  const bool padded = border.before > 0 || border.after > 0;
  if (mode == "constant" || !padded || size > 0) return {};
  return call.error(fmt::format("mode {} takes the border from the input, but a dimension is empty", mode));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const std::string mode = call.text("mode");
  if (mode != "constant" && mode != "reflect" && mode != "replicate") {
    return call.error(fmt::format("mode is '{}', expected constant, reflect or replicate", mode));
  }
  if (call.shape("pad").size() != 1)
    return call.error(fmt::format("'pad' must be a vector, found rank {}", call.rank("pad")));
  Shape out = call.shape("x");
  const auto pad = call.ints("pad");
  if (!pad) {  // must cover every dimension then
    std::ranges::fill(out, kUnknownSize);
    return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
  }
  WF_TRY(const auto around, borders(call, *pad, out.size()));
  for (size_t d = 0; d < out.size(); ++d) {
    if (out[d] < 0) {
      if (around[d].before == 0 && around[d].after == 0) continue;
      out[d] = kUnknownSize;
      continue;
    }
    WF_CHECK(check_mode(call, mode, around[d], out[d]));
    const int64_t parts[] = {around[d].before, out[d], around[d].after};
    WF_TRY(out[d], sum_of_sizes(call, parts));
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

// Where position i of an endless row of mirror images lies in [0, size). The edges are not repeated; a single
// element is all there is to repeat.
int64_t reflected(int64_t i, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  const int64_t there = ((i % period) + period) % period;
  return std::min(there, period - there);
}

// For each output position along one dimension, the input position, or -1 for the constant.
std::vector<int64_t> sources(const std::string& mode, const Border& border, int64_t size) {
  std::vector<int64_t> out;
  out.reserve(static_cast<size_t>(border.before + size + border.after));
  for (int64_t i = -border.before; i < size + border.after; ++i) {
    if (i >= 0 && i < size)
      out.push_back(i);
    else if (mode == "replicate")
      out.push_back(std::clamp<int64_t>(i, 0, size - 1));
    else if (mode == "reflect")
      out.push_back(reflected(i, size));
    else
      out.push_back(-1);
  }
  return out;
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const std::string mode = eval.text("mode");
  WF_TRY(const auto around, borders(eval, *eval.ints("pad"), x.shape().size()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  WF_TRY(Tensor fill, Tensor::scalar(x.dtype(), eval.number("constant_val")));
  const size_t rank = x.shape().size();
  std::vector<std::vector<int64_t>> from(rank);
  if (out.size() > 0) {
    for (size_t d = 0; d < rank; ++d) from[d] = sources(mode, around[d], x.shape()[d]);
  }
  const Shape strides = element_strides(x.shape());
  Shape position(rank, 0);
  for (int64_t i = 0; i < out.size(); ++i) {
    int64_t at = 0;
    for (size_t d = 0; d < rank && at >= 0; ++d) {
      const int64_t index = from[d][static_cast<size_t>(position[d])];
      at = index < 0 ? -1 : at + index * strides[d];
    }
    copy_run(at < 0 ? fill : x, std::max<int64_t>(at, 0), out, i, 1);
    for (size_t d = rank; d-- > 0;) {
      if (++position[d] < out.shape()[d]) break;
      position[d] = 0;
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "pad",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x with a border: `pad` holds pairs (before, after) for the last len(pad)/2 dimensions, in their "
           "order. mode "
           "constant fills with constant_val, reflect mirrors without repeating the edge (again and again "
           "where the "
           "border is wider than the input), replicate repeats the edge. Source: MIL, iOS15 "
           "tensor_operation; np.pad's constant, reflect, edge.",
}};

}  // namespace

WF_OP_FILE(pad, kDefs);
}  // namespace wf
