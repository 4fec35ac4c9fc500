// Operations that only look at elements differently: no step at all, or one copy.
#include <numeric>

#include "plan/lowering.h"

namespace wf {
namespace {

Result<bool> lower_reshape(Lowering& l) {
  WF_TRY(const View x, l.input("x"));
  View out;
  if (!reshaped_view(x, l.output_shape(0), &out)) {
    WF_TRY(const View dense, l.row_major("x"));
    reshaped_view(dense, l.output_shape(0), &out);
  }
  l.set_output(0, std::move(out));
  return true;
}

Result<bool> lower_transpose(Lowering& l) {
  const auto perm = l.call().ints("perm");
  if (!perm) return false;
  WF_TRY(const std::vector<int64_t> axes, normalized_axes(l.call(), *perm, l.call().rank("x")));
  WF_TRY(const View x, l.input("x"));
  View out = x;
  for (size_t i = 0; i < axes.size(); ++i) {
    out.shape[i] = x.shape[static_cast<size_t>(axes[i])];
    out.strides[i] = x.strides[static_cast<size_t>(axes[i])];
  }
  l.set_output(0, std::move(out));
  return true;
}

constexpr LowerRule kRules[] = {
    {"reshape", lower_reshape},   {"expand_dims", lower_reshape},  {"squeeze", lower_reshape},
    {"flatten2d", lower_reshape}, {"reshape_like", lower_reshape}, {"transpose", lower_transpose},
};

}  // namespace

WF_LOWER_FILE(movement, kRules);
}  // namespace wf
