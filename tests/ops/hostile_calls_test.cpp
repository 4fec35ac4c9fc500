// Calls that a damaged or malicious file could hold: every operation's samples with shapes, numbers and texts
// replaced. Each must end in a result or an error that is not a fault of ours; the sanitizers watch the rest.
#include "ops/random.h"
#include "ops/sample.h"
#include "support/support.h"

namespace wf::test {
namespace {

constexpr int kRoundsPerSample = 60;
constexpr int64_t kMemoryLimit = 4 << 20;  // large outputs are refused, so that the test stays quick

class Dice {
 public:
  explicit Dice(uint64_t seed) : stream_(seed) {}
  size_t below(size_t count) { return stream_.bits(next_++) % count; }
  template <class T, size_t N>
  T any(const T (&items)[N]) {
    return items[below(N)];
  }

 private:
  RandomStream stream_;
  uint64_t next_ = 0;
};

// One argument of a call; types and values separately, as a type may claim what no value could.
struct Bound {
  std::string name;
  std::vector<ValueType> types;
  std::vector<Datum> values;
  bool known = true;
};

std::vector<Bound> bound(const std::vector<SampleArgument>& arguments) {
  std::vector<Bound> out;
  for (const SampleArgument& argument : arguments) {
    Bound one{argument.name, {}, argument.values, true};
    for (const Datum& value : argument.values) one.types.push_back(type_of(value));
    out.push_back(std::move(one));
  }
  return out;
}

bool is_constant(const OpDef& def, std::string_view name) {
  for (const Param& param : def.params) {
    if (param.name() == name) return param.is_constant();
  }
  return false;
}

Shape hostile_shape(Dice& dice) {
  constexpr int64_t kSizes[] = {
      kUnknownSize,     0,         1,        2, 3, -7, int64_t{1} << 31, int64_t{1} << 40,
      int64_t{1} << 62, INT64_MAX, INT64_MIN};
  Shape shape(dice.below(7));
  for (int64_t& size : shape) size = dice.any(kSizes);
  return shape;
}

Tensor hostile_ints(const Tensor& tensor, Dice& dice) {
  constexpr int64_t kValues[] = {0, 1, -1, 2, 5, -3, 63, 1 << 20, INT32_MAX, INT32_MIN};
  constexpr int64_t kLengths[] = {0, 1, 2, 3, 7};
  Shape shape = tensor.shape();
  std::vector<int64_t> values = read_ints(tensor);
  if (dice.below(3) == 0) {
    shape = {dice.any(kLengths)};
    values.resize(static_cast<size_t>(shape[0]));
  }
  for (int64_t& value : values) {
    if (dice.below(2) == 0) value = dice.any(kValues);
  }
  auto made = Tensor::of_ints(tensor.dtype(), std::move(shape), values);
  return made ? *std::move(made) : tensor;
}

void mutate(const OpDef& def, std::vector<Bound>& call, Dice& dice) {
  if (call.empty()) return;
  const size_t at = dice.below(call.size());
  Bound& target = call[at];
  if (target.values.empty() || dice.below(12) == 0) {
    call.erase(call.begin() + static_cast<std::ptrdiff_t>(at));
    return;
  }
  const size_t i = dice.below(target.values.size());
  const Tensor* tensor = target.values[i].tensor();
  if (!tensor) return;
  if (!is_constant(def, target.name) && dice.below(2) == 0) {
    target.known = false;
    target.types[i] = tensor_type(tensor->dtype(), hostile_shape(dice));
  } else if (tensor->dtype() == DType::kString) {
    target.values[i] = text(dice.below(2) == 0 ? "" : "nonsense");
  } else if (is_integer(tensor->dtype()) && !is_sub_byte(tensor->dtype())) {
    target.values[i] = hostile_ints(*tensor, dice);
    target.types[i] = type_of(target.values[i]);
  }
}

Status attempt(const OpDef& def, const std::vector<Bound>& arguments) {
  Op op;
  op.type = def.name;
  std::vector<NamedArguments> named;
  bool known = true;
  for (const Bound& argument : arguments) {
    NamedArguments one{argument.name, {}};
    for (size_t i = 0; i < argument.values.size(); ++i) {
      one.items.push_back({&argument.types[i], argument.known ? &argument.values[i] : nullptr});
    }
    known = known && argument.known;
    named.push_back(std::move(one));
  }
  WF_TRY(Call call, Call::make(def, def.since, std::move(named), op));
  WF_TRY(const std::vector<ValueType> types, infer_types(call));
  if (!known) return {};
  EngineServices services;
  Evaluation evaluation(std::move(call), types, services);
  return def.reference(evaluation);
}

std::string description(const OpDef& def, const std::vector<Bound>& call) {
  std::string out = std::string(def.name) + " " + std::string(text_name(def.since));
  for (const Bound& argument : call) {
    out += " " + argument.name + "=";
    for (size_t i = 0; i < argument.types.size(); ++i) {
      out += to_string(argument.types[i]);
      const Tensor* tensor = argument.values[i].tensor();
      if (!argument.known || !tensor || !is_integer(tensor->dtype()) || tensor->size() > 8) continue;
      for (const int64_t value : read_ints(*tensor)) out += " " + std::to_string(value);
    }
  }
  return out;
}

TEST(HostileCalls, EndInAResultOrAnError) {
  const int64_t limit = TensorMemory::limit();
  TensorMemory::set_limit(TensorMemory::live() + kMemoryLimit);
  uint64_t seed = 1;
  for (const OpDef* def : all_ops()) {
    for (const std::string_view sample : def->samples) {
      const auto arguments = parse_sample(sample, DType::kFloat32, 1);
      if (!arguments) continue;  // the sweep says so
      for (int round = 0; round < kRoundsPerSample; ++round) {
        Dice dice(seed++);
        std::vector<Bound> call = bound(*arguments);
        for (size_t changes = 1 + dice.below(3); changes > 0; --changes) mutate(*def, call, dice);
        SCOPED_TRACE(description(*def, call));
        const Status status = attempt(*def, call);
        if (!status) {
          EXPECT_NE(status.error().code, ErrorCode::kInternal) << status.error().to_string();
        }
      }
    }
  }
  TensorMemory::set_limit(limit);
}

// The tensor with another shape: its elements, repeated as often as needed.
Tensor reshaped_cyclically(const Tensor& tensor, Shape shape) {
  const auto count = static_cast<size_t>(*element_count(shape));
  if (tensor.dtype() == DType::kString || tensor.size() == 0) return tensor;
  if (is_floating(tensor.dtype())) {
    const std::vector<double> from = read_doubles(tensor);
    std::vector<double> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = from[i % from.size()];
    return *Tensor::of_doubles(tensor.dtype(), std::move(shape), values);
  }
  const std::vector<int64_t> from = read_ints(tensor);
  std::vector<int64_t> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = from[i % from.size()];
  return *Tensor::of_ints(tensor.dtype(), std::move(shape), values);
}

// Puts `size` in the place of dimension `dimension` of the argument at `at`; `everywhere`: of every dimension
// of that size in the call, so that sizes which must agree still do.
std::vector<Bound> resized(std::vector<Bound> call, size_t at, size_t dimension, int64_t size,
                           bool everywhere) {
  const int64_t old = call[at].values[0].tensor()->shape()[dimension];
  for (size_t a = 0; a < call.size(); ++a) {
    for (size_t i = 0; i < call[a].values.size(); ++i) {
      const Tensor* tensor = call[a].values[i].tensor();
      if (!tensor || is_sub_byte(tensor->dtype()) || (!everywhere && (a != at || i != 0))) continue;
      Shape shape = tensor->shape();
      for (size_t d = 0; d < shape.size(); ++d) {
        if (everywhere ? shape[d] == old : d == dimension) shape[d] = size;
      }
      call[a].values[i] = reshaped_cyclically(*tensor, std::move(shape));
      call[a].types[i] = type_of(call[a].values[i]);
    }
  }
  return call;
}

TEST(HostileCalls, EverySizeMayBeAnother) {
  for (const OpDef* def : all_ops()) {
    for (const std::string_view sample : def->samples) {
      const auto arguments = parse_sample(sample, DType::kFloat32, 1);
      if (!arguments) continue;
      const std::vector<Bound> call = bound(*arguments);
      for (size_t at = 0; at < call.size(); ++at) {
        const Tensor* tensor = call[at].values.empty() ? nullptr : call[at].values[0].tensor();
        if (!tensor || is_sub_byte(tensor->dtype())) continue;
        for (size_t d = 0; d < tensor->shape().size(); ++d) {
          for (const int64_t size : {int64_t{0}, int64_t{1}, int64_t{2}, tensor->shape()[d] + 3}) {
            for (const bool everywhere : {false, true}) {
              const std::vector<Bound> changed = resized(call, at, d, size, everywhere);
              SCOPED_TRACE(description(*def, changed));
              const Status status = attempt(*def, changed);
              if (!status) {
                EXPECT_NE(status.error().code, ErrorCode::kInternal) << status.error().to_string();
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace wf::test
