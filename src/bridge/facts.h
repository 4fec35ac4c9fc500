// What Core ML says about a model and its plan, as plain data, and the same as JSON. The JSON is written here
// and not by Foundation, whose writers disagree about numbers that are not finite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wf::bridge {

struct FeatureFacts {
  std::string name;
  std::string
      type;  // "array", "image", "int64", "double", "string", "dictionary", "sequence", "state", "unknown"
  bool optional = false;
  std::string dtype;                               // of arrays and states: "fp32"; "?" if it is none we know
  std::vector<int64_t> shape;                      // of arrays and states: the default
  std::vector<std::vector<int64_t>> enumerated;    // shapes (arrays) or {height, width} (images) allowed
  std::vector<std::pair<int64_t, int64_t>> range;  // per dimension, or {height, width}; -1: unbounded
  int64_t width = 0, height = 0;                   // of images
  std::string pixels;                              // "bgra", "gray8", "gray16f" or the format's number
  std::string element;                             // keys of dictionaries, elements of sequences
};

struct ModelFacts {
  std::vector<FeatureFacts> inputs, outputs, states;
  std::string predicted_feature_name, predicted_probabilities_name;
  std::vector<std::pair<std::string, std::string>> metadata;
};
std::string to_json(const ModelFacts& facts);

enum class Device : uint8_t { kUnknown, kCpu, kGpu, kNeuralEngine };
const char* name_of(Device device);

struct OperationFacts {
  std::string function, operation, output;  // "main", "ios17.conv", the name of its first output
  std::optional<Device> preferred;          // absent: constants, and whatever Core ML does not place
  std::vector<Device> supported;
  std::optional<double> cost;  // share of the whole, 0 to 1
};
struct PlanFacts {
  std::string kind;  // "program", "neural network", "pipeline", "unknown"
  std::vector<OperationFacts> operations;
};

// What the plan amounts to.
struct PlanSummary {
  int64_t placed = 0;  // operations that have a device
  int64_t on_cpu = 0, on_gpu = 0, on_ane = 0;
  double cost_cpu = 0, cost_gpu = 0, cost_ane = 0;  // shares of the estimated cost
  double ane_coverage_pct() const {
    return placed == 0 ? 0 : 100.0 * static_cast<double>(on_ane) / static_cast<double>(placed);
  }
  int compute_units() const;  // the C ABI's number of the devices that are used
};
PlanSummary summary_of(const PlanFacts& plan);
std::string to_json(const PlanFacts& plan);

struct DeviceFacts {
  Device device = Device::kUnknown;
  std::string name;   // a GPU's
  int64_t cores = 0;  // a Neural Engine's
};
std::string to_json(const std::vector<DeviceFacts>& devices);

}  // namespace wf::bridge
