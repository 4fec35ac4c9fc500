#include "ops/sample.h"

#include <algorithm>

#include "support/support.h"

namespace wf::test {
namespace {

std::vector<SampleArgument> parsed(std::string_view text, DType float_type = DType::kFloat16) {
  auto arguments = parse_sample(text, float_type, 1);
  if (!arguments) {
    ADD_FAILURE() << arguments.error().to_string();
    return {};
  }
  return *std::move(arguments);
}

TEST(Sample, ScalarsTakeTheirDtypeFromTheNotation) {
  const auto arguments = parsed("axis=-1 epsilon=1e-5 scale=f:2.5 flag=true mode=\"A B\" zero=uint8:3");
  ASSERT_EQ(arguments.size(), 6u);
  const auto dtype = [&](size_t i) { return arguments[i].values[0].tensor()->dtype(); };
  EXPECT_EQ(arguments[0].name, "axis");
  EXPECT_EQ(dtype(0), DType::kInt32);
  EXPECT_EQ(read_int(*arguments[0].values[0].tensor(), 0), -1);
  EXPECT_EQ(dtype(1), DType::kFloat16);
  EXPECT_EQ(dtype(2), DType::kFloat32);
  EXPECT_EQ(read_double(*arguments[2].values[0].tensor(), 0), 2.5);
  EXPECT_EQ(dtype(3), DType::kBool);
  EXPECT_EQ(arguments[4].values[0].tensor()->strings()[0], "A B");
  EXPECT_EQ(dtype(5), DType::kUInt8);
  EXPECT_EQ(arguments[5].values[0].tensor()->rank(), 0);
}

TEST(Sample, Vectors) {
  const auto arguments = parsed("axes={0,-1} masks={true,false} names={\"a\",\"b\"} none={}");
  ASSERT_EQ(arguments.size(), 4u);
  expect_near(*arguments[0].values[0].tensor(), {2}, {0, -1});
  EXPECT_EQ(arguments[1].values[0].tensor()->dtype(), DType::kBool);
  EXPECT_EQ(arguments[2].values[0].tensor()->strings(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(to_string(arguments[3].values[0].tensor()->shape()), "[0]");
}

TEST(Sample, RandomTensorsStayInTheirRangeAndRepeat) {
  const auto arguments = parsed("x=T[500]@0.1:4 i=int32[500]@2:5 b=bool[500] s=T[] v=(T[2],int8[3])");
  ASSERT_EQ(arguments.size(), 5u);
  for (const double value : read_doubles(*arguments[0].values[0].tensor()))
    EXPECT_TRUE(value >= 0.0999 && value <= 4);
  std::vector<int64_t> drawn = read_ints(*arguments[1].values[0].tensor());
  EXPECT_EQ(*std::ranges::min_element(drawn), 2);
  EXPECT_EQ(*std::ranges::max_element(drawn), 4);
  EXPECT_EQ(arguments[3].values[0].tensor()->rank(), 0);
  ASSERT_EQ(arguments[4].values.size(), 2u);
  EXPECT_EQ(arguments[4].values[1].tensor()->dtype(), DType::kInt8);
  const auto again = parsed("x=T[500]@0.1:4");
  EXPECT_TRUE(same_bits(arguments[0].values[0], again[0].values[0]));
}

TEST(Sample, MistakesTellWhereTheyAre) {
  for (const std::string_view text : {"x", "x=", "x=T", "x=T[2", "x=T[2]@1", "x=nothing[2]", "x={1,\"a\"}",
                                      "x=\"open", "x=(T[2]", "x=1y=2", "x=T[-1]"}) {
    const auto result = parse_sample(text, DType::kFloat32, 1);
    EXPECT_FALSE(result.ok()) << text;
  }
  EXPECT_NE(
      parse_sample("x=T[2,", DType::kFloat32, 1).error().message.find("expected a number at character 6"),
      std::string::npos);
}

}  // namespace
}  // namespace wf::test
