#include "support/support.h"

#include <cmath>
#include <cstdlib>
#include <numeric>

namespace wf::test {

Tensor of(DType dtype, Shape shape, std::vector<double> values) {
  auto tensor = Tensor::of_doubles(dtype, std::move(shape), values);
  if (!tensor) {
    ADD_FAILURE() << tensor.error().to_string();
    return {};
  }
  return *tensor;
}
Tensor f16(Shape shape, std::vector<double> values) {
  return of(DType::kFloat16, std::move(shape), std::move(values));
}
Tensor f32(Shape shape, std::vector<double> values) {
  return of(DType::kFloat32, std::move(shape), std::move(values));
}
namespace {
Tensor of_ints(DType dtype, Shape shape, const std::vector<int64_t>& values) {
  auto tensor = Tensor::of_ints(dtype, std::move(shape), values);
  if (!tensor) {
    ADD_FAILURE() << tensor.error().to_string();
    return {};
  }
  return *tensor;
}
}  // namespace
Tensor i32(Shape shape, std::vector<int64_t> values) {
  return of_ints(DType::kInt32, std::move(shape), values);
}
Tensor bools(Shape shape, std::vector<int64_t> values) {
  return of_ints(DType::kBool, std::move(shape), values);
}
Tensor text(std::string value) { return *(*string_scalar(std::move(value))).tensor(); }

Tensor iota(Shape shape) {
  const auto count = element_count(shape);
  std::vector<double> values(count ? static_cast<size_t>(*count) : 0);
  std::iota(values.begin(), values.end(), 0.0);
  return f32(std::move(shape), std::move(values));
}

Result<std::vector<Datum>> run_op(std::string_view type, std::vector<NamedInput> inputs, size_t outputs,
                                  Opset opset, Reading reading) {
  Op op;
  op.type = type;
  std::vector<ValueType> types;
  std::vector<Datum> widened;
  for (NamedInput& input : inputs) {
    Argument argument{input.name, {}};
    for (Datum& value : input.values) argument.bindings.emplace_back(Constant{type_of(value), value, {}, {}});
    op.inputs.push_back(std::move(argument));
  }
  for (uint32_t i = 0; i < outputs; ++i) op.outputs.push_back({i});
  if (reading == Reading::kExact) {  // as the engine does: floating values are doubles, declared types stay
    for (Argument& argument : op.inputs) {
      for (Binding& binding : argument.bindings) {
        auto& constant = std::get<Constant>(binding);
        const Tensor* tensor = constant.data.tensor();
        if (!tensor || !is_floating(tensor->dtype())) continue;
        WF_TRY(Tensor wide, converted(*tensor, DType::kFloat64));
        constant.data = Datum(std::move(wide));
      }
    }
  }
  const auto no_type = [](ValueId) -> const ValueType* { return nullptr; };
  const auto no_value = [](ValueId) -> const Datum* { return nullptr; };
  WF_TRY(Call call, make_call(op, opset, no_type, no_value));
  WF_TRY(types, infer_types(call));
  if (types.size() != outputs) {
    return Error(ErrorCode::kInternal, "infer gives " + std::to_string(types.size()) +
                                           " outputs, the test expects " + std::to_string(outputs));
  }
  EngineServices services;
  services.reading = reading;
  Evaluation evaluation(std::move(call), types, services);
  WF_CHECK(evaluation.def().reference(evaluation));
  return evaluation.take_outputs();
}

Tensor run_op1(std::string_view type, std::vector<NamedInput> inputs, Opset opset) {
  auto outputs = run_op(type, std::move(inputs), 1, opset);
  if (!outputs) {
    ADD_FAILURE() << outputs.error().to_string();
    return {};
  }
  const Tensor* tensor = (*outputs)[0].tensor();
  if (!tensor) {
    ADD_FAILURE() << "the output is not a tensor";
    return {};
  }
  return *tensor;
}

void expect_near(const Tensor& actual, const Shape& shape, const std::vector<double>& expected,
                 double tolerance) {
  ASSERT_TRUE(actual.valid());
  ASSERT_EQ(to_string(actual.shape()), to_string(shape));
  ASSERT_EQ(actual.size(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double value = read_double(actual, static_cast<int64_t>(i));
    if (std::isnan(expected[i]) && std::isnan(value)) continue;
    if (value == expected[i]) continue;  // infinities
    EXPECT_NEAR(value, expected[i], tolerance * (1 + std::fabs(expected[i]))) << "element " << i;
  }
}

std::filesystem::path source_folder() { return WINDFALL_SOURCE_DIR; }
std::filesystem::path build_folder() { return WINDFALL_BINARY_DIR; }

std::filesystem::path scratch_folder(std::string_view name) {
  const std::filesystem::path folder = build_folder() / "scratch" / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::filesystem::path corpus_folder() {
  const char* elsewhere = std::getenv("WINDFALL_CORPUS");
  const std::filesystem::path folder =
      elsewhere ? std::filesystem::path(elsewhere) : source_folder() / ".." / "shared" / "corpus";
  return std::filesystem::exists(folder / "INDEX.md") ? std::filesystem::canonical(folder)
                                                      : std::filesystem::path();
}

}  // namespace wf::test
