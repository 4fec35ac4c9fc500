#include "classic/dict_vectorizer.h"

namespace wf {

DictVectorizer::DictVectorizer(const Keys& names) {
  for (size_t i = 0; i < names.size(); ++i) index_of_.insert_or_assign(names[i], static_cast<int64_t>(i));
}

Status DictVectorizer::predict(ClassicCall& call) const {
  WF_TRY(const Datum* input, call.single_input());
  WF_REQUIRE(input->dict(), kInvalidArgument, "takes a dictionary");
  Dict out;
  for (const auto& [name, value] : input->dict()->items) {
    WF_TRY(const Key key, key_of(name));
    const auto found = index_of_.find(key);
    if (found == index_of_.end()) continue;
    WF_TRY(Datum index, integer_scalar(found->second));
    out.items.emplace_back(std::move(index), value);
  }
  return call.set_single(Datum(std::move(out)));
}

}  // namespace wf
