// The fast engine against the reference: every sample of every operation, planned for each instruction set
// this machine has, for one thread and for three, in fp32 and fp16, with ordinary and with hostile values.
#include <algorithm>
#include <limits>

#include "engine/reference/interpreter.h"
#include "ops/builder.h"
#include "ops/sample.h"
#include "passes/static_function.h"
#include "plan/planner.h"
#include "support/support.h"

namespace wf::test {
namespace {

constexpr uint64_t kSeed = 20240607;

// Which arguments the caller gives when the function runs; the others are constants of the program.
enum class Given : uint8_t { kFirst, kAll };

struct Made {
  std::shared_ptr<const Program> program;
  std::vector<Datum> inputs;
  const Function& function() const { return program->functions[0]; }
};

bool can_be_input(const Param* param, const Datum& value) {
  const Tensor* tensor = value.tensor();
  if (!tensor || !param || param->is_constant() || param->kind() != Param::Kind::kTensor) return false;
  return tensor->dtype() == DType::kFloat16 || tensor->dtype() == DType::kFloat32 ||
         tensor->dtype() == DType::kInt32 || tensor->dtype() == DType::kBool;
}

// A program of the one operation with so many outputs; nothing if it does not have as many, or no argument
// can be an input.
std::optional<Made> make(const OpDef& def, const std::vector<SampleArgument>& arguments, Given given,
                         size_t outputs) {
  Program program;
  program.functions.emplace_back();
  program.functions[0].name = "main";
  program.functions[0].opset = def.since;
  Builder build(program.functions[0]);
  Made made;
  Builder::ArgumentList bound;
  for (const SampleArgument& argument : arguments) {
    const auto param = std::ranges::find(def.params, argument.name, &Param::name);
    std::vector<ValueId> ids;
    for (const Datum& value : argument.values) {
      const bool wanted = given == Given::kAll || made.inputs.empty();
      if (wanted && can_be_input(param == def.params.end() ? nullptr : &*param, value)) {
        ids.push_back(build.input(argument.name + std::to_string(ids.size()), type_of(value)));
        made.inputs.push_back(value);
      } else if (value.tensor()) {
        ids.push_back(build.constant(*value.tensor()));
      } else {
        return std::nullopt;
      }
    }
    bound.emplace_back(argument.name, ids);
  }
  build.set_outputs(build.op_list(def.name, bound, outputs));
  if (made.inputs.empty() || !build.ok()) return std::nullopt;
  made.program = std::make_shared<const Program>(std::move(program));
  return made;
}

std::optional<Made> make(const OpDef& def, const std::vector<SampleArgument>& arguments, Given given) {
  for (size_t outputs = 1; outputs <= 8; ++outputs) {
    if (auto made = make(def, arguments, given, outputs)) return made;
  }
  return std::nullopt;
}

Result<std::vector<Tensor>> exact_outputs(const Made& made) {
  WF_TRY(const auto reference, ReferenceFunction::prepare(made.program, ""));
  std::vector<Datum> wide;
  for (const Datum& input : made.inputs) {
    const Tensor& tensor = *input.tensor();
    if (is_floating(tensor.dtype())) {
      WF_TRY(Tensor doubles, converted(tensor, DType::kFloat64));
      wide.emplace_back(std::move(doubles));
    } else {
      wide.push_back(input);
    }
  }
  RunOptions options;
  options.reading = Reading::kExact;
  WF_TRY(const std::vector<Datum> outputs, reference->run(wide, options));
  std::vector<Tensor> tensors;
  for (const Datum& output : outputs) {
    if (!output.tensor()) return Error(ErrorCode::kUnsupported, "not a tensor");
    tensors.push_back(*output.tensor());
  }
  return tensors;
}

// Nothing if the function is not one to be planned.
Result<std::unique_ptr<Plan>> planned(const Made& made, const PlanOptions& options) {
  std::vector<Shape> shapes;
  for (const Datum& input : made.inputs) shapes.push_back(input.tensor()->shape());
  WF_TRY(StaticFunction known, specialize(made.function(), shapes));
  if (!known.rest.empty()) return std::unique_ptr<Plan>();
  return make_plan(made.function(), std::move(known), options);
}

double scale_of(std::span<const double> values) {
  double scale = 0;
  for (const double value : values) {
    if (std::isfinite(value)) scale = std::max(scale, std::fabs(value));
  }
  return scale;
}

void expect_close(const Tensor& actual, const Tensor& expected, Tolerance tolerance, bool hostile) {
  ASSERT_EQ(to_string(actual.shape()), to_string(expected.shape()));
  const std::vector<double> a = read_doubles(actual), b = read_doubles(expected);
  const bool half = actual.dtype() == DType::kFloat16;
  const double relative = half ? tolerance.fp16 : is_floating(actual.dtype()) ? tolerance.fp32 : 0;
  const double allowed = relative * scale_of(b) + (half ? 0x1p-24 : is_floating(actual.dtype()) ? 1e-37 : 0);
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i]) || std::isnan(a[i])) {
      EXPECT_EQ(std::isnan(a[i]), std::isnan(b[i])) << "element " << i << ": " << a[i] << " against " << b[i];
    } else if (half && std::fabs(b[i]) > 65504) {
      EXPECT_GT(std::fabs(a[i]), 65000) << "element " << i;
    } else if (std::isinf(b[i]) || std::isinf(a[i])) {
      // Beyond fp32 a double goes on.
      const bool overflown =
          std::isinf(a[i]) && std::fabs(b[i]) > 3e38 && std::signbit(a[i]) == std::signbit(b[i]);
      EXPECT_TRUE(a[i] == b[i] || overflown) << "element " << i << ": " << a[i] << " against " << b[i];
    } else {
      EXPECT_LE(std::fabs(a[i] - b[i]), allowed)
          << "element " << i << ": " << a[i] << " against " << b[i] << (hostile ? " (hostile values)" : "");
    }
  }
}

void run_and_compare(const Made& made, const OpDef& def, bool hostile, int* planned_cases) {
  const auto expected = exact_outputs(made);
  std::vector<Tensor> given;
  for (const Datum& input : made.inputs) given.push_back(*input.tensor());
  for (const Isa isa : usable_isas()) {
    std::vector<Tensor> first;
    for (const int threads : {1, 3}) {
      SCOPED_TRACE(std::string(name_of(isa)) + ", " + std::to_string(threads) + " threads");
      auto plan = planned(made, {.isa = isa, .threads = threads, .weights = nullptr});
      if (!plan) {
        EXPECT_FALSE(expected.ok()) << plan.error().to_string();
        continue;
      }
      if (!*plan) return;
      ++*planned_cases;
      ThreadPool pool(threads);
      const auto outputs = (*plan)->run(given, pool, {});
      if (!expected) {
        if (outputs) continue;  // a value the exact reading refuses
        EXPECT_NE(outputs.error().code, ErrorCode::kInternal) << outputs.error().to_string();
        continue;
      }
      ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
      ASSERT_EQ(outputs->size(), expected->size());
      for (size_t i = 0; i < outputs->size(); ++i) {
        expect_close((*outputs)[i], (*expected)[i], def.tolerance, hostile);
        if (!first.empty()) {
          EXPECT_TRUE(same_bits((*outputs)[i], first[i])) << "other bits with another number of threads";
        }
      }
      if (first.empty()) first = *outputs;
      // Once more in the same memory.
      const auto again = (*plan)->run(given, pool, {});
      ASSERT_TRUE(again.ok());
      for (size_t i = 0; i < again->size(); ++i) {
        EXPECT_TRUE(same_bits((*again)[i], (*outputs)[i])) << "other bits when run again";
      }
    }
  }
}

// NaN, infinities, a denormal and negative zero among the inputs.
Made with_hostile_values(Made made) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kHostile[] = {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity, 6e-8, -0.0};
  size_t next = 0;
  for (Datum& input : made.inputs) {
    const Tensor& tensor = *input.tensor();
    if (!is_floating(tensor.dtype())) continue;
    std::vector<double> elements = read_doubles(tensor);
    for (size_t i = 0; i < elements.size(); i += 3) elements[i] = kHostile[next++ % std::size(kHostile)];
    input = of(tensor.dtype(), tensor.shape(), std::move(elements));
  }
  return made;
}

class CpuSweep : public testing::TestWithParam<const OpDef*> {};

TEST_P(CpuSweep, AgreesWithTheReference) {
  const OpDef& def = *GetParam();
  int planned_cases = 0;
  for (const std::string_view sample : def.samples) {
    for (const DType float_type : {DType::kFloat32, DType::kFloat16}) {
      for (const Given given : {Given::kFirst, Given::kAll}) {
        SCOPED_TRACE(std::string(name_of(float_type)) + (given == Given::kAll ? ", all given: " : ": ") +
                     std::string(sample));
        WF_ASSERT_OK_AND_ASSIGN(const auto arguments, parse_sample(sample, float_type, kSeed));
        const std::optional<Made> made = make(def, arguments, given);
        if (!made) continue;
        run_and_compare(*made, def, false, &planned_cases);
        run_and_compare(with_hostile_values(*made), def, true, &planned_cases);
      }
    }
  }
  if (planned_cases == 0) GTEST_SKIP() << "not an operation that is planned";
}

INSTANTIATE_TEST_SUITE_P(Operations, CpuSweep, testing::ValuesIn(all_ops()), [](const auto& info) {
  return std::string(info.param->name) + "_" + std::string(text_name(info.param->since));
});

}  // namespace
}  // namespace wf::test
