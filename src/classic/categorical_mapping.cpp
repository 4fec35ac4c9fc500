#include "classic/categorical_mapping.h"

#include <fmt/format.h>

namespace wf {

Result<Datum> CategoricalMapping::mapped(const Datum& value) const {
  WF_TRY(const Key key, key_of(value));
  const auto found = params_.map.find(key);
  if (found != params_.map.end()) return key_scalar(found->second);
  WF_REQUIRE(params_.on_unknown, kInvalidArgument, fmt::format("no entry for {}", to_string(key)));
  return key_scalar(*params_.on_unknown);
}

Status CategoricalMapping::predict(ClassicCall& call) const {
  WF_TRY(const Datum* input, call.single_input());
  if (const List* list = input->list()) {
    List out;
    for (const Datum& item : list->items) {
      WF_TRY(Datum value, mapped(item));
      out.items.push_back(std::move(value));
    }
    return call.set_single(Datum(std::move(out)));
  }
  WF_TRY(Datum value, mapped(*input));
  return call.set_single(std::move(value));
}

}  // namespace wf
