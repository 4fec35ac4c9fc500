// classify: the label of the highest probability, and a dictionary of all of them.
#include <fmt/format.h>

#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("probabilities").of(kFloats), Param("classes").any().constant()};

// The literal of class labels is a list of scalars in protobuf files, and may be a vector elsewhere.
struct Labels {
  std::vector<Tensor> scalars;
  DType dtype = DType::kString;
};

Result<Labels> labels_of(const Call& call) {
  Labels labels;
  const auto add = [&](Tensor label) -> Status {
    if (label.size() != 1 || (label.dtype() != DType::kString && !is_integer(label.dtype()))) {
      return call.error("'classes' must hold strings or integers");
    }
    WF_TRY(Tensor scalar, label.reshaped({}));
    if (is_integer(scalar.dtype())) {
      WF_TRY(scalar, converted(scalar, DType::kInt64));
    }
    if (!labels.scalars.empty() && scalar.dtype() != labels.dtype)
      return call.error("'classes' mixes strings and integers");
    labels.dtype = scalar.dtype();
    labels.scalars.push_back(std::move(scalar));
    return {};
  };
  const Datum* classes = call.value("classes");
  if (const List* list = classes ? classes->list() : nullptr) {
    for (const Datum& item : list->items) {
      if (!item.tensor()) return call.error("'classes' must hold strings or integers");
      WF_CHECK(add(*item.tensor()));
    }
  } else if (const Tensor* vector = call.tensor("classes")) {
    for (int64_t i = 0; i < vector->size(); ++i) {
      if (vector->dtype() == DType::kString) {
        WF_TRY(Tensor label, Tensor::of_strings({}, {vector->strings()[static_cast<size_t>(i)]}));
        WF_CHECK(add(std::move(label)));
      } else {
        const int64_t value = read_int(*vector, i);
        WF_TRY(Tensor label, Tensor::of_ints(is_integer(vector->dtype()) ? DType::kInt64 : vector->dtype(),
                                             {}, std::span(&value, 1)));
        WF_CHECK(add(std::move(label)));
      }
    }
  }
  if (labels.scalars.empty()) return call.error("'classes' holds no label");
  return labels;
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const Labels labels, labels_of(call));
  const auto count = element_count(call.shape("probabilities"));  // an error while sizes are unknown
  if (count && *count != static_cast<int64_t>(labels.scalars.size())) {
    return call.error(fmt::format("{} probabilities for {} classes", *count, labels.scalars.size()));
  }
  const ValueType label = tensor_type(labels.dtype, {});
  const DictType all{std::make_shared<const ValueType>(label),
                     std::make_shared<const ValueType>(tensor_type(DType::kFloat64, {}))};
  return std::vector<ValueType>{label, all};
}

Status reference(Evaluation& eval) {
  WF_TRY(const Labels labels, labels_of(eval));
  const std::vector<double> probabilities = read_doubles(eval.input("probabilities"));
  Dict all;
  size_t best = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] > probabilities[best]) best = i;
    WF_TRY(Tensor value, Tensor::scalar(DType::kFloat64, probabilities[i]));
    all.items.emplace_back(labels.scalars[i], std::move(value));
  }
  eval.set_output(0, labels.scalars[best]);
  eval.set_output(1, Datum(std::move(all)));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "classify",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .doc = "(label, {label: probability}): the label of the highest of `probabilities` (a tensor of any "
           "shape with one element "
           "per class; the first of equals wins) and the probability of each label in the order of "
           "`classes`, which are "
           "strings or 64-bit integers. Source: MIL, iOS15 classify.",
}};

}  // namespace

WF_OP_FILE(classify, kDefs);
}  // namespace wf
