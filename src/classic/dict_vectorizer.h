// A dictionary by name as a sparse vector by index; names that are not listed are dropped.
#pragma once

#include <map>

#include "classic/call.h"
#include "classic/key.h"
#include "classic/model.h"

namespace wf {

class DictVectorizer final : public ClassicModel {
 public:
  explicit DictVectorizer(const Keys& names);
  Status predict(ClassicCall& call) const override;

 private:
  std::map<Key, int64_t> index_of_;
};

}  // namespace wf
