// Every operation's own samples: types as inferred, results that repeat, typed near exact, no crash on
// hostile floats.
#include <algorithm>
#include <limits>
#include <set>

#include "ops/sample.h"
#include "support/support.h"

namespace wf::test {
namespace {

struct Case {
  const OpDef* def;
  std::string_view sample;
  DType float_type;

  std::string name() const {
    return std::string(def->name) + " " + std::string(text_name(def->since)) + " " +
           std::string(name_of(float_type)) + ": " + std::string(sample);
  }
};

struct Outcome {
  std::vector<ValueType> types;
  std::vector<Datum> outputs;
};

constexpr uint64_t kSeed = 20240607;
constexpr double kSmallestHalf = 0x1p-24;

Result<Outcome> evaluate(const Case& what, const std::vector<SampleArgument>& arguments, Reading reading) {
  Op op;
  op.type = what.def->name;
  for (const SampleArgument& argument : arguments) {
    Argument bound{argument.name, {}};
    for (const Datum& value : argument.values) {
      Constant constant{type_of(value), value, {}, {}};
      const Tensor* tensor = value.tensor();
      if (reading == Reading::kExact && tensor && is_floating(tensor->dtype())) {
        WF_TRY(Tensor wide, converted(*tensor, DType::kFloat64));
        constant.data = Datum(std::move(wide));
      }
      bound.bindings.emplace_back(std::move(constant));
    }
    op.inputs.push_back(std::move(bound));
  }
  const auto no_type = [](ValueId) -> const ValueType* { return nullptr; };
  const auto no_value = [](ValueId) -> const Datum* { return nullptr; };
  WF_TRY(Call call, make_call(op, what.def->since, no_type, no_value));
  Outcome outcome;
  WF_TRY(outcome.types, infer_types(call));
  for (uint32_t i = 0; i < outcome.types.size(); ++i) op.outputs.push_back({i});
  EngineServices services;
  services.reading = reading;
  uint64_t seed = kSeed;
  services.next_seed = [&seed] { return seed++; };
  Evaluation evaluation(std::move(call), outcome.types, services);
  WF_CHECK(evaluation.def().reference(evaluation));
  outcome.outputs = evaluation.take_outputs();
  return outcome;
}

void expect_inferred_types(const Outcome& outcome) {
  for (size_t i = 0; i < outcome.types.size(); ++i) {
    ASSERT_TRUE(outcome.outputs[i].known()) << "output " << i << " was not computed";
    EXPECT_TRUE(fits(type_of(outcome.outputs[i]), outcome.types[i]))
        << "output " << i << " is " << to_string(type_of(outcome.outputs[i])) << ", inferred "
        << to_string(outcome.types[i]);
  }
}

// The typed result against the exact one, relative to the output's largest magnitude.
void expect_close(const Tensor& typed, const Tensor& exact, Tolerance tolerance) {
  if (!is_floating(typed.dtype())) return;
  ASSERT_EQ(to_string(typed.shape()), to_string(exact.shape()));
  const std::vector<double> a = read_doubles(typed);
  const std::vector<double> b = read_doubles(exact);
  double scale = 0;
  for (const double value : b) {
    if (std::isfinite(value)) scale = std::max(scale, std::fabs(value));
  }
  const bool half = typed.dtype() == DType::kFloat16;
  const double allowed = half ? tolerance.fp16 * scale + kSmallestHalf : tolerance.fp32 * scale;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i])) {
      EXPECT_TRUE(std::isnan(a[i])) << "element " << i;
    } else if (std::isinf(a[i]) && std::fabs(b[i]) > 65504) {
      continue;  // beyond fp16: the typed reading says so
    } else if (a[i] != b[i]) {
      EXPECT_LE(std::fabs(a[i] - b[i]), allowed) << "element " << i << ": " << a[i] << " against " << b[i];
    }
  }
}

// NaN, infinities, a denormal and negative zero, at every third element.
std::vector<SampleArgument> with_hostile_floats(std::vector<SampleArgument> arguments) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kHostile[] = {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity, 6e-8, -0.0};
  size_t next = 0;
  for (SampleArgument& argument : arguments) {
    for (Datum& value : argument.values) {
      const Tensor* tensor = value.tensor();
      if (!tensor || !is_floating(tensor->dtype())) continue;
      std::vector<double> elements = read_doubles(*tensor);
      for (size_t i = 0; i < elements.size(); i += 3) elements[i] = kHostile[next++ % std::size(kHostile)];
      value = of(tensor->dtype(), tensor->shape(), std::move(elements));
    }
  }
  return arguments;
}

void check(const Case& what) {
  WF_ASSERT_OK_AND_ASSIGN(const auto arguments, parse_sample(what.sample, what.float_type, kSeed));
  WF_ASSERT_OK_AND_ASSIGN(const Outcome typed, evaluate(what, arguments, Reading::kTyped));
  WF_ASSERT_OK_AND_ASSIGN(const Outcome again, evaluate(what, arguments, Reading::kTyped));
  WF_ASSERT_OK_AND_ASSIGN(const Outcome exact, evaluate(what, arguments, Reading::kExact));
  expect_inferred_types(typed);
  for (size_t i = 0; i < typed.outputs.size(); ++i) {
    EXPECT_TRUE(same_bits(typed.outputs[i], again.outputs[i]))
        << "output " << i << " differs from run to run";
    const Tensor* a = typed.outputs[i].tensor();
    const Tensor* b = exact.outputs[i].tensor();
    if (a && b) expect_close(*a, *b, what.def->tolerance);
  }
  for (const Reading reading : {Reading::kTyped, Reading::kExact}) {
    const auto hostile = evaluate(what, with_hostile_floats(arguments), reading);
    if (!hostile) {
      EXPECT_NE(hostile.error().code, ErrorCode::kInternal) << hostile.error().to_string();
    }
  }
}

TEST(Sweep, EverySampleOfEveryOperation) {
  for (const OpDef* def : all_ops()) {
    for (const std::string_view sample : def->samples) {
      for (const DType float_type : {DType::kFloat32, DType::kFloat16}) {
        const Case what{def, sample, float_type};
        SCOPED_TRACE(what.name());
        check(what);
      }
    }
  }
}

// What a sample cannot express: literals, blocks, lists, states, bytes in attributes.
const std::set<std::string_view> kWithoutSamples = {
    "const",       "cond",         "while_loop", "make_list",   "list_length", "list_read",    "list_write",
    "list_gather", "list_scatter", "read_state", "write_state", "classify",    "custom_layer", "unfit_branch",
};

TEST(Sweep, EveryOperationHasSamplesAndADescription) {
  for (const OpDef* def : all_ops()) {
    SCOPED_TRACE(std::string(def->name) + " " + std::string(text_name(def->since)));
    EXPECT_FALSE(def->doc.empty());
    EXPECT_NE(def->infer, nullptr);
    EXPECT_NE(def->reference, nullptr);
    if (!kWithoutSamples.contains(def->name)) {
      EXPECT_GE(def->samples.size(), 2u);
    }
  }
}

TEST(Sweep, DefinitionsAreUniqueByNameAndOpset) {
  for (size_t i = 1; i < all_ops().size(); ++i) {
    const OpDef& a = *all_ops()[i - 1];
    const OpDef& b = *all_ops()[i];
    EXPECT_FALSE(a.name == b.name && a.since == b.since) << a.name << " " << text_name(a.since);
  }
}

}  // namespace
}  // namespace wf::test
