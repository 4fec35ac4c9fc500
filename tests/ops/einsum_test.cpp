// Expected numbers: numpy.einsum.
#include "ops/pattern.h"

namespace wf::test {
namespace {

Tensor einsum(std::string equation, Tensor a, Tensor b) {
  return run_op1("einsum", {{"values", std::vector<Datum>{std::move(a), std::move(b)}},
                            {"equation", text(std::move(equation))}});
}

TEST(Einsum, TheEquationOfFiles) {
  expect_near(einsum("nchw,nwhu->nchu", pattern_x({1, 2, 2, 3}), pattern_w({1, 3, 2, 2})), {1, 2, 2, 2},
              {17, -8, 5, -22, -20, 8, 11, -18});
}

TEST(Einsum, SizesOfOneRepeat) {
  expect_near(einsum("nchw,nwhu->nchu", pattern_x({2, 2, 1, 3}), pattern_w({1, 3, 2, 2})), {2, 2, 2, 2},
              {17, -8, 2, -2, -18, 11, 5, -22, -20, 8, 8, -20, -22, 5, 11, -18});
}

TEST(Einsum, AnyTwoOperands) {
  expect_near(einsum("bchq,bkhc->bkhq", pattern_x({1, 3, 2, 2}), pattern_w({1, 2, 2, 3})), {1, 2, 2, 2},
              {17, -12, 15, -15, -6, 13, -11, -15});
  expect_near(einsum(" ij, jk -> ki", pattern_x({2, 3}), pattern_w({3, 4})), {4, 2},
              {17, -18, -8, 11, 2, 5, -2, -22});
  expect_near(einsum("ij,j->", pattern_x({2, 3}), pattern_w({3})), {}, {6});
}

TEST(Einsum, RefusesWhatItCannotRead) {
  const auto refused = [](std::string equation, std::string_view reason) {
    const auto result =
        run_op("einsum", {{"values", std::vector<Datum>{pattern_x({2, 3}), pattern_w({3, 4})}},
                          {"equation", text(std::move(equation))}});
    ASSERT_FALSE(result.ok()) << reason;
    EXPECT_NE(result.error().message.find(reason), std::string::npos) << result.error().to_string();
  };
  refused("ij,jk", "not understood");
  refused("ii,jk->ik", "'i' occurs twice");
  refused("i.,jk->ik", "'.' is not a letter");
  refused("ij,jk->iz", "'z' is not in the operands");
  refused("ijk,jk->ik", "does not have the ranks");
  refused("ij,ik->jk", "'i' is 2 in the first operand and 3 in the second");
}

}  // namespace
}  // namespace wf::test
