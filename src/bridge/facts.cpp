#include "bridge/facts.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "bridge/compute_units.h"

namespace wf::bridge {
namespace {

using Json = nlohmann::ordered_json;

// Texts come from outside: whatever is no UTF-8 is replaced, never an exception.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Json number(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json to_value(const FeatureFacts& feature) {
  Json json = {{"name", feature.name}, {"type", feature.type}, {"optional", feature.optional}};
  if (feature.type == "array" || feature.type == "state") {
    json["dtype"] = feature.dtype;
    json["shape"] = feature.shape;
  }
  if (feature.type == "image") {
    json["width"] = feature.width;
    json["height"] = feature.height;
    json["pixels"] = feature.pixels;
  }
  if (!feature.enumerated.empty()) json["enumerated"] = feature.enumerated;
  if (!feature.range.empty()) json["range"] = feature.range;
  if (!feature.element.empty()) json["element"] = feature.element;
  return json;
}

Json to_value(const std::vector<FeatureFacts>& features) {
  Json json = Json::array();
  for (const FeatureFacts& feature : features) json.push_back(to_value(feature));
  return json;
}

}  // namespace

std::string to_json(const ModelFacts& facts) {
  Json metadata = Json::object();
  for (const auto& [key, value] : facts.metadata) metadata[key] = value;
  return dumped({{"inputs", to_value(facts.inputs)},
                 {"outputs", to_value(facts.outputs)},
                 {"states", to_value(facts.states)},
                 {"predicted_feature_name", facts.predicted_feature_name},
                 {"predicted_probabilities_name", facts.predicted_probabilities_name},
                 {"metadata", metadata}});
}

const char* name_of(Device device) {
  switch (device) {
    case Device::kCpu:
      return "cpu";
    case Device::kGpu:
      return "gpu";
    case Device::kNeuralEngine:
      return "ane";
    case Device::kUnknown:
      break;
  }
  return "unknown";
}

int PlanSummary::compute_units() const { return abi_units(on_gpu > 0, on_ane > 0); }

PlanSummary summary_of(const PlanFacts& plan) {
  PlanSummary sum;
  for (const OperationFacts& operation : plan.operations) {
    if (!operation.preferred) continue;
    ++sum.placed;
    const double cost =
        operation.cost && std::isfinite(*operation.cost) && *operation.cost > 0 ? *operation.cost : 0;
    switch (*operation.preferred) {
      case Device::kCpu:
        ++sum.on_cpu;
        sum.cost_cpu += cost;
        break;
      case Device::kGpu:
        ++sum.on_gpu;
        sum.cost_gpu += cost;
        break;
      case Device::kNeuralEngine:
        ++sum.on_ane;
        sum.cost_ane += cost;
        break;
      case Device::kUnknown:
        break;
    }
  }
  return sum;
}

std::string to_json(const PlanFacts& plan) {
  const PlanSummary sum = summary_of(plan);
  Json operations = Json::array();
  for (const OperationFacts& operation : plan.operations) {
    Json supported = Json::array();
    for (const Device device : operation.supported) supported.push_back(name_of(device));
    operations.push_back(
        {{"function", operation.function},
         {"operation", operation.operation},
         {"output", operation.output},
         {"device", operation.preferred ? Json(name_of(*operation.preferred)) : Json(nullptr)},
         {"supported", supported},
         {"cost", number(operation.cost)}});
  }
  return dumped({{"kind", plan.kind},
                 {"placed", sum.placed},
                 {"on_cpu", sum.on_cpu},
                 {"on_gpu", sum.on_gpu},
                 {"on_ane", sum.on_ane},
                 {"cost_cpu", sum.cost_cpu},
                 {"cost_gpu", sum.cost_gpu},
                 {"cost_ane", sum.cost_ane},
                 {"ane_coverage_pct", sum.ane_coverage_pct()},
                 {"compute_units", sum.compute_units()},
                 {"operations", operations}});
}

std::string to_json(const std::vector<DeviceFacts>& devices) {
  Json json = Json::array();
  for (const DeviceFacts& each : devices) {
    Json one = {{"device", name_of(each.device)}};
    if (!each.name.empty()) one["name"] = each.name;
    if (each.cores > 0) one["cores"] = each.cores;
    json.push_back(std::move(one));
  }
  return dumped(json);
}

}  // namespace wf::bridge
