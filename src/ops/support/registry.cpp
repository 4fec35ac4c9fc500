#include "ops/registry.h"

#include <algorithm>

namespace wf {

const std::vector<const OpDef*>& all_ops() {
  static const std::vector<const OpDef*> sorted = [] {
    std::vector<const OpDef*> all;
    for (const OpFile* const* file = op_file_table(); *file; ++file) {
      for (const OpDef& def : (*file)->defs) all.push_back(&def);
    }
    std::ranges::sort(all, [](const OpDef* a, const OpDef* b) {
      return a->name != b->name ? a->name < b->name : a->since < b->since;
    });
    return all;
  }();
  return sorted;
}

const OpDef* find_op(std::string_view name, Opset opset) {
  opset = std::max(opset, Opset::kIos15);  // older opsets are served by the first definitions
  const auto& all = all_ops();
  auto it = std::ranges::lower_bound(all, name, {}, [](const OpDef* def) { return def->name; });
  const OpDef* best = nullptr;
  for (; it != all.end() && (*it)->name == name; ++it) {
    if ((*it)->since <= opset) best = *it;
  }
  return best;
}

}  // namespace wf
