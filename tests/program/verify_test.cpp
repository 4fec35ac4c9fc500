#include "program/text.h"
#include "support/support.h"

namespace wf::test {
namespace {

// x -> relu -> y -> relu -> z, with a const beside it.
Program small_program() {
  auto program = parse_text(
      "program(1.3)\n{ func main<ios17>(fp32 x) {\n"
      "int32 c = const()[name = string(\"c\"), val = int32(3)];\n"
      "fp32 y = relu(x = x); fp32 z = relu(x = y);\n} -> (z); }");
  EXPECT_TRUE(program.ok()) << program.error().to_string();
  return *program;
}

std::string broken(const std::function<void(Function&)>& damage) {
  Program program = small_program();
  damage(program.functions[0]);
  const Status status = verify(program);
  return status ? std::string("nothing") : status.error().to_string();
}

Op& const_op(Function& f) { return f.body.ops[0]; }

TEST(Verify, SoundProgramsPass) {
  EXPECT_EQ(broken([](Function&) {}), "nothing");
}

TEST(Verify, ValuesAreDefinedOnceBeforeTheirUse) {
  EXPECT_EQ(broken([](Function& f) { std::swap(f.body.ops[1], f.body.ops[2]); }),
            "function main: relu: argument 'x': 'y' is used before it is defined");
  EXPECT_EQ(broken([](Function& f) { f.body.ops[2].outputs = f.body.ops[1].outputs; }),
            "function main: relu: value 'y' is defined twice");
  EXPECT_EQ(broken([](Function& f) { f.value(f.body.outputs[0]).name = "y"; }),
            "function main: relu: the name 'y' is defined twice");
  EXPECT_EQ(broken([](Function& f) { f.body.outputs = {ValueId{99}}; }),
            "function main: block output: value #99 does not exist");
  EXPECT_EQ(broken([](Function& f) { f.inputs.push_back(f.inputs[0]); }),
            "function main: input: value 'x' is defined twice");
  EXPECT_EQ(broken([](Function& f) { f.value(f.inputs[0]).name = ""; }),
            "function main: input: a value without a name");
}

// A block sees what is outside of it; outside nothing sees what is in it, so siblings may use the same names.
TEST(Verify, BlocksAreScopes) {
  const auto with_blocks = [](Function& f, bool leak) {
    Op outer;
    outer.type = "some_op_with_blocks";
    ValueId inner;
    for (int i = 0; i < 2; ++i) {
      inner = f.add_value("inner", tensor_type(DType::kFloat32, {}));
      Op relu{"relu", {{"x", {f.inputs[0]}}}, {inner}, {}, {}};
      outer.blocks.push_back({{}, {relu}, {inner}});
    }
    f.body.ops.push_back(outer);
    if (leak) f.body.outputs = {inner};
  };
  EXPECT_EQ(broken([&](Function& f) { with_blocks(f, false); }), "nothing");
  EXPECT_EQ(broken([&](Function& f) { with_blocks(f, true); }),
            "function main: block output: 'inner' is used outside of the block that defines it");
}

TEST(Verify, NestingEnds) {
  EXPECT_NE(broken([](Function& f) {
              Block block;
              for (int i = 0; i < 70; ++i) {
                Op op;
                op.type = "some_op_with_blocks";
                op.blocks.push_back(std::move(block));
                block = {};
                block.ops.push_back(std::move(op));
              }
              f.body = std::move(block);
            }).find("blocks are nested more than 64 deep"),
            std::string::npos);
}

TEST(Verify, ConstantsHoldWhatTheyDeclare) {
  EXPECT_EQ(broken([](Function& f) { const_op(f).attributes.pop_back(); }),
            "function main: const 'c': a const without its attribute 'val'");
  EXPECT_EQ(
      broken([](Function& f) { const_op(f).attributes[1].value.type = tensor_type(DType::kInt32, {2}); }),
      "function main: const 'c': attribute 'val': a literal of type tensor<int32, []> is declared as "
      "tensor<int32, [2]>");
  EXPECT_EQ(broken([](Function& f) { const_op(f).attributes[1].value.data = Datum(); }),
            "function main: const 'c': attribute 'val': a literal of type tensor<int32, []> without data");
  EXPECT_EQ(broken([](Function& f) {
              const_op(f).attributes[1].value = {
                  tensor_type(DType::kInt32, {kUnknownSize}), {}, BlobRef{"w", 64}, {}};
            }),
            "function main: const 'c': attribute 'val': a blob of type tensor<int32, [?]>, expected a tensor "
            "of known "
            "shape");
  // Every item counts, not only the first.
  EXPECT_EQ(broken([](Function& f) {
              const auto scalar = std::make_shared<const ValueType>(tensor_type(DType::kInt32, {}));
              const_op(f).attributes[1].value = {ListType{scalar, 2}, List{{integer(1), flag(true)}}, {}, {}};
            }),
            "function main: const 'c': attribute 'val': a literal of type list<tensor<int32, []>, 2> is "
            "declared as "
            "list<tensor<int32, []>, 2>");
}

TEST(Verify, NamesAreGivenOnceAndInOrder) {
  EXPECT_EQ(broken([](Function& f) { f.body.ops[1].inputs.push_back(f.body.ops[1].inputs[0]); }),
            "function main: relu: argument 'x' is given twice or out of order");
  EXPECT_EQ(broken([](Function& f) { std::swap(const_op(f).attributes[0], const_op(f).attributes[1]); }),
            "function main: const 'c': attribute 'name' is given twice or out of order");
  Program twice = small_program();
  twice.functions.push_back(twice.functions[0]);
  EXPECT_FALSE(verify(twice).ok());
  EXPECT_FALSE(verify(Program()).ok());
}

TEST(Verify, ControlFlowHasItsBlocks) {
  EXPECT_EQ(broken([](Function& f) { f.body.ops[1].type = "while_loop"; }),
            "function main: while_loop: 0 nested blocks, expected 2");
}

TEST(FirstDifference, TellsWhereAndHow) {
  const auto difference = [](const std::function<void(Function&)>& change) {
    Program changed = small_program();
    change(changed.functions[0]);
    return first_difference(small_program(), changed).value_or("none");
  };
  EXPECT_EQ(difference([](Function&) {}), "none");
  EXPECT_EQ(difference([](Function& f) { const_op(f).attributes[1].value.data = Datum(integer(4)); }),
            "function main: const 'c': attribute 'val': values of a tensor<int32, []> differ");
  EXPECT_EQ(difference([](Function& f) { f.body.ops[2].inputs[0].bindings = {f.inputs[0]}; }),
            "function main: relu: argument 'x': 'y' against 'x'");
  EXPECT_EQ(difference([](Function& f) { f.body.ops.pop_back(); }), "function main: 3 operations against 2");
  EXPECT_EQ(difference([](Function& f) { f.opset = Opset::kIos18; }),
            "function main: opset ios17 against ios18");
  EXPECT_EQ(difference([](Function& f) { f.value(f.inputs[0]).type = tensor_type(DType::kFloat16, {}); }),
            "function main: inputs: 'x' is tensor<fp32, []> against tensor<fp16, []>");
  EXPECT_EQ(difference([](Function& f) { f.name = "other"; }), "function 'main' against 'other'");
  EXPECT_EQ(difference([](Function& f) { const_op(f).attributes[1].value.blob = BlobRef{"elsewhere", 64}; }),
            "none");
}

}  // namespace
}  // namespace wf::test
