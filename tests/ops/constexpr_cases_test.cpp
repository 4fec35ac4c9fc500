// Random calls of every constexpr operation against the bits that coremltools' NumPy code gives for them; the
// cases are in data/constexpr_cases.txt, tests/python/make_constexpr_cases.py made them.
#include <fstream>
#include <map>
#include <sstream>

#include "support/hex.h"
#include "support/support.h"

namespace wf::test {
namespace {

struct Case {
  std::string op;
  Opset opset = Opset::kIos18;
  std::vector<NamedInput> inputs;
  std::vector<Tensor> outputs;
};

// DTYPE SHAPE HEX
Tensor read_tensor(std::istream& words) {
  std::string name, sizes, hex;
  words >> name >> sizes >> hex;
  const auto dtype = dtype_from_name(name);
  EXPECT_TRUE(dtype) << name;
  Shape shape;
  std::istringstream parts(sizes == "-" ? "" : sizes);
  for (std::string size; std::getline(parts, size, ',');) shape.push_back(std::stoll(size));
  const auto bytes = std::make_shared<const std::string>(hex == "-" ? "" : from_hex(hex));
  auto tensor = Tensor::view(dtype.value_or(DType::kUInt8), shape, as_bytes(*bytes), bytes);
  EXPECT_TRUE(tensor.ok()) << name << " " << sizes;
  return tensor ? *tensor : Tensor();
}

std::vector<Case> read_cases() {
  std::ifstream file(source_folder() / "tests/ops/data/constexpr_cases.txt");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first, second;
    words >> first;
    if (first == "in") {
      words >> second;
      cases.back().inputs.emplace_back(second, read_tensor(words));
    } else if (first == "out") {
      cases.back().outputs.push_back(read_tensor(words));
    } else {
      words >> second;
      cases.push_back({first, second == "ios16" ? Opset::kIos16 : Opset::kIos18, {}, {}});
    }
  }
  return cases;
}

TEST(ConstexprCases, AreTheBitsOfTheNumpyCode) {
  std::map<std::string, int> counts;
  int number = 0;
  for (const Case& each : read_cases()) {
    SCOPED_TRACE(each.op + ", case " + std::to_string(number++));
    ++counts[each.op];
    WF_ASSERT_OK_AND_ASSIGN(const auto results,
                            run_op(each.op, each.inputs, each.outputs.size(), each.opset));
    ASSERT_EQ(results.size(), each.outputs.size());
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(same_bits(*results[i].tensor(), each.outputs[i]))
          << "output " << i << " is " << to_string(type_of(results[i])) << ", expected "
          << to_string(type_of(Datum(each.outputs[i])));
    }
  }
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [op, count] : counts) EXPECT_GE(count, 12) << op;
}

}  // namespace
}  // namespace wf::test
