// make_list, list_length, list_read, list_write, list_gather, list_scatter: lists of tensors, as loops build
// them.
#include <fmt/format.h>

#include <algorithm>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kList = Param("ls").any(), kIndex = Param("index").ints(), kIndices = Param("indices").ints();
constexpr Param kValue = Param("value").of(kMovable17);
constexpr Param kMake[] = {
    Param("init_length").ints().or_integer(1), Param("dynamic_length").flags().constant().or_flag(true),
    Param("elem_shape").constant().optional().variadic(), Param("dtype").text().constant().or_text("fp32")};
constexpr Param kLength[] = {kList};
constexpr Param kRead[] = {kList, kIndex};
constexpr Param kWrite[] = {kList, kIndex, kValue};
constexpr Param kGather[] = {kList, kIndices};
constexpr Param kScatter[] = {kList, kIndices, kValue};

// A list holds one step of a sequence each; an absurd length in a file must not take the memory.
constexpr int64_t kMaxLength = 1 << 20;

Result<const ListType*> list_type(const Call& call) {
  const ListType* type = call.type("ls").list();
  if (!type && call.type("ls").known())
    return call.error(fmt::format("'ls' is {}, expected a list", to_string(call.type("ls"))));
  return type;
}

// The type of the elements, or null while unknown.
Result<const TensorType*> element_type(const Call& call) {
  WF_TRY(const ListType* type, list_type(call));
  return type && type->element ? type->element->tensor() : nullptr;
}

// ---- make_list ----

Result<TensorType> made_element(const Call& call) {
  const std::string name = call.text("dtype");
  const auto dtype = dtype_from_name(name);
  if (!dtype || !kMovable17.contains(*dtype)) return call.error(fmt::format("elements cannot be '{}'", name));
  TensorType type{*dtype, Shape{}};
  // Each size is an integer, or the name of a symbol whose size only running tells.
  for (size_t i = 0; i < call.count("elem_shape"); ++i) {
    const Tensor* sizes = call.tensor("elem_shape", i);
    if (!sizes) return call.error("'elem_shape' must be constant");
    for (int64_t k = 0; k < sizes->size(); ++k) {
      const int64_t size = is_integer(sizes->dtype()) ? read_int(*sizes, k) : kUnknownSize;
      type.shape->push_back(std::max(size, kUnknownSize));
    }
  }
  if (static_cast<int64_t>(type.shape->size()) > kMaxRank)
    return call.error(fmt::format("rank {} is more than {}", type.shape->size(), kMaxRank));
  if (!call.has("elem_shape")) type.shape.reset();
  return type;
}

// What an element holds before it is written: zeros, or nothing where its shape is not known.
Result<Datum> blank_element(const Evaluation& eval, const TensorType* type) {
  if (!type || !type->is_static()) return Datum();
  WF_TRY(Tensor zeros, Tensor::allocate(eval.storage(type->dtype), *type->shape));
  return Datum(std::move(zeros));
}

Result<std::vector<ValueType>> infer_make(const Call& call) {
  WF_TRY(TensorType element, made_element(call));
  return std::vector<ValueType>{
      ListType{std::make_shared<const ValueType>(std::move(element)), kUnknownSize}};
}

Status make_list(Evaluation& eval) {
  WF_TRY(const TensorType element, made_element(eval));
  const int64_t length = eval.integer("init_length");
  if (length < 0 || length > kMaxLength)
    return eval.error(fmt::format("init_length is {}, expected 0 to {}", length, kMaxLength));
  WF_TRY(const Datum blank, blank_element(eval, &element));
  eval.set_output(0, List{std::vector<Datum>(static_cast<size_t>(length), blank)});
  return {};
}

// ---- reading ----

Result<const List*> list_of(const Evaluation& eval) {
  const List* list = eval.value("ls")->list();
  if (!list) return eval.error("'ls' is not a list");
  return list;
}

Result<Tensor> element(const Evaluation& eval, const List& list, int64_t index) {
  const auto length = static_cast<int64_t>(list.items.size());
  if (index < 0 || index >= length) {
    return Error(ErrorCode::kRuntime, fmt::format("index {} is outside a list of {}", index, length),
                 eval.op().label());
  }
  if (const Tensor* tensor = list.items[static_cast<size_t>(index)].tensor()) return *tensor;
  return Error(ErrorCode::kRuntime,
               fmt::format("element {} was never written, and its shape is not known", index),
               eval.op().label());
}

Result<std::vector<ValueType>> infer_length(const Call& call) {
  WF_CHECK(list_type(call));
  return std::vector<ValueType>{tensor_type(DType::kInt32, {})};
}

Status list_length(Evaluation& eval) {
  WF_TRY(const List* list, list_of(eval));
  WF_TRY(Tensor length, Tensor::scalar(DType::kInt32, static_cast<double>(list->items.size())));
  eval.set_output(0, std::move(length));
  return {};
}

Result<std::vector<ValueType>> infer_read(const Call& call) {
  WF_TRY(const TensorType* element, element_type(call));
  return std::vector<ValueType>{element ? ValueType(*element) : ValueType()};
}

Status list_read(Evaluation& eval) {
  WF_TRY(const List* list, list_of(eval));
  WF_TRY(Tensor read, element(eval, *list, eval.integer("index")));
  eval.set_output(0, std::move(read));
  return {};
}

Result<std::vector<ValueType>> infer_gather(const Call& call) {
  WF_TRY(const TensorType* element, element_type(call));
  if (call.rank("indices") != 1)
    return call.error(fmt::format("'indices' must be a vector, found rank {}", call.rank("indices")));
  if (!element || !element->shape)
    return std::vector<ValueType>{element ? tensor_type_of_unknown_rank(element->dtype) : ValueType()};
  Shape out = *element->shape;
  out.insert(out.begin(), call.shape("indices")[0]);
  return std::vector<ValueType>{tensor_type(element->dtype, std::move(out))};
}

// No index: the elements' shape must be known from the type.
Result<Tensor> gathered_nothing(const Evaluation& eval) {
  WF_TRY(const TensorType* type, element_type(eval));
  if (!type || !type->is_static()) {
    return Error(ErrorCode::kRuntime, "no index, and the elements' shape is not known", eval.op().label());
  }
  Shape shape = *type->shape;
  shape.insert(shape.begin(), 0);
  return Tensor::allocate(eval.storage(type->dtype), std::move(shape));
}

Result<Tensor> gathered(const Evaluation& eval, const List& list, const std::vector<int64_t>& indices) {
  WF_TRY(const Tensor first, element(eval, list, indices[0]));
  Shape shape = first.shape();
  shape.insert(shape.begin(), static_cast<int64_t>(indices.size()));
  WF_TRY(Tensor out, Tensor::allocate(first.dtype(), std::move(shape)));
  auto target = out.mutable_bytes().begin();
  for (const int64_t index : indices) {
    WF_TRY(const Tensor each, element(eval, list, index));
    if (each.shape() != first.shape() || each.dtype() != first.dtype()) {
      return Error(ErrorCode::kRuntime,
                   fmt::format("element {} has shape {}, element {} has {}", index, to_string(each.shape()),
                               indices[0], to_string(first.shape())),
                   eval.op().label());
    }
    target = std::ranges::copy(each.bytes(), target).out;
  }
  return out;
}

Status list_gather(Evaluation& eval) {
  WF_TRY(const List* list, list_of(eval));
  const auto indices = *eval.ints("indices");
  WF_TRY(Tensor out, indices.empty() ? gathered_nothing(eval) : gathered(eval, *list, indices));
  eval.set_output(0, std::move(out));
  return {};
}

// ---- writing ----

// The list with elements of `written` type; what was known of the elements before stays.
Result<std::vector<ValueType>> written_list(const Call& call, TensorType written) {
  WF_TRY(const TensorType* element, element_type(call));
  if (element && element->dtype != written.dtype) {
    return call.error(
        fmt::format("'value' is {}, the list holds {}", name_of(written.dtype), name_of(element->dtype)));
  }
  TensorType type = element ? *element : std::move(written);
  return std::vector<ValueType>{ListType{std::make_shared<const ValueType>(std::move(type)), kUnknownSize}};
}

// Writes one element, growing the list where needed; elements in between are blank.
Status put(const Evaluation& eval, List& list, int64_t index, Tensor value) {
  if (index < 0 || index >= kMaxLength) {
    return Error(ErrorCode::kRuntime, fmt::format("index {} is outside [0, {})", index, kMaxLength),
                 eval.op().label());
  }
  const auto at = static_cast<size_t>(index);
  if (at >= list.items.size()) {
    WF_TRY(const TensorType* type, element_type(eval));
    WF_TRY(const Datum blank, blank_element(eval, type));
    list.items.resize(at + 1, blank);
  }
  list.items[at] = std::move(value);
  return {};
}

Result<std::vector<ValueType>> infer_write(const Call& call) {
  return written_list(call, *call.type("value").tensor());
}

Status list_write(Evaluation& eval) {
  WF_TRY(const List* list, list_of(eval));
  List out = *list;
  WF_CHECK(put(eval, out, eval.integer("index"), eval.input("value")));
  eval.set_output(0, std::move(out));
  return {};
}

Result<std::vector<ValueType>> infer_scatter(const Call& call) {
  const Shape& value = call.shape("value");
  const Shape& indices = call.shape("indices");
  if (indices.size() != 1 || value.empty() || (value[0] >= 0 && indices[0] >= 0 && value[0] != indices[0])) {
    return call.error(
        fmt::format("values of shape {} for indices of shape {}", to_string(value), to_string(indices)));
  }
  return written_list(call, TensorType{call.dtype("value"), Shape(value.begin() + 1, value.end())});
}

Status list_scatter(Evaluation& eval) {
  WF_TRY(const List* list, list_of(eval));
  const Tensor& value = eval.input("value");
  const auto indices = *eval.ints("indices");
  const Shape each(value.shape().begin() + 1, value.shape().end());
  List out = *list;
  for (size_t i = 0; i < indices.size(); ++i) {
    WF_TRY(Tensor part, Tensor::allocate(value.dtype(), each));
    const auto size = static_cast<size_t>(part.byte_size());
    std::ranges::copy(value.bytes().subspan(i * size, size), part.mutable_bytes().begin());
    WF_CHECK(put(eval, out, indices[i], std::move(part)));
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "make_list",
     .params = kMake,
     .infer = infer_make,
     .reference = make_list,
     .doc = "A list of `init_length` elements of `elem_shape` (integers, or names of sizes only running "
            "tells) and `dtype`. They "
            "hold zeros until written. Every list grows on demand, whatever dynamic_length says. Source: "
            "MIL, iOS15 control_flow."},
    {.name = "list_length",
     .params = kLength,
     .infer = infer_length,
     .reference = list_length,
     .doc = "The number of elements, an int32 scalar. Source: MIL, iOS15 control_flow."},
    {.name = "list_read",
     .params = kRead,
     .infer = infer_read,
     .reference = list_read,
     .doc = "Element `index`; one outside the list is an error. Source: MIL, iOS15 control_flow."},
    {.name = "list_write",
     .params = kWrite,
     .infer = infer_write,
     .reference = list_write,
     .doc = "A new list with `value` at `index`; it grows where the index is past its end. Source: MIL, "
            "iOS15 control_flow."},
    {.name = "list_gather",
     .params = kGather,
     .infer = infer_gather,
     .reference = list_gather,
     .doc = "The elements at `indices`, stacked on a new first dimension; they must have one shape. Source: "
            "MIL, iOS15 "
            "control_flow."},
    {.name = "list_scatter",
     .params = kScatter,
     .infer = infer_scatter,
     .reference = list_scatter,
     .doc = "A new list with value[i] at indices[i] for every i; it grows where an index is past its end. "
            "Source: MIL, iOS15 "
            "control_flow."},
};

}  // namespace

WF_OP_FILE(list, kDefs);
}  // namespace wf
