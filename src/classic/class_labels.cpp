#include "classic/class_labels.h"

namespace wf {
namespace {

std::string_view output_of_kind(const Interface& interface, bool dictionary) {
  for (const Feature& feature : interface.outputs) {
    if (std::holds_alternative<DictFeature>(feature.type) == dictionary) return feature.name;
  }
  return {};
}

}  // namespace

std::string_view label_output(const Interface& interface) {
  const std::string& named = interface.predicted_feature_name;
  return named.empty() ? output_of_kind(interface, false) : std::string_view(named);
}

std::string_view probabilities_output(const Interface& interface) {
  const std::string& named = interface.predicted_probabilities_name;
  return named.empty() ? output_of_kind(interface, true) : std::string_view(named);
}

Status put_class(ClassicCall& call, const Keys& labels, size_t best, std::span<const double> probabilities) {
  WF_TRY(Datum label, key_scalar(labels[best]));
  call.set(label_output(call.interface()), std::move(label));
  const std::string_view name = probabilities_output(call.interface());
  if (!call.output_feature(name)) return {};
  Dict dict;
  dict.items.reserve(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    WF_TRY(Datum key, key_scalar(labels[i]));
    WF_TRY(Datum value, number_scalar(probabilities[i]));
    dict.items.emplace_back(std::move(key), std::move(value));
  }
  call.set(name, Datum(std::move(dict)));
  return {};
}

size_t index_of_largest(std::span<const double> values) {
  size_t best = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[best] || (values[best] != values[best] && values[i] == values[i])) best = i;
  }
  return best;
}

}  // namespace wf
