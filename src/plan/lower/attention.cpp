// scaled_dot_product_attention.
#include <algorithm>
#include <cmath>

#include "plan/attention.h"
#include "plan/lowering.h"

namespace wf {
namespace {

Result<bool> lower_attention(Lowering& l) {
  const Call& call = l.call();
  const size_t rank = l.output_shape(0).size();
  for (const std::string_view name : {"query", "key", "value"}) {
    const Shape& shape = call.shape(name);
    if (shape.size() != rank || std::ranges::find(shape, 0) != shape.end()) return false;
  }
  const Order order = row_major_order(rank);
  AttentionViews views;
  const auto with_rows = [&](std::string_view name) -> Result<View> {
    WF_TRY(const View view, l.input(name));
    return view.strides[rank - 1] == 1 ? Result<View>(view) : l.arrange(view, order);
  };
  WF_TRY(views.query, with_rows("query"));
  WF_TRY(views.key, l.input("key"));
  WF_TRY(views.value, with_rows("value"));
  View mask;
  if (call.has("attn_mask")) {
    WF_TRY(mask, l.input("attn_mask"));
    views.mask = &mask;
  }
  views.scale = 1 / std::sqrt(static_cast<double>(call.shape("query").back()));
  const Order wanted = l.preferred_order(0);
  views.out = l.new_output(0, wanted.back() == static_cast<int>(rank) - 1 ? wanted : order);
  return emit_attention(
      views, l.isa(), [&](int64_t floats) { return l.temporary(DType::kFloat32, {floats}, {0}); },
      [&](Step step) { l.emit_step(std::move(step)); });
}

constexpr LowerRule kRules[] = {{"scaled_dot_product_attention", lower_attention}};

}  // namespace

WF_LOWER_FILE(attention, kRules);
}  // namespace wf
