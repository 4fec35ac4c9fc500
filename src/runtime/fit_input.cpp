#include <fmt/format.h>

#include <algorithm>

#include "runtime/feature_values.h"

namespace wf {
namespace {

std::string describe(const Datum& given) {
  if (const Tensor* tensor = given.tensor()) {
    return tensor->valid() ? fmt::format("{} {}", name_of(tensor->dtype()), to_string(tensor->shape()))
                           : "nothing";
  }
  return given.dict() ? "a dictionary" : given.list() ? "a list" : "no value";
}

Error does_not_fit(const Feature& feature, const Datum& given, std::string hint = {}) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("takes {}, given {}", to_string(feature), describe(given)),
          {},
          std::move(hint)};
}

bool in_range(int64_t size, const SizeRange& range) {
  return size >= range.lower && (range.upper < 0 || size <= range.upper);
}

bool is_open(const ArrayFeature& array) {
  return array.shape.empty() && array.enumerated.empty() && array.ranges.empty();
}

// A missing or an extra batch dimension is the commonest mistake; guessing would hide it from whoever made
// it.
std::string shape_hint(const ArrayFeature& array, const Shape& shape) {
  Shape longer = shape;
  longer.insert(longer.begin(), 1);
  if (allows(array, longer)) return fmt::format("add a leading dimension of 1: {}", to_string(longer));
  if (shape.size() > 1 && shape[0] == 1) {
    const Shape shorter(shape.begin() + 1, shape.end());
    if (allows(array, shorter)) return fmt::format("drop the leading dimension of 1: {}", to_string(shorter));
  }
  return {};
}

// Which size of a flexible shape is wrong, in the words of Apple's framework: people search for them, and
// coremltools' tests look for them (test_torch_conversion_api.py, TestTorchInputs).
std::string shape_fault(const ArrayFeature& array, const Shape& shape) {
  if (!array.enumerated.empty()) {
    return fmt::format("MultiArray Shape ({}) was not in enumerated set of allowed shapes",
                       fmt::join(shape, " x "));
  }
  for (size_t i = 0; i < array.ranges.size() && array.ranges.size() == shape.size(); ++i) {
    const SizeRange& range = array.ranges[i];
    if (in_range(shape[i], range)) continue;
    return fmt::format("Size ({}) of dimension ({}) is not in allowed range ({}..{})", shape[i], i,
                       range.lower, range.upper < 0 ? "" : std::to_string(range.upper));
  }
  return {};
}

Result<Tensor> fit_array(const Feature& feature, const ArrayFeature& array, const Tensor& given) {
  if (allows(array, given.shape())) return given;
  if (given.shape().empty() && allows(array, {1})) return given.reshaped({1});
  Error error = does_not_fit(feature, Datum(given), shape_hint(array, given.shape()));
  if (const std::string reason = shape_fault(array, given.shape()); !reason.empty())
    error.message += ": " + reason;
  return error;
}

// The program may write the same tensor with more or fewer leading ones: [] and [1], [3, 8, 8] and [1, 3, 8,
// 8].
std::optional<Shape> as_program_shape(const Shape& shape, const Shape& declared) {
  const auto first = std::ranges::find_if(shape, [](int64_t size) { return size != 1; });
  Shape fitted(first, shape.end());
  if (fitted.size() > declared.size()) return std::nullopt;
  if (shape.size() <= declared.size()) fitted = shape;  // keep ones that stand for sizes
  fitted.insert(fitted.begin(), declared.size() - fitted.size(), 1);
  const bool fits =
      std::ranges::equal(fitted, declared, [](int64_t size, int64_t d) { return d < 0 || size == d; });
  return fits ? std::optional(fitted) : std::nullopt;
}

Result<Datum> fit_to_program(const Feature& feature, const TensorType& type, const Tensor& tensor) {
  WF_TRY(Tensor fitted, convert_losslessly(tensor, type.dtype));
  if (!type.shape) return Datum(std::move(fitted));
  const auto shape = as_program_shape(fitted.shape(), *type.shape);
  if (!shape) {
    const bool callers_choice = feature.array() && is_open(*feature.array());
    return Error(callers_choice ? ErrorCode::kInvalidArgument : ErrorCode::kBadModel,
                 fmt::format("shape {} does not fit the program, which takes {}", to_string(fitted.shape()),
                             to_string(type)));
  }
  WF_TRY(fitted, fitted.reshaped(*shape));
  return Datum(std::move(fitted));
}

Result<const TensorType*> program_tensor(const Feature& feature, const TensorSpec& spec) {
  if (const TensorType* type = spec.type.tensor()) return type;
  return Error(ErrorCode::kUnsupported,
               fmt::format("the program takes {} for {}", to_string(spec.type), to_string(feature)));
}

}  // namespace

bool allows(const ArrayFeature& array, const Shape& shape) {
  if (is_open(array)) return true;
  if (!array.enumerated.empty()) return std::ranges::find(array.enumerated, shape) != array.enumerated.end();
  if (!array.ranges.empty()) return std::ranges::equal(shape, array.ranges, in_range);
  return shape == array.shape;
}

Result<Tensor> convert_losslessly(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  if (tensor.dtype() == DType::kString || dtype == DType::kString) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("takes {} values, given {}", name_of(dtype), name_of(tensor.dtype())));
  }
  WF_TRY(Tensor out, converted(tensor, dtype));
  if (is_floating(dtype)) return out;
  const bool from_floats = is_floating(tensor.dtype());
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const bool same =
        from_floats ? read_double(tensor, i) == read_double(out, i) : read_int(tensor, i) == read_int(out, i);
    if (same) continue;
    const std::string value =
        from_floats ? fmt::format("{}", read_double(tensor, i)) : fmt::format("{}", read_int(tensor, i));
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("takes {} values, element {} is {}", name_of(dtype), i, value));
  }
  return out;
}

namespace {

Result<Datum> fit_scalar(const Feature& feature, DType dtype, const Datum& given) {
  const Tensor* tensor = given.tensor();
  if (!tensor || tensor->size() != 1) return does_not_fit(feature, given);
  WF_TRY(const Tensor flat, tensor->reshaped({}));
  WF_TRY(Tensor fitted, convert_losslessly(flat, dtype));
  return Datum(std::move(fitted));
}

DType dtype_of(KeyKind kind) { return kind == KeyKind::kInt64 ? DType::kInt64 : DType::kString; }

// Keys stay what they are: descriptions made by coremltools declare texts where the model's own are integers.
Result<Datum> fit_dictionary(const Feature& feature, const Datum& given) {
  if (!given.dict()) return does_not_fit(feature, given);
  Dict fitted;
  for (const auto& [key, value] : given.dict()->items) {
    const bool text = key.tensor() && key.tensor()->dtype() == DType::kString;
    WF_TRY(Datum name, fit_scalar(feature, text ? DType::kString : DType::kInt64, key));
    WF_TRY(Datum number, fit_scalar(feature, DType::kFloat64, value));
    fitted.items.emplace_back(std::move(name), std::move(number));
  }
  return Datum(std::move(fitted));
}

Result<Datum> fit_sequence(const Feature& feature, const SequenceFeature& sequence, const Datum& given) {
  if (!given.list()) return does_not_fit(feature, given);
  List fitted;
  for (const Datum& item : given.list()->items) {
    WF_TRY(Datum one, fit_scalar(feature, dtype_of(sequence.element), item));
    fitted.items.push_back(std::move(one));
  }
  if (!in_range(static_cast<int64_t>(fitted.items.size()), sequence.size))
    return does_not_fit(feature, given);
  return Datum(std::move(fitted));
}

}  // namespace

Result<Datum> fit_input(const Feature& feature, const TensorSpec& spec, const Datum& given) {
  if (std::holds_alternative<DictFeature>(feature.type)) return fit_dictionary(feature, given);
  if (const auto* sequence = std::get_if<SequenceFeature>(&feature.type))
    return fit_sequence(feature, *sequence, given);
  WF_TRY(const TensorType* type, program_tensor(feature, spec));
  const Tensor* tensor = given.tensor();
  if (!tensor || !tensor->valid()) return does_not_fit(feature, given);
  Tensor fitted = *tensor;
  if (const ImageFeature* image = feature.image()) {
    WF_TRY(fitted, fit_image(feature, *image, *tensor));
  } else if (const ArrayFeature* array = feature.array()) {
    WF_TRY(fitted, fit_array(feature, *array, *tensor));
  } else if (tensor->size() != 1) {
    return does_not_fit(feature, given);
  }
  return fit_to_program(feature, *type, fitted);
}

Result<Datum> default_input(const Feature& feature, const TensorSpec& spec) {
  WF_TRY(const TensorType* type, program_tensor(feature, spec));
  Shape shape;
  double value = 0;
  if (const ImageFeature* image = feature.image()) {
    shape = {1, channels(image->layout), image->height, image->width};
  } else if (const ArrayFeature* array = feature.array()) {
    shape = array->shape;
    value = array->fallback.value_or(0);
    if (is_open(*array) && type->is_static()) shape = *type->shape;
  }
  WF_TRY(Tensor filled, Tensor::allocate(type->dtype, shape));
  if (value != 0) {
    const std::vector<double> values(static_cast<size_t>(filled.size()), value);
    write_doubles(filled, 0, values);
  }
  return fit_to_program(feature, *type, filled);
}

}  // namespace wf
