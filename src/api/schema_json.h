// A model's features as the C interfaces describe them (docs/reference/c-abi.md).
#pragma once

#include <string>
#include <string_view>

#include "runtime/model.h"

namespace wf::api {

std::string schema_json(const Model& model, std::string_view engine, std::string_view function);
// Of a model that nobody loaded, so that it has no engine; `why_not` is why it cannot run, or "".
std::string schema_json(const ModelFile& file, const Interface& interface, std::string_view function,
                        std::string_view why_not);

}  // namespace wf::api
