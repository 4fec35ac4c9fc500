#include "values.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "errors.h"

namespace nb = nanobind;

namespace wf::python {
namespace {

std::string class_name(nb::handle object) { return nb::inst_name(object).c_str(); }

Result<Datum> whole_number(nb::handle object) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
  WF_REQUIRE(overflow == 0, kInvalidArgument, "an integer beyond 64 bits");
  const auto number = static_cast<int64_t>(value);
  WF_TRY(Tensor scalar, Tensor::of_ints(DType::kInt64, {}, std::span(&number, 1)));
  return Datum(std::move(scalar));
}

Result<Datum> dictionary(const nb::dict& given) {
  Dict out;
  for (const auto [key, value] : given) {
    WF_TRY(Datum out_key, datum_from_object(key));
    WF_TRY(Datum number, datum_from_object(value));
    WF_REQUIRE(number.tensor() && number.tensor()->size() == 1 && number.tensor()->dtype() != DType::kString,
               kInvalidArgument,
               fmt::format("a dictionary holds a {}; its values are numbers", class_name(value)));
    WF_TRY(Tensor as_double, Tensor::scalar(DType::kFloat64, read_double(*number.tensor(), 0)));
    out.items.emplace_back(std::move(out_key), std::move(as_double));
  }
  return Datum(std::move(out));
}

Result<Datum> sequence(nb::handle given) {
  List out;
  for (nb::handle item : given) {
    WF_TRY(Datum value, datum_from_object(item));
    out.items.push_back(std::move(value));
  }
  return Datum(std::move(out));
}

nb::object scalar_object(const Tensor& tensor, int64_t index) {
  if (tensor.dtype() == DType::kString) return nb::cast(tensor.strings()[static_cast<size_t>(index)]);
  if (is_floating(tensor.dtype())) return nb::float_(read_double(tensor, index));
  return nb::int_(read_int(tensor, index));
}

nb::object key_object(const Datum& datum) {
  const Tensor* tensor = datum.tensor();
  if (!tensor || tensor->size() != 1)
    raise({ErrorCode::kInternal, "a dictionary or sequence holds more than single values"});
  return scalar_object(*tensor, 0);
}

bool lies_in(const Tensor& tensor, const Features& inputs) {
  const std::byte* at = tensor.bytes().data();
  for (const auto& [name, given] : inputs) {
    const Tensor* input = given.tensor();
    if (!input || input->byte_size() == 0) continue;
    const Bytes range = input->bytes();
    if (std::less_equal<>()(range.data(), at) && std::less<>()(at, range.data() + range.size())) return true;
  }
  return false;
}

}  // namespace

Result<Datum> datum_from_object(nb::handle object) {
  if (PyLong_Check(object.ptr())) return whole_number(object);
  if (PyFloat_Check(object.ptr())) {
    WF_TRY(Tensor scalar, Tensor::scalar(DType::kFloat64, PyFloat_AsDouble(object.ptr())));
    return Datum(std::move(scalar));
  }
  if (nb::isinstance<nb::str>(object)) return string_scalar(nb::cast<std::string>(object));
  if (nb::isinstance<nb::dict>(object)) return dictionary(nb::borrow<nb::dict>(object));
  if (nb::isinstance<nb::list>(object) || nb::isinstance<nb::tuple>(object)) return sequence(object);
  WF_TRY(std::optional<Tensor> tensor, tensor_from_array(object));
  if (!tensor) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("a value of type {} is not taken", class_name(object)), {},
                 "give a number, text, a dictionary, a list, or an array (buffer protocol or DLPack)");
  }
  return Datum(*std::move(tensor));
}

Features features_from_dict(const nb::dict& dict) {
  Features features;
  for (const auto [key, value] : dict) {
    if (!nb::isinstance<nb::str>(key))
      raise({ErrorCode::kInvalidArgument, fmt::format("an input's name is a {}, not text", class_name(key))});
    std::string name = nb::cast<std::string>(key);
    auto datum = datum_from_object(value);
    if (!datum) raise(std::move(datum).error().at(fmt::format("input '{}'", name)));
    features.emplace_back(std::move(name), *std::move(datum));
  }
  return features;
}

nb::object object_from_datum(Datum datum, const Feature& feature) {
  if (const Dict* dict = datum.dict()) {
    nb::dict out;
    for (const auto& [key, value] : dict->items) out[key_object(key)] = key_object(value);
    return out;
  }
  if (const List* list = datum.list()) {
    nb::list out;
    for (const Datum& item : list->items) out.append(key_object(item));
    return out;
  }
  const Tensor* tensor = datum.tensor();
  if (!tensor) raise({ErrorCode::kInternal, fmt::format("'{}' has no value", feature.name)});
  const bool is_array =
      feature.array() || feature.image() || std::holds_alternative<StateFeature>(feature.type);
  if (tensor->dtype() == DType::kString || (!is_array && tensor->size() == 1))
    return scalar_object(*tensor, 0);
  return array_from_tensor(std::get<Tensor>(std::move(datum.of)));
}

nb::dict dict_from_features(Features outputs, const Interface& interface) {
  nb::dict out;
  for (auto& [name, datum] : outputs) {
    const Feature* feature = interface.find_output(name);
    if (!feature) raise({ErrorCode::kInternal, fmt::format("output '{}' is not described", name)});
    out[nb::str(name.c_str(), name.size())] = object_from_datum(std::move(datum), *feature);
  }
  return out;
}

Status own_states(ModelState& state, const Features& inputs) {
  for (auto& [name, cell] : state.cells) {
    if (cell && lies_in(cell->tensor, inputs)) {
      WF_TRY(cell->tensor, owned_copy(cell->tensor));
    }
  }
  return {};
}

}  // namespace wf::python
