#include "runtime/io_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wf {
namespace {

// Can the leading dimension be larger than 1?
bool is_batch_capable(const ValueType& type) {
  const TensorType* tensor = type.tensor();
  return tensor && tensor->shape && !tensor->shape->empty() && tensor->shape->front() == kUnknownSize;
}

}  // namespace

Result<const Function*> find_function(const ModelFile& file, std::string_view requested) {
  const std::string& usual = file.description.default_function;
  const std::string_view wanted = !requested.empty() ? requested
                                  : usual.empty()    ? "main"
                                                     : std::string_view(usual);
  if (const Function* function = file.program->find(wanted); function && file.description.find(wanted))
    return function;
  std::vector<std::string_view> known;
  for (const Function& function : file.program->functions) known.push_back(function.name);
  return Error(ErrorCode::kNotFound,
               fmt::format("no function '{}'; the model has: {}", wanted, fmt::join(known, ", ")));
}

Result<IoSchema> make_io_schema(const Interface& interface, const Function& function) {
  IoSchema schema;
  for (const ValueId id : function.inputs) {
    const Value& value = function.value(id);
    TensorSpec spec{.name = value.name, .type = value.type};
    if (value.type.state()) {
      spec.is_state = true;
      schema.states.push_back(std::move(spec));
      continue;
    }
    const Feature* feature = interface.find_input(value.name);
    if (!feature) {
      return Error(
          ErrorCode::kBadModel,
          fmt::format("the program takes an input '{}' that the description does not name", value.name));
    }
    spec.is_image = feature->image() != nullptr;
    spec.is_optional = feature->optional;
    spec.batch_capable = is_batch_capable(value.type);
    if (feature->array()) spec.fallback = feature->array()->fallback;
    schema.inputs.push_back(std::move(spec));
  }
  for (const ValueId id : function.body.outputs) {
    const Value& value = function.value(id);
    const Feature* feature = interface.find_output(value.name);
    schema.outputs.push_back({.name = value.name,
                              .type = value.type,
                              .is_image = feature && feature->image(),
                              .batch_capable = is_batch_capable(value.type)});
  }
  for (const Feature& feature : interface.outputs) {
    if (std::ranges::find(schema.outputs, feature.name, &TensorSpec::name) == schema.outputs.end()) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("the description names an output '{}' that the program does not compute",
                               feature.name));
    }
  }
  return schema;
}

}  // namespace wf
