#include "program/text.h"

#include <filesystem>

#include "base/file.h"
#include "support/support.h"

namespace wf::test {
namespace {

// A program around one function body.
std::string program_of(std::string_view statements, std::string_view results,
                       std::string_view parameters = "fp32 x") {
  return "program(1.3)\n{\n    func main<ios17>(" + std::string(parameters) + ") {\n" +
         std::string(statements) + "\n} -> (" + std::string(results) + ");\n}";
}

// The value of the only attribute "val" in a program that is one const.
Constant parse_value(const std::string& value) {
  auto program = parse_text(program_of("int32 c = const()[val = " + value + "];", "c"));
  EXPECT_TRUE(program.ok()) << value << ": " << program.error().to_string();
  if (!program) return {};
  return *program->functions[0].body.ops[0].find_attribute("val");
}

Error parse_error(const std::string& source) {
  const auto program = parse_text(source);
  EXPECT_FALSE(program.ok()) << source;
  return program ? Error() : program.error();
}
Error value_error(const std::string& value) {
  return parse_error(program_of("int32 c = const()[val = " + value + "];", "c"));
}

// Printing and parsing again gives the same program.
void expect_round_trip(const std::string& source, const std::string& version = "1.3") {
  WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
  WF_ASSERT_OK(verify(program));
  const std::string printed = print_text(program, {version});
  WF_ASSERT_OK_AND_ASSIGN(const Program again, parse_text(printed));
  EXPECT_EQ(first_difference(program, again).value_or(""), "");
  EXPECT_EQ(print_text(again, {version}), printed);
}

TEST(MilText, ReadsWhatApplesCompilerWrote) {
  const std::string source =
      "program(1.0)\n"
      "[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{\"coremlc-version\", \"3402.4.1\"}})]\n"
      "{\n"
      "    func main<ios16>(tensor<fp16, [1, 10]> x, tensor<fp16, [1, 10]> y) {\n"
      "            tensor<fp16, [1, 10]> var_3 = mul(x = x, y = y)[name = tensor<string, "
      "[]>(\"op_3_cast_fp16\")];\n"
      "        } -> (var_3);\n"
      "}";
  WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
  ASSERT_EQ(program.functions.size(), 1u);
  const Function& function = program.functions[0];
  EXPECT_EQ(function.opset, Opset::kIos16);
  ASSERT_EQ(function.body.ops.size(), 1u);
  EXPECT_EQ(function.body.ops[0].label(), "mul 'op_3_cast_fp16'");
  EXPECT_EQ(function.value(function.body.outputs[0]).name, "var_3");
  EXPECT_EQ(function.value(function.inputs[1]).type, tensor_type(DType::kFloat16, {1, 10}));
  EXPECT_EQ(print_text(program, {"1.0"}), source);
}

TEST(MilText, BothVersionsTakeBothSpellingsOfScalars) {
  for (const char* version : {"1.0", "1.3"}) {
    for (const char* type : {"int32", "tensor<int32, []>"}) {
      const std::string source = std::string("program(") + version + "){ func main<ios15>() { " + type +
                                 " a = const()[val = " + type + "(7)]; } -> (a); }";
      WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
      EXPECT_EQ(read_int(*program.functions[0].body.ops[0].find_attribute("val")->data.tensor(), 0), 7);
    }
  }
}

TEST(MilText, HexadecimalFloatsAreExact) {
  const Constant constant =
      parse_value("tensor<fp32, [6]>([0x1.b7cdfep-34, -0x0p+0, inf, -inf, nan, 0x1p-149])");
  const Tensor& tensor = *constant.data.tensor();
  EXPECT_EQ(tensor.load<float>(0), 0x1.b7cdfep-34f);
  EXPECT_EQ(tensor.load<uint32_t>(1), 0x80000000u);
  EXPECT_EQ(tensor.load<uint32_t>(2), 0x7f800000u);
  EXPECT_EQ(tensor.load<uint32_t>(3), 0xff800000u);
  EXPECT_TRUE(std::isnan(tensor.load<float>(4)));
  EXPECT_EQ(tensor.load<uint32_t>(5), 1u);
}

TEST(MilText, EveryHalfSurvives) {
  // All 65536 bit patterns, NaNs included, in one tensor.
  WF_ASSERT_OK_AND_ASSIGN(Tensor all, Tensor::allocate(DType::kFloat16, {65536}));
  for (int64_t i = 0; i < 65536; ++i) all.store(i, static_cast<uint16_t>(i));
  WF_ASSERT_OK_AND_ASSIGN(Program program, parse_text(program_of("", "x")));
  program.attributes.push_back({"all", {tensor_type(DType::kFloat16, {65536}), all, {}, {}}});
  WF_ASSERT_OK_AND_ASSIGN(const Program again, parse_text(print_text(program)));
  EXPECT_TRUE(same_bits(*again.attributes[0].value.data.tensor(), all));
}

TEST(MilText, IntegersOfEveryWidth) {
  EXPECT_EQ(parse_value("uint64(18446744073709551615)").data.tensor()->load<uint64_t>(0), UINT64_MAX);
  EXPECT_EQ(parse_value("int64(-9223372036854775808)").data.tensor()->load<int64_t>(0), INT64_MIN);
  // Four 4-bit numbers, the first in the low bits: -8, 7 -> 0x78; -1, 1 -> 0x1f.
  const Constant nibbles = parse_value("tensor<int4, [2, 2]>([[-8, 7], [-1, 1]])");
  EXPECT_EQ(nibbles.data.tensor()->load<uint8_t>(0), 0x78);
  EXPECT_EQ(nibbles.data.tensor()->load<uint8_t>(1), 0x1f);
  // Three 3-bit numbers straddle the byte: 7 + 5*8 + 3*64 = 0b11'101'111, and the top bit of 3 (0).
  const Constant triples = parse_value("tensor<uint3, [3]>([7, 5, 3])");
  EXPECT_EQ(triples.data.tensor()->load<uint8_t>(0), 0xef);
  EXPECT_EQ(triples.data.tensor()->load<uint8_t>(1), 0x00);
}

TEST(MilText, NumbersOutOfRangeAreErrors) {
  for (const char* value : {"int8(128)", "int8(-129)", "uint4(16)", "int4(-9)", "uint8(-1)", "fp16(65520)",
                            "fp16(0x1p+16)", "fp32(1e39)", "fp8e4m3fn(inf)", "int64(9223372036854775808)"}) {
    EXPECT_NE(value_error(value).message.find("out of the range"), std::string::npos) << value;
  }
  for (const char* value : {"int32(1.5)", "int32(x)", "bool(1)", "fp32(1.2.3)", "fp32(\"1\")", "string(1)"}) {
    EXPECT_NE(value_error(value).message.find("expected"), std::string::npos) << value;
  }
  EXPECT_EQ(parse_value("fp16(65519)").data.tensor()->load<uint16_t>(0), 0x7bff);  // rounds down to 65504
}

TEST(MilText, Strings) {
  const Constant constant = parse_value(R"(tensor<string, [3]>(["a\"b\\c", "line\n\t\x01", "Grüße"]))");
  EXPECT_EQ(constant.data.tensor()->strings(),
            (std::vector<std::string>{"a\"b\\c", "line\n\t\x01", "Grüße"}));
  expect_round_trip(program_of(R"(string c = const()[val = string("a\"b\\c\r\x7f")];)", "c"));
}

TEST(MilText, ShapesThatTheTypeLeavesOpenComeFromTheLiteral) {
  EXPECT_EQ(parse_value("tensor<int32, [?, 2]>([[1, 2], [3, 4], [5, 6]])").data.tensor()->shape(),
            (Shape{3, 2}));
  EXPECT_EQ(parse_value("tensor<int32, ?>([[1, 2]])").data.tensor()->shape(), (Shape{1, 2}));
  EXPECT_EQ(parse_value("tensor<int32, ?>([[1, 2]])").type, tensor_type(DType::kInt32, {1, 2}));
  EXPECT_EQ(parse_value("tensor<int32, [2, 0]>([])").data.tensor()->shape(), (Shape{2, 0}));
  EXPECT_EQ(parse_value("tensor<int32, [2, 0]>([[], []])").data.tensor()->shape(), (Shape{2, 0}));
  EXPECT_EQ(value_error("tensor<int32, [2, 2]>([[1, 2], [3]])").message,
            "expected 2 items in dimension 1 of a tensor<int32, [2, 2]>, found 1");
  EXPECT_EQ(value_error("tensor<int32, [?, ?]>([[1, 2], [3]])").where, "line 4, column 56");
}

TEST(MilText, TensorsWithoutElementsKeepTheirSizes) {
  for (const char* value :
       {"tensor<int32, [2, 0]>([])", "tensor<int32, [?, 0]>([[], []])", "tensor<int32, [?, ?]>([])",
        "tensor<int32, ?>([[], []])", "list<tensor<int32, [?, 0]>, 1>([[[], []]])"}) {
    expect_round_trip(program_of("int32 c = const()[val = " + std::string(value) + "];", "c"));
  }
  EXPECT_LT(
      print_text(*parse_text(program_of("int32 c = const()[val = tensor<int32, [1000000000, 0]>([])];", "c")))
          .size(),
      500u);
}

TEST(MilText, ListsTuplesDictionaries) {
  const Constant list = parse_value("list<string, 2>([\"cat\", \"dog\"])");
  ASSERT_NE(list.data.list(), nullptr);
  EXPECT_EQ(list.data.list()->items[1].tensor()->strings()[0], "dog");
  EXPECT_NE(value_error("list<string, 3>([\"cat\"])").message.find("1 items where its type says 3"),
            std::string::npos);
  const Constant dict =
      parse_value("dict<string, tuple<int32, bool>>({{\"k\", (1, true)}, {\"l\", (2, false)}})");
  ASSERT_NE(dict.data.dict(), nullptr);
  EXPECT_EQ(read_int(*dict.data.dict()->items[1].second.tuple()->items[0].tensor(), 0), 2);
  EXPECT_TRUE(parse_value("dict<string, string>({})").data.dict()->items.empty());
  value_error("tuple<int32, bool>((1))");
  value_error("tuple<int32>((1, 2))");
}

// Function attributes as Apple's compiler writes them for flexible inputs.
TEST(MilText, FlexibleShapes) {
  const std::string source =
      "program(1.3)\n{\n"
      "    func first<ios18>(tensor<fp32, [?]> input) [FlexibleShapeInformation = tuple<tuple<string, "
      "dict<string, "
      "tensor<int32, [?]>>>, tuple<string, dict<string, list<tensor<int32, [2]>, ?>>>>(((\"DefaultShapes\", "
      "{{\"input\", "
      "[4]}}), (\"RangeDims\", {{\"input\", [[0, 4]]}})))] {\n"
      "            tensor<fp32, [?]> output = relu(x = input);\n"
      "        } -> (output);\n"
      "    func second<ios18>(tensor<fp32, [?]> input) [FlexibleShapeInformation = tuple<tuple<string, "
      "dict<string, "
      "tensor<int32, [?]>>>, tuple<string, dict<string, dict<string, tensor<int32, "
      "[?]>>>>>(((\"DefaultShapes\", "
      "{{\"input\", [4]}}), (\"EnumeratedShapes\", {{\"543d0f94\", {{\"input\", [1]}}}, {\"697b758f\", "
      "{{\"input\", "
      "[2]}}}})))] {\n"
      "            tensor<fp32, [?]> output_2 = relu(x = input);\n"
      "        } -> (output_2);\n"
      "}";
  WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
  ASSERT_EQ(program.functions.size(), 2u);
  const Tuple& flexible = *program.functions[0].attributes[0].value.data.tuple();
  EXPECT_EQ(flexible.items[1].tuple()->items[0].tensor()->strings()[0], "RangeDims");
  EXPECT_EQ(print_text(program), source);
}

TEST(MilText, BlobsKeepTheirPlace) {
  const std::string statement =
      "tensor<fp16, [8, 4]> w = const()[name = string(\"w\"), val = tensor<fp16, [8, 4]>(BLOBFILE(path = "
      "string(\"@model_path/weights/weight.bin\"), offset = uint64(64)))];";
  WF_ASSERT_OK_AND_ASSIGN(Program program, parse_text(program_of(statement, "w")));
  const Constant& constant = *program.functions[0].body.ops[0].find_attribute("val");
  EXPECT_EQ(constant.blob, (BlobRef{"@model_path/weights/weight.bin", 64}));
  EXPECT_FALSE(constant.data.known());
  EXPECT_NE(print_text(program).find(statement), std::string::npos);

  WF_ASSERT_OK(resolve_blobs(program, [](const BlobRef& blob, const TensorType& type) {
    EXPECT_EQ(blob.offset, 64u);
    return Tensor::allocate(type.dtype, *type.shape);
  }));
  EXPECT_TRUE(program.functions[0].body.ops[0].find_attribute("val")->data.known());
  value_error("string(BLOBFILE(path = string(\"x\"), offset = int64(-1)))");
  value_error("tensor<fp16, [?]>(BLOBFILE(path = string(\"x\"), offset = uint64(0)))");
}

TEST(MilText, InlineValuesVariadicsAndAbsentAttributes) {
  const std::string source = program_of(
      "            fp32 a = add(x = x, y = fp32(0x1p+0));\n"
      "            tensor<fp32, [2]> b = stack(axis = int32(0), values = (a, fp32(0x1p-1)));\n"
      "            fp32 c, fp32 d = split(x = b);\n"
      "            write_state(data = c, input = s)[name = string(\"w\")];",
      "d", "fp32 x, state<tensor<fp32, []>> s");
  WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
  const Block& body = program.functions[0].body;
  EXPECT_EQ(body.ops[1].find_input("values")->bindings.size(), 2u);
  EXPECT_EQ(body.ops[2].outputs.size(), 2u);
  EXPECT_TRUE(body.ops[3].outputs.empty());
  EXPECT_TRUE(body.ops[0].attributes.empty());
  expect_round_trip(source);
  expect_round_trip(source, "1.0");
}

TEST(MilText, NestedBlocks) {
  const std::string source = program_of(
      "bool p = const()[val = bool(true)];\n"
      "fp32 y = cond(pred = p)[name = string(\"c\")] { () { fp32 a = relu(x = x); } -> (a); () { } -> (x); "
      "};\n"
      "fp32 z = while_loop(loop_vars = y) {\n"
      "  (fp32 i) { bool t = less(x = i, y = x); } -> (t);\n"
      "  (fp32 j) { fp32 n = add(x = j, y = x); } -> (n); };",
      "z");
  WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
  ASSERT_EQ(program.functions[0].body.ops[2].blocks.size(), 2u);
  EXPECT_EQ(program.functions[0].body.ops[2].blocks[1].inputs.size(), 1u);
  expect_round_trip(source);
  // A value of a nested block is not seen outside.
  const Error error = parse_error(
      program_of("fp32 y = cond() { () { fp32 a = relu(x = x); } -> (a); }; fp32 z = relu(x = a);", "z"));
  EXPECT_NE(error.message.find("does not enclose"), std::string::npos) << error.to_string();
}

TEST(MilText, BlocksMayUseNamesAgain) {
  // As converters do: both blocks of a loop, two loops, and a result of the loop itself.
  const std::string loop =
      "fp32 z = while_loop(loop_vars = x) {\n"
      "  (fp32 i) { bool t = less(x = i, y = x); } -> (t);\n"
      "  (fp32 i) { fp32 z = add(x = i, y = x); } -> (z); };\n";
  const std::string source = program_of(loop +
                                            "fp32 u = while_loop(loop_vars = z) {\n"
                                            "  (fp32 i) { bool t = less(x = i, y = z); } -> (t);\n"
                                            "  (fp32 i) { fp32 n = add(x = i, y = z); } -> (n); };",
                                        "u");
  WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
  const Block& body = program.functions[0].body;
  // The second loop reads the first one's result, not the value of that name in its block.
  EXPECT_EQ(std::get<ValueId>(body.ops[1].blocks[0].ops[0].find_input("y")->bindings[0]),
            body.ops[0].outputs[0]);
  EXPECT_EQ(body.ops[0].blocks[1].outputs[0], body.ops[0].blocks[1].ops[0].outputs[0]);
  expect_round_trip(source);
  EXPECT_NE(
      parse_error(program_of("fp32 a, fp32 a = split(x = x);", "a")).message.find("two results named 'a'"),
      std::string::npos);
}

TEST(MilText, NamesThatAreNoIdentifiersAreQuoted) {
  expect_round_trip(program_of("fp32 `1 b\\`c` = relu(x = `in put`);", "`1 b\\`c`", "fp32 `in put`"));
}

TEST(MilText, ErrorsTellWhereAndWhat) {
  const auto text_of = [](const std::string& source) { return parse_error(source).to_string(); };
  EXPECT_EQ(text_of("program(2.0)"), "line 1, column 9: expected version 1.0 or 1.3, found the number 2.0");
  EXPECT_EQ(text_of("program(1.3) {\n  func main<ios99>() {} -> ();}"),
            "line 2, column 13: expected an opset from ios13 to ios18, or ios26, found the name 'ios99'");
  EXPECT_EQ(text_of(program_of("fp32 y = relu(x = nowhere);", "y")),
            "line 4, column 19: no value named 'nowhere' is defined before");
  EXPECT_EQ(text_of(program_of("fp32 y = relu(x = y);", "y")).substr(0, 18), "line 4, column 19:");
  EXPECT_EQ(text_of(program_of("fp32 x = relu(x = x);", "x")), "line 4, column 6: a second value named 'x'");
  EXPECT_EQ(text_of(program_of("fp32 y = relu(x = x)", "y")),
            "line 5, column 1: expected ';' after the call of relu, found '}'");
  EXPECT_EQ(text_of(program_of("fp32 y = relu(x = x, x = x);", "y")),
            "line 4, column 14: two arguments of relu named 'x'");
  EXPECT_EQ(text_of(program_of("string y = const()[val = string(\"abc];", "y")).substr(0, 75),
            "line 4, column 33: expected a string in quotes, found an unfinished string ");
  EXPECT_NE(text_of(program_of("", "x") + " more").find("nothing after the program"), std::string::npos);
  EXPECT_NE(text_of(program_of("fp99 y = relu(x = x);", "y")).find("an element type"), std::string::npos);
  EXPECT_NE(text_of("").find("found the end of the text"), std::string::npos);
}

TEST(MilText, NestingIsBounded) {
  std::string type, brackets;
  for (int i = 0; i < 100000; ++i) type += "list<", brackets += "[";
  value_error(type);
  value_error("tensor<int32, ?>(" + brackets);
  std::string blocks;
  for (int i = 0; i < 100000; ++i) blocks += "cond() { () { ";
  parse_error(program_of(blocks, "x"));
}

TEST(MilText, LongLiteralsTakeLinearTime) {
  std::string literal = "tensor<fp32, [1000000]>([";
  for (int i = 0; i < 1000000; ++i) literal += i ? ", 0x1.8p-3" : "0x1.8p-3";
  const Constant constant = parse_value(literal + "])");
  ASSERT_TRUE(constant.data.known());
  EXPECT_EQ(constant.data.tensor()->load<float>(999999), 0.1875f);
}

TEST(MilText, TruncatedAnywhereIsAnError) {
  const std::string source = program_of(
      "tensor<fp32, [2]> b = stack(axis = int32(0), values = (x, fp32(0x1p-1)))[name = string(\"s\"), m = "
      "dict<string, "
      "int32>({{\"k\", 1}})];",
      "b");
  WF_ASSERT_OK(parse_text(source));
  for (size_t length = 0; length < source.size(); ++length)
    EXPECT_FALSE(parse_text(source.substr(0, length)).ok()) << length;
}

// Every program text of the corpus comes out of the printer as Apple's compiler wrote it, byte for byte.
TEST(MilText, CorpusTextsRoundTrip) {
  if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus_folder())) {
    if (entry.path().extension() != ".mil") continue;
    ++found;
    WF_ASSERT_OK_AND_ASSIGN(std::string source, read_text_file(entry.path()));
    if (source.ends_with('\n')) source.pop_back();  // some compilers end the file with one
    WF_ASSERT_OK_AND_ASSIGN(const Program program, parse_text(source));
    WF_ASSERT_OK(verify(program));
    EXPECT_EQ(print_text(program, {source.substr(8, 3)}), source) << entry.path();
    expect_round_trip(source);
  }
  EXPECT_GE(found, 4);
}

}  // namespace
}  // namespace wf::test
