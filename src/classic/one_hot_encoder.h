// A category as an array with a single one.
#pragma once

#include <map>
#include <memory>

#include "classic/call.h"
#include "classic/key.h"
#include "classic/model.h"

namespace wf {

struct OneHotParams {
  Keys categories;
  bool sparse = false;          // the output is a dictionary with one entry
  bool ignore_unknown = false;  // an unknown category gives zeros (no entry), instead of an error
};

class OneHotEncoder final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(OneHotParams params);
  Status predict(ClassicCall& call) const override;

 private:
  explicit OneHotEncoder(OneHotParams params);
  OneHotParams params_;
  std::map<Key, int64_t> index_of_;
};

}  // namespace wf
