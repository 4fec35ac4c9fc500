// A text for an integer, or an integer for a text.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "classic/call.h"
#include "classic/key.h"
#include "classic/model.h"

namespace wf {

struct CategoricalMappingParams {
  std::map<Key, Key> map;
  std::optional<Key> on_unknown;  // none: an unknown key is an error
};

class CategoricalMapping final : public ClassicModel {
 public:
  explicit CategoricalMapping(CategoricalMappingParams params) : params_(std::move(params)) {}
  Status predict(ClassicCall& call) const override;

 private:
  Result<Datum> mapped(const Datum& key) const;
  CategoricalMappingParams params_;
};

}  // namespace wf
