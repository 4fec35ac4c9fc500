// The reference engine: nested blocks, states, readings, memory, deadlines, broken programs.
#include "engine/reference/interpreter.h"

#include <thread>

#include "engine/reference/function_plan.h"
#include "ops/builder.h"
#include "support/support.h"

namespace wf::test {
namespace {

using Outputs = Result<std::vector<Datum>>;

// A program of one function, written with a Builder.
class Program1 {
 public:
  explicit Program1(Opset opset = Opset::kIos18) {
    program_.functions.emplace_back();
    program_.functions[0].name = "main";
    program_.functions[0].opset = opset;
    build_.emplace(program_.functions[0]);
  }
  Builder* operator->() { return &*build_; }
  Builder& builder() { return *build_; }
  Function& function() { return program_.functions[0]; }

  Result<std::shared_ptr<const ReferenceFunction>> prepare() {
    WF_CHECK(build_->status());
    return ReferenceFunction::prepare(std::make_shared<const Program>(program_), "");
  }
  Outputs run(std::vector<Datum> inputs, RunOptions options = {}) {
    WF_TRY(const auto prepared, prepare());
    return prepared->run(inputs, options);
  }

 private:
  Program program_;
  std::optional<Builder> build_;
};

RunOptions exactly() {
  RunOptions options;
  options.reading = Reading::kExact;
  return options;
}

Tensor tensor_of(const Outputs& outputs, size_t i = 0) {
  if (!outputs || outputs->size() <= i || !(*outputs)[i].tensor()) {
    ADD_FAILURE() << (outputs ? "no tensor" : outputs.error().to_string());
    return {};
  }
  return *(*outputs)[i].tensor();
}

const ValueType kCount = tensor_type(DType::kInt32, {});

// while (i < limit) { i += 1; carried = step(i, carried) }: the values after the loop.
template <class Step>
std::vector<ValueId> counted_loop(Builder& b, ValueId limit, ValueId carried, const ValueType& carried_type,
                                  Step step) {
  const std::vector<ValueType> types = {kCount, carried_type};
  const ValueId i0 = b.block_input("i", types[0]), c0 = b.block_input("carried", types[1]);
  b.open_block({i0, c0});
  Block condition = b.close_block({b.op("less", {{"x", i0}, {"y", limit}})});
  const ValueId i1 = b.block_input("i", types[0]), c1 = b.block_input("carried", types[1]);
  b.open_block({i1, c1});
  const ValueId next = b.op("add", {{"x", i1}, {"y", 1}});
  const ValueId stepped = step(i1, c1);
  Block body = b.close_block({next, stepped});
  std::vector<Block> blocks;
  blocks.push_back(std::move(condition));
  blocks.push_back(std::move(body));
  const ValueId zero = b.constant(integer(0), "zero");
  return b.op_with_blocks("while_loop", {{"loop_vars", std::vector<ValueId>{zero, carried}}},
                          std::move(blocks), types);
}

TEST(WhileLoop, CountsAndSeesOuterValues) {
  Program1 p;
  const ValueId limit = p->input("limit", kCount), x = p->input("x", tensor_type(DType::kFloat32, {2}));
  const auto after =
      counted_loop(p.builder(), limit, x, tensor_type(DType::kFloat32, {2}),
                   [&](ValueId, ValueId carried) { return p->op("add", {{"x", carried}, {"y", x}}); });
  p->set_outputs(after);
  const auto out = p.run({integer(3), f32({2}, {1, 10})});
  expect_near(tensor_of(out, 0), {}, {3});
  expect_near(tensor_of(out, 1), {2}, {4, 40});
  expect_near(tensor_of(p.run({integer(0), f32({2}, {1, 10})}), 1), {2},
              {1, 10});  // asked before the first turn
}

TEST(WhileLoop, ShapesMayGrow) {
  Program1 p;
  const ValueId limit = p->input("limit", kCount), x = p->input("x", tensor_type(DType::kFloat32, {1}));
  const ValueType growing = tensor_type(DType::kFloat32, {kUnknownSize});
  const auto after = counted_loop(p.builder(), limit, x, growing, [&](ValueId, ValueId carried) {
    return p->op("concat", {{"values", std::vector<ValueId>{carried, x}}, {"axis", 0}});
  });
  p->set_outputs({after[1]});
  expect_near(tensor_of(p.run({integer(4), f32({1}, {7})})), {5}, {7, 7, 7, 7, 7});
}

// As converters write recurrent layers: elements whose first size is a symbol, written in the loop, gathered
// after it.
TEST(WhileLoop, ListsAreLoopVariables) {
  Program1 p;
  const ValueId limit = p->input("limit", kCount);
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {kUnknownSize, 2}));
  const ValueId list =
      p->op_list("make_list",
                 {{"init_length", limit},
                  {"elem_shape", std::vector<ValueId>{p->constant(text("is0")), p->constant(integer(2))}},
                  {"dtype", "fp32"}},
                 1)[0];
  const ListType type{std::make_shared<const ValueType>(tensor_type(DType::kFloat32, {kUnknownSize, 2})), 1};
  const auto after = counted_loop(p.builder(), limit, list, type, [&](ValueId i, ValueId carried) {
    const ValueId scaled = p->op("mul", {{"x", x}, {"y", p->op("cast", {{"x", i}, {"dtype", "fp32"}})}});
    return p->op("list_write", {{"ls", carried}, {"index", i}, {"value", scaled}});
  });
  p->set_outputs({p->op("list_gather", {{"ls", after[1]}, {"indices", std::vector<int64_t>{2, 1}}}),
                  p->op("list_length", {{"ls", after[1]}})});
  for (const RunOptions& options : {RunOptions(), exactly()}) {
    const auto out = p.run({integer(3), f32({1, 2}, {5, 6})}, options);
    expect_near(tensor_of(out, 0), {2, 1, 2}, {10, 12, 5, 6});
    expect_near(tensor_of(out, 1), {}, {3});
  }
}

TEST(WhileLoop, StopsAtTheDeadlineAndWhenCancelled) {
  Program1 p;
  const ValueId x = p->input("x", kCount);
  const ValueId forever = p->constant(integer(INT32_MAX), "forever");
  const auto after = counted_loop(p.builder(), forever, x, kCount, [&](ValueId, ValueId) { return x; });
  p->set_outputs({after[1]});
  RunOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  const auto late = p.run({integer(0)}, options);
  expect_error(late, "deadline");
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);

  std::atomic<bool> cancelled = false;
  RunOptions cancellable;
  cancellable.cancelled = &cancelled;
  std::thread canceller([&] { cancelled = true; });
  const auto stopped = p.run({integer(0)}, cancellable);
  canceller.join();
  expect_error(stopped, "cancelled");
}

TEST(WhileLoop, RefusesAnotherDtypeInTheNextTurn) {
  Program1 p;
  const ValueId limit = p->input("limit", kCount);
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {}));
  const auto after = counted_loop(p.builder(), limit, x, tensor_type(DType::kFloat32, {}),
                                  [&](ValueId i, ValueId) { return i; });
  p->set_outputs({after[1]});
  expect_error(p.run({integer(2), number(1)}),
               "is declared tensor<fp32, []>, its value is tensor<int32, []>");
}

TEST(Cond, RunsOneBlockAndShapesMayDiffer) {
  Program1 p;
  const ValueId pred = p->input("pred", tensor_type(DType::kBool, {})),
                x = p->input("x", tensor_type(DType::kFloat32, {2}));
  p->open_block();
  Block yes = p->close_block({p->op("relu", {{"x", x}})});
  p->open_block();
  Block no = p->close_block({p->op("tile", {{"x", x}, {"reps", std::vector<int64_t>{2}}})});
  std::vector<Block> blocks;
  blocks.push_back(std::move(yes));
  blocks.push_back(std::move(no));
  p->set_outputs(p->op_with_blocks("cond", {{"pred", pred}}, std::move(blocks),
                                   {tensor_type(DType::kFloat32, {kUnknownSize})}));
  expect_near(tensor_of(p.run({flag(true), f32({2}, {-1, 2})})), {2}, {0, 2});
  expect_near(tensor_of(p.run({flag(false), f32({2}, {-1, 2})})), {4}, {-1, 2, -1, 2});
}

// y = state; state = state + x; z = state
Program1 counting_state() {
  Program1 p;
  const TensorType held{DType::kFloat16, Shape{2}};
  const ValueId state = p->input("state", StateType{held}), x = p->input("x", held);
  const ValueId before = p->op("read_state", {{"input", state}});
  const ValueId sum = p->op("add", {{"x", before}, {"y", x}});
  p->op_n("write_state", {{"input", state}, {"data", sum}}, 0);
  p->set_outputs({before, p->op("read_state", {{"input", state}})});
  return p;
}
std::shared_ptr<StateCell> new_cell() { return std::make_shared<StateCell>(StateCell{f16({2}, {0, 0})}); }

TEST(State, LivesFromPredictionToPrediction) {
  Program1 p = counting_state();
  const auto cell = new_cell();
  const auto first = p.run({cell, f16({2}, {1, 2})});
  const auto second = p.run({cell, f16({2}, {10, 20})});
  expect_near(tensor_of(first, 0), {2}, {0, 0});  // what was read before a write stays
  expect_near(tensor_of(first, 1), {2}, {1, 2});
  expect_near(tensor_of(second, 0), {2}, {1, 2});
  expect_near(tensor_of(second, 1), {2}, {11, 22});
}

TEST(State, BothReadingsTakeEachOthersStates) {
  Program1 p = counting_state();
  const auto cell = new_cell();
  expect_error(p.run({cell, f32({2}, {0, 0})}, exactly()), "input 'x' must be tensor<fp16, [2]>");
  const auto exact = p.run({cell, of(DType::kFloat64, {2}, {2048, 0.5})}, exactly());
  expect_near(tensor_of(exact, 1), {2}, {2048, 0.5});
  expect_near(tensor_of(p.run({cell, of(DType::kFloat64, {2}, {1, 0})}, exactly()), 1), {2}, {2049, 0.5}, 0);
  expect_near(tensor_of(p.run({cell, f16({2}, {0, 0})}), 1), {2}, {2048, 0.5},
              0);  // rounded to fp16 when read
}

TEST(Reading, Fp16OverflowShowsOnlyInTheTypedReading) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat16, {1}));
  const ValueId big = p->op("mul", {{"x", x}, {"y", x}});
  p->set_outputs({p->op("sqrt", {{"x", big}})});
  expect_near(tensor_of(p.run({f16({1}, {300})})), {1}, {INFINITY});
  const Tensor exact = tensor_of(p.run({f16({1}, {300})}, exactly()));
  EXPECT_EQ(exact.dtype(), DType::kFloat64);
  expect_near(exact, {1}, {300});
}

TEST(Reading, LiteralsAreWidenedToo) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat16, {1}));
  const ValueId joined = p->op("concat", {{"values", std::vector<ValueId>{x, x}}, {"axis", 0}});
  p->set_outputs({joined});
  WF_ASSERT_OK(p->status());
  const Tensor literal = f16({1}, {0.5});
  for (Argument& argument : p.function().body.ops.back().inputs) {
    if (argument.name == "values")
      argument.bindings[1] = Constant{tensor_type(DType::kFloat16, {1}), literal, {}, {}};
  }
  expect_near(tensor_of(p.run({f16({1}, {3})})), {2}, {3, 0.5});
  expect_near(tensor_of(p.run({f16({1}, {3})}, exactly())), {2}, {3, 0.5});
}

TEST(Reading, ConstexprWeightsAreRoundedInBoth) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat16, {1}));
  const ValueId weight = p->op("constexpr_blockwise_shift_scale",
                               {{"data", of(DType::kInt8, {1}, {3})}, {"scale", f16({1}, {1.0 / 3})}});
  p->set_outputs({p->op("add", {{"x", x}, {"y", weight}})});
  // 3 * half(1/3) = 0.99975586 lies between two halves and is a tie: even is 1.
  expect_near(tensor_of(p.run({f16({1}, {0})})), {1}, {1}, 0);
  expect_near(tensor_of(p.run({f16({1}, {0})}, exactly())), {1}, {1}, 0);
}

TEST(Memory, NothingStaysAndDeadValuesGo) {
  const int64_t at_start = TensorMemory::live();
  {
    Program1 p;
    constexpr int64_t kSize = 1 << 16;
    const ValueId x = p->input("x", tensor_type(DType::kFloat32, {kSize}));
    ValueId value = x;
    for (int i = 0; i < 20; ++i) value = p->op("add", {{"x", value}, {"y", x}});
    p->set_outputs(
        {p->op("slice_by_size",
               {{"x", value}, {"begin", std::vector<int64_t>{0}}, {"size", std::vector<int64_t>{1}}})});
    const Tensor input = iota({kSize});
    const int64_t before = TensorMemory::live();
    TensorMemory::reset_peak();
    expect_near(tensor_of(p.run({input})), {1}, {0});
    EXPECT_LE(TensorMemory::peak() - before, 3 * kSize * 4) << "values stay after their last use";
    EXPECT_EQ(TensorMemory::live(), before);
  }
  EXPECT_EQ(TensorMemory::live(), at_start);
}

TEST(Memory, DeadValuesOfLoopsGo) {
  constexpr int64_t kSize = 1 << 16;
  Program1 p;
  const ValueId limit = p->input("limit", kCount);
  const ValueType type = tensor_type(DType::kFloat32, {kSize});
  const ValueId x = p->input("x", type);
  const auto after = counted_loop(p.builder(), limit, x, type, [&](ValueId, ValueId carried) {
    for (int i = 0; i < 10; ++i) carried = p->op("add", {{"x", carried}, {"y", x}});
    return carried;
  });
  p->set_outputs({after[1]});
  const Tensor input = iota({kSize});
  TensorMemory::reset_peak();
  const int64_t before = TensorMemory::live();
  WF_ASSERT_OK(p.run({integer(5), input}));
  EXPECT_LE(TensorMemory::peak() - before, 4 * kSize * 4);
}

TEST(Broken, UnknownOperationsAreNamedBeforeAnythingRuns) {
  Program1 p(Opset::kIos16);
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {1}));
  p->set_outputs({p->op("relu", {{"x", x}}, "first")});
  p.function().body.ops.back().type = "warp";
  const auto prepared = p.prepare();
  expect_error(prepared, "'warp' (opset ios16)");
  expect_error(prepared, "operation 0");
  EXPECT_EQ(prepared.error().code, ErrorCode::kUnsupported);
}

TEST(Broken, OperationsOfALaterOpsetAreUnknown) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {2}));
  p->set_outputs({p->op("slice_update", {{"x", x},
                                         {"update", f32({1}, {1})},
                                         {"begin", std::vector<int64_t>{0}},
                                         {"end", std::vector<int64_t>{1}}})});
  p.function().opset = Opset::kIos17;
  expect_error(p.prepare(), "'slice_update' (opset ios17)");
}

TEST(Broken, ADeclaredDtypeThatTheOperationDoesNotGive) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {1}));
  const ValueId y = p->op("relu", {{"x", x}}, "y");
  p->set_outputs({y});
  p.function().value(y).type = tensor_type(DType::kInt32, {1});
  expect_error(p.run({f32({1}, {1})}),
               "'y' is declared tensor<int32, [1]>, the operation gives tensor<fp32, [1]>");
}

TEST(Declared, AnotherFloatingDtypeIsRoundedTo) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {2}));
  const ValueId y = p->op("transpose", {{"x", x}, {"perm", std::vector<int64_t>{0}}});
  p->set_outputs({y});
  p.function().value(y).type = tensor_type(DType::kFloat16, {2});
  const Tensor out = tensor_of(p.run({f32({2}, {1e6, 2})}));
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {2}, {INFINITY, 2});
}

TEST(Inputs, MustFit) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {2, kUnknownSize}));
  p->set_outputs({p->op("relu", {{"x", x}})});
  EXPECT_EQ(tensor_of(p.run({iota({2, 5})})).shape(), (Shape{2, 5}));
  expect_error(p.run({iota({3, 5})}), "input 'x' must be tensor<fp32, [2, ?]>, given tensor<fp32, [3, 5]>");
  expect_error(p.run({f16({2, 1}, {1, 2})}), "given tensor<fp16");
  expect_error(p.run({}), "takes 1 inputs, given 0");
  expect_error(p.run({Datum()}), "is not given");
}

TEST(Broken, MissingWeightsAreNamed) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {2}));
  p->set_outputs({p->op("add", {{"x", x}, {"y", f32({2}, {1, 2})}})});
  for (NamedConstant& attribute : p.function().body.ops[0].attributes) {
    if (attribute.name == "val")
      attribute.value =
          Constant{tensor_type(DType::kFloat32, {2}), {}, BlobRef{"@model_path/weights/weight.bin", 64}, {}};
  }
  const auto prepared = p.prepare();
  expect_error(prepared, "'@model_path/weights/weight.bin' at offset 64");
  EXPECT_EQ(prepared.error().code, ErrorCode::kWeightsMissing);
}

TEST(Observer, SeesNestedBlocks) {
  Program1 p;
  const ValueId limit = p->input("limit", kCount), x = p->input("x", kCount);
  const auto after = counted_loop(p.builder(), limit, x, kCount, [&](ValueId, ValueId carried) {
    return p->op("mul", {{"x", carried}, {"y", 2}});
  });
  p->set_outputs({after[1]});
  std::vector<int64_t> products;
  RunOptions options;
  options.observer = [&](const Op& op, ValueId, const Datum& value) {
    if (op.type == "mul") products.push_back(read_int(*value.tensor(), 0));
  };
  expect_near(tensor_of(p.run({integer(3), integer(5)}, options)), {}, {40});
  EXPECT_EQ(products, (std::vector<int64_t>{10, 20, 40}));
}

// Decompressed weights are found when a function is prepared, unless they take too much memory.
Program1 compressed_program() {
  Program1 p(Opset::kIos17);
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {4}));
  // Indices 3 2 1 0 in two bits each, least significant first.
  const ValueId w = p->constexpr_op("constexpr_lut_to_dense",
                                    {{"indices", of(DType::kUInt8, {1}, {0b00011011})},
                                     {"lut", f32({4}, {10, 20, 30, 40})},
                                     {"shape", of(DType::kUInt32, {1}, {4})}},
                                    "w");
  p->set_outputs({p->op("add", {{"x", x}, {"y", w}})});
  return p;
}

TEST(FoldedWeights, AreComputedOnce) {
  Program1 p = compressed_program();
  WF_ASSERT_OK_AND_ASSIGN(const auto prepared, p.prepare());
  std::vector<std::string> ran;
  RunOptions options;
  options.observer = [&](const Op& op, ValueId, const Datum&) { ran.push_back(op.type); };
  for (int i = 0; i < 2; ++i)
    expect_near(tensor_of(prepared->run(std::vector<Datum>{f32({4}, {1, 1, 1, 1})}, options)), {4},
                {41, 31, 21, 11});
  EXPECT_EQ(ran, (std::vector<std::string>{"add", "add"}));
}

TEST(FoldedWeights, AreLeftToThePredictionBeyondTheirShareOfMemory) {
  Program1 p = compressed_program();
  FunctionPlan plan;
  WF_ASSERT_OK_AND_ASSIGN(plan, make_plan(p.function()));
  fold_weights(p.function(), plan, 15);  // four floats take 16 bytes
  EXPECT_TRUE(plan.folded.empty());
  fold_weights(p.function(), plan, 16);
  EXPECT_EQ(plan.folded.size(), 1u);
}

TEST(FoldedWeights, StepsOnTheWayAreNotKept) {
  Program1 p;
  const ValueId x = p->input("x", tensor_type(DType::kFloat32, {2}));
  const ValueId table =
      p->op("constexpr_blockwise_shift_scale",
            {{"data", of(DType::kInt8, {1, 2, 1}, {3, 5})}, {"scale", f32({1, 1, 1}, {0.5})}});
  const ValueId w =
      p->op("constexpr_lut_to_dense", {{"indices", of(DType::kUInt1, {2}, {1, 0})}, {"lut", table}});
  p->set_outputs({p->op("add", {{"x", x}, {"y", w}})});
  expect_near(tensor_of(p.run({f32({2}, {0, 0})})), {2}, {2.5, 1.5});
  FunctionPlan plan;
  WF_ASSERT_OK_AND_ASSIGN(plan, make_plan(p.function()));
  fold_weights(p.function(), plan, 1000);
  EXPECT_EQ(plan.folded.size(), 2u);
  EXPECT_FALSE(plan.constants[table.index].known());
  EXPECT_TRUE(plan.constants[w.index].known());
}

}  // namespace
}  // namespace wf::test
