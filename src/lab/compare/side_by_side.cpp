#include "lab/compare/side_by_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

// Type, shape and range: what a look at a value tells first.
std::string summary_of(const Datum& value) {
  const Tensor* tensor = value.tensor();
  if (!tensor || tensor->dtype() == DType::kString) return to_string(type_of(value));
  double low = INFINITY, high = -INFINITY;
  for (const double number : read_doubles(*tensor)) {
    if (std::isfinite(number)) {
      low = std::min(low, number);
      high = std::max(high, number);
    }
  }
  if (low > high)
    return fmt::format("{} {}, no finite number", name_of(tensor->dtype()), to_string(tensor->shape()));
  return fmt::format("{} {}, {:.6g} to {:.6g}", name_of(tensor->dtype()), to_string(tensor->shape()), low,
                     high);
}
std::string type_text(const Datum& value) {
  const Tensor* tensor = value.tensor();
  return tensor ? fmt::format("{} {}", name_of(tensor->dtype()), to_string(tensor->shape()))
                : to_string(type_of(value));
}

bool has_numbers(const Datum& value) {
  return value.tensor() && value.tensor()->dtype() != DType::kString && value.tensor()->size() > 0;
}

void add_output(SideBySide& out, const std::string& name, const Datum& first, const Datum& second,
                double tolerance) {
  out.components.push_back({fmt::format("output '{}': type", name), type_text(first), type_text(second)});
  if (has_numbers(first) && has_numbers(second)) {
    out.outputs.push_back({name, diagnose(*first.tensor(), *second.tensor(), tolerance)});
    return;
  }
  const auto comparison = compare(first, second);
  const bool same = comparison && comparison->mismatches == 0 && comparison->max_rel <= tolerance;
  out.outputs.push_back(
      {name, same ? Diagnosis{"same", "the outputs agree", "", "", 1}
                  : Diagnosis{"unexplained", "the outputs differ",
                              comparison ? to_string(*comparison) : comparison.error().to_string(), "", 0}});
}

}  // namespace

bool SideBySide::agree() const {
  const bool whole = std::ranges::none_of(
      components, [](const Component& each) { return each.first == "absent" || each.second == "absent"; });
  return whole && std::ranges::all_of(
                      outputs, [](const OutputDiagnosis& each) { return each.diagnosis.name == "same"; });
}

Result<SideBySide> compare_sides(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                 const Side& first, const Side& second, const InferOptions& options,
                                 double tolerance) {
  SideBySide out;
  std::vector<Features> outputs;
  const auto configuration = [](const Side& side) {
    return fmt::format("compute units {}, function '{}'",
                       compute_units_name(static_cast<int>(side.prepare.compute_units)),
                       side.prepare.function);
  };
  for (const Feature& feature : file->description.find(first.prepare.function)->inputs) {
    const Datum* value = find_feature(inputs, feature.name);
    const std::string text = value ? summary_of(*value) : "left out";
    out.components.push_back({fmt::format("input '{}'", feature.name), text, text});  // one value for both
  }
  out.components.push_back({"engine", first.engine, second.engine});
  out.components.push_back({"configuration", configuration(first), configuration(second)});
  const std::string deadline = options.deadline ? "with a deadline" : "no deadline";
  out.components.push_back({"options", deadline, deadline});
  for (const Side* side : {&first, &second}) {
    WF_TRY(Model model, Model::prepare(file, {.engine = side->engine, .prepare = side->prepare}));
    ModelState state;
    if (!model.prepared().io_schema().states.empty()) {
      WF_TRY(state, model.new_state());
    }
    auto result = model.predict(inputs, &state, options);
    if (!result) return std::move(result).error().at(fmt::format("engine '{}'", side->engine));
    outputs.push_back(*std::move(result));
  }
  for (const auto& [name, value] : outputs[0]) {
    if (const Datum* other = find_feature(outputs[1], name)) add_output(out, name, value, *other, tolerance);
  }
  return out;
}

SideBySide compare_recordings(const Features& first, const Features& second, double tolerance) {
  SideBySide out;
  if (first.size() == 1 && second.size() == 1) {
    const std::string& name = first[0].first.empty() ? second[0].first : first[0].first;
    add_output(out, name, first[0].second, second[0].second, tolerance);
    return out;
  }
  for (const auto& [name, value] : first) {
    if (const Datum* other = find_feature(second, name)) {
      add_output(out, name, value, *other, tolerance);
    } else {
      out.components.push_back({fmt::format("output '{}'", name), summary_of(value), "absent"});
    }
  }
  for (const auto& [name, value] : second) {
    if (!find_feature(first, name))
      out.components.push_back({fmt::format("output '{}'", name), "absent", summary_of(value)});
  }
  return out;
}

}  // namespace wf
