// A model's features as the C interfaces describe them (docs/reference/c-abi.md).
#pragma once

#include <string>
#include <string_view>

#include "runtime/model.h"

namespace wf::api {

std::string schema_json(const Model& model, std::string_view engine, std::string_view function);

}  // namespace wf::api
