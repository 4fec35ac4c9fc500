#include "lab/model_facts.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/folder.h"

namespace wf {
namespace {

Counts sorted_counts(const std::map<std::string, int64_t>& counts) {
  Counts sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

std::string kind_of(const std::string& type) {
  if (type == "mlProgram") return "ML Program";
  if (type == "neuralNetwork") return "neural network";
  if (type == "neuralNetworkClassifier") return "neural network classifier";
  if (type == "neuralNetworkRegressor") return "neural network regressor";
  return type;
}

uint64_t bytes_on_disk(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_directory(path, code)) {
    const uint64_t size = std::filesystem::file_size(path, code);
    return code ? 0 : size;
  }
  uint64_t total = 0;
  const auto entries = list_tree(path);
  if (!entries) return 0;
  for (const FolderEntry& entry : *entries) total += static_cast<uint64_t>(entry.bytes);
  return total;
}

// What the operations of a program say about numbers.
struct NumberCensus {
  std::map<std::string, int64_t> operations, compression, weight_elements;
  int64_t halves = 0, singles = 0;  // values computed in fp16, fp32
  bool half_weights = false;

  void count_weight(const Constant& constant) {
    const TensorType* type = constant.type.tensor();
    if (!type || !type->is_static()) return;
    const auto elements = element_count(*type->shape);
    if (!elements || *elements <= 1) return;
    weight_elements[std::string(name_of(type->dtype))] += *elements;
    half_weights |= type->dtype == DType::kFloat16;
  }

  void count_op(const Function& function, const Op& op) {
    for (const NamedConstant& attribute : op.attributes) count_weight(attribute.value);
    if (op.type == "const") return;
    operations[op.type] += 1;
    const bool rebuilds_weights = op.type.starts_with("constexpr_");
    if (rebuilds_weights) compression[op.type] += 1;
    for (const Argument& argument : op.inputs) {
      for (const Binding& binding : argument.bindings) {
        if (const auto* constant = std::get_if<Constant>(&binding)) count_weight(*constant);
      }
    }
    if (rebuilds_weights || op.type == "cast") return;  // casts at either end compute nothing
    for (ValueId id : op.outputs) {
      const TensorType* type = function.value(id).type.tensor();
      if (!type) continue;
      halves += type->dtype == DType::kFloat16;
      singles += type->dtype == DType::kFloat32;
    }
  }
};

// constexpr_cast only widens halves; every other constexpr operation stands for weights of few bits or few
// non-zeros.
bool stores_few_bits(const Counts& compression) {
  return std::any_of(compression.begin(), compression.end(),
                     [](const auto& item) { return item.first != "constexpr_cast"; });
}

}  // namespace

// Source: the specification's version constants and Apple's release notes for Core ML.
std::string_view oldest_os_of(int64_t specification_version) {
  switch (specification_version) {
    case 1:
      return "iOS 11, macOS 10.13, watchOS 4, tvOS 11";
    case 2:
      return "iOS 11.2, macOS 10.13.2, watchOS 4.2, tvOS 11.2";
    case 3:
      return "iOS 12, macOS 10.14, watchOS 5, tvOS 12";
    case 4:
      return "iOS 13, macOS 10.15, watchOS 6, tvOS 13";
    case 5:
      return "iOS 14, macOS 11, watchOS 7, tvOS 14";
    case 6:
      return "iOS 15, macOS 12, watchOS 8, tvOS 15";
    case 7:
      return "iOS 16, macOS 13, watchOS 9, tvOS 16";
    case 8:
      return "iOS 17, macOS 14, watchOS 10, tvOS 17";
    case 9:
      return "iOS 18, macOS 15, watchOS 11, tvOS 18, visionOS 2";
    case 10:
      return "iOS 26, macOS 26, watchOS 26, tvOS 26, visionOS 26";
    default:
      return "";
  }
}

ModelFacts facts_of(const ModelFile& file) {
  ModelFacts facts;
  facts.kind = kind_of(file.type);
  facts.oldest_os = oldest_os_of(file.specification_version);
  facts.weight_bytes = file.weight_bytes;
  facts.file_bytes = bytes_on_disk(file.path);

  std::map<std::string, int64_t> layers;
  for (const std::string& layer : file.layer_types) layers[layer] += 1;
  facts.layers = sorted_counts(layers);

  if (!file.program) return facts;
  NumberCensus census;
  for (const Function& function : file.program->functions) {
    for_each_op(function.body, [&](const Op& op, int) { census.count_op(function, op); });
  }
  facts.operations = sorted_counts(census.operations);
  for (const auto& [name, count] : facts.operations) facts.operation_count += count;
  facts.compression = sorted_counts(census.compression);
  facts.weight_elements = sorted_counts(census.weight_elements);
  facts.half_values = census.halves;
  facts.single_values = census.singles;
  facts.precision = census.halves == 0 ? "fp32" : census.singles == 0 ? "fp16" : "mixed";
  const bool halves = facts.precision != "fp32" || census.half_weights;
  facts.budget = stores_few_bits(facts.compression) ? "int8" : halves ? "fp16" : "fp32";
  return facts;
}

}  // namespace wf
