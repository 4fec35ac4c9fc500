// pad: the input is copied into the middle; the border is a constant, or copied from what is there.
#include <algorithm>

#include "plan/lowering.h"

namespace wf {
namespace {

struct Border {
  int64_t before = 0, after = 0;
};

void emit_fill(Lowering& l, const View& out, float value) {
  l.emit("fill", {}, {out}, [count = out.size(), value](const StepIo& io) -> Status {
    float* to = io.at<float>(0);
    std::fill(to, to + count, value);
    return {};
  });
}

// The border along one dimension, position by position from those inside, for all that lies within the other
// dimensions' done part `done`.
void emit_mirrored(Lowering& l, const View& done, const View& out, size_t d, Border border, bool reflect) {
  const int64_t size = done.shape[d];
  const auto source_of = [&](int64_t i) {  // i counted from the first element inside
    if (!reflect) return std::clamp<int64_t>(i, 0, size - 1);
    if (size == 1) return int64_t{0};
    const int64_t period = 2 * (size - 1);
    const int64_t there = ((i % period) + period) % period;
    return std::min(there, period - there);
  };
  for (int64_t i = -border.before; i < size + border.after; ++i) {
    if (i >= 0 && i < size) continue;
    View from = done, to = done;
    from.shape[d] = to.shape[d] = 1;
    from.offset += source_of(i) * out.strides[d];
    to.offset += i * out.strides[d];
    l.emit_copy(from, to);
  }
}

Result<bool> lower_pad(Lowering& l) {
  const Call& call = l.call();
  const auto pad = call.ints("pad");
  if (!pad || call.dtype("x") != DType::kFloat32 || pad->size() % 2 != 0) return false;
  const std::string mode = call.text("mode");
  const size_t rank = l.output_shape(0).size();
  if (pad->size() / 2 > rank) return false;
  std::vector<Border> borders(rank);
  for (size_t i = 0; i < pad->size(); ++i) {
    Border& border = borders[rank - pad->size() / 2 + i / 2];
    (i % 2 == 0 ? border.before : border.after) = (*pad)[i];
  }
  const Tensor* constant = call.tensor("constant_val");
  if (mode == "constant" && call.has("constant_val") && !constant) return false;
  int64_t mirrored = 0;  // positions to be copied one by one
  for (const Border& border : borders) mirrored += border.before + border.after;
  if (mode != "constant" && mirrored > 64) return false;
  WF_TRY(const View x, l.input("x"));
  const Order order = order_of(x);
  const View out = l.new_output(0, order);
  View middle = out;
  middle.shape = x.shape;
  for (size_t d = 0; d < rank; ++d) middle.offset += borders[d].before * out.strides[d];
  if (mode == "constant") {
    emit_fill(l, out, constant ? static_cast<float>(read_double(*constant, 0)) : 0.0F);
    l.emit_copy(x, middle);
    return true;
  }
  l.emit_copy(x, middle);
  for (size_t d = 0; d < rank; ++d) {
    if (borders[d].before == 0 && borders[d].after == 0) continue;
    emit_mirrored(l, middle, out, d, borders[d], mode == "reflect");
    middle.offset -= borders[d].before * out.strides[d];
    middle.shape[d] = out.shape[d];
  }
  return true;
}

constexpr LowerRule kRules[] = {{"pad", lower_pad}};

}  // namespace

WF_LOWER_FILE(pad, kRules);
}  // namespace wf
