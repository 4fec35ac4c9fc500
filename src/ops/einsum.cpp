// einsum: two tensors multiplied and summed as an equation of letters says.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "ops/product.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("values").of(kFloats, 'T').variadic(),
                             Param("equation").text().constant()};
constexpr std::string_view kSamples[] = {"values=(T[2,3,4,5],T[2,5,4,6]) equation=\"nchw,nwhu->nchu\"",
                                         "values=(T[3,4,5],T[5,4,2]) equation=\"chw,whr->chr\"",
                                         "values=(T[2,3,1,5],T[1,5,4,6]) equation=\"nchw,nwhu->nchu\"",
                                         "values=(T[2,8,3,4],T[2,5,3,8]) equation=\"bchq,bkhc->bkhq\"",
                                         "values=(T[3,4],T[4]) equation=\"ij,j->\"",
                                         "values=(T[3],T[4]) equation=\"i,j->ji\""};

struct Equation {
  std::string a, b, out;  // one letter for each dimension
};

Result<Equation> parse(const Call& call) {
  const std::string text = call.text("equation");
  std::string bare;
  std::ranges::copy_if(text, std::back_inserter(bare), [](char c) { return c != ' '; });
  const auto comma = bare.find(','), arrow = bare.find("->");
  const auto broken = [&](std::string_view why) {
    return call.error(
        fmt::format("equation '{}': {}; expected two operands and a result, such as 'ab,bc->ac'", text, why));
  };
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow)
    return broken("not understood");
  Equation e{bare.substr(0, comma), bare.substr(comma + 1, arrow - comma - 1), bare.substr(arrow + 2)};
  for (const std::string* letters : {&e.a, &e.b, &e.out}) {
    for (size_t i = 0; i < letters->size(); ++i) {
      const char c = (*letters)[i];
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        return broken(fmt::format("'{}' is not a letter", c));
      if (letters->find(c, i + 1) != std::string::npos)
        return broken(fmt::format("'{}' occurs twice in one term", c));
      if (letters == &e.out && e.a.find(c) == std::string::npos && e.b.find(c) == std::string::npos) {
        return broken(fmt::format("'{}' is not in the operands", c));
      }
    }
  }
  return e;
}

// The size a letter has in one operand: 1 where the operand does not have it.
int64_t size_in(const std::string& letters, const Shape& shape, char letter) {
  const auto at = letters.find(letter);
  return at == std::string::npos ? 1 : shape[at];
}

// The size of a letter, an operand of size 1 being repeated; an error if two sizes disagree.
Result<int64_t> size_of(const Call& call, const Equation& e, char letter) {
  const int64_t a = size_in(e.a, call.shape("values", 0), letter),
                b = size_in(e.b, call.shape("values", 1), letter);
  if (a == b || b == 1) return a;
  if (a == 1) return b;
  if (a == kUnknownSize || b == kUnknownSize) return std::max(a, b);
  return call.error(fmt::format("'{}' is {} in the first operand and {} in the second", letter, a, b));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.count("values") != 2)
    return call.error(fmt::format("takes two values, found {}", call.count("values")));
  WF_TRY(const Equation e, parse(call));
  if (e.a.size() != call.shape("values", 0).size() || e.b.size() != call.shape("values", 1).size()) {
    return call.error(fmt::format("equation '{},{}' does not have the ranks of {} and {}", e.a, e.b,
                                  to_string(call.shape("values", 0)), to_string(call.shape("values", 1))));
  }
  for (const char letter : e.a + e.b) WF_CHECK(size_of(call, e, letter));
  Shape out;
  for (const char letter : e.out) {
    WF_TRY(const int64_t size, size_of(call, e, letter));
    out.push_back(size);
  }
  return std::vector<ValueType>{tensor_type(call.dtype("values"), std::move(out))};
}

// Where a set of letters leads in one tensor; letters it does not have, or has with size 1, repeat.
Result<IndexGroup> group_of(const Call& call, const Equation& e, const std::string& chosen,
                            const std::string& letters, const Shape& shape) {
  const Shape strides = dense_strides(shape);
  IndexGroup group;
  for (const char letter : chosen) {
    WF_TRY(const int64_t size, size_of(call, e, letter));
    const auto at = letters.find(letter);
    group.sizes.push_back(size);
    group.strides.push_back(at == std::string::npos || shape[at] == 1 ? 0 : strides[at]);
  }
  return group;
}

Status reference(Evaluation& eval) {
  const Tensor& a = eval.input("values", 0);
  const Tensor& b = eval.input("values", 1);
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const Equation e, parse(eval));
  std::string batch, rows, columns, inner;
  for (const char letter : e.out) {
    const bool in_a = e.a.find(letter) != std::string::npos, in_b = e.b.find(letter) != std::string::npos;
    (in_a && in_b ? batch : in_a ? rows : columns) += letter;
  }
  for (const char letter : e.a + e.b) {
    if (e.out.find(letter) == std::string::npos && inner.find(letter) == std::string::npos) inner += letter;
  }
  const auto in_a = [&](const std::string& chosen) { return group_of(eval, e, chosen, e.a, a.shape()); };
  const auto in_b = [&](const std::string& chosen) { return group_of(eval, e, chosen, e.b, b.shape()); };
  const auto in_out = [&](const std::string& chosen) {
    return group_of(eval, e, chosen, e.out, out.shape());
  };
  Product product;
  WF_TRY(product.a_rows, in_a(rows));
  WF_TRY(product.a_inner, in_a(inner));
  WF_TRY(product.b_inner, in_b(inner));
  WF_TRY(product.b_columns, in_b(columns));
  WF_TRY(product.out_rows, in_out(rows));
  WF_TRY(product.out_columns, in_out(columns));
  WF_TRY(const IndexGroup batch_a, in_a(batch));
  WF_TRY(const IndexGroup batch_b, in_b(batch));
  WF_TRY(const IndexGroup batch_out, in_out(batch));
  if (out.size() > 0) {
    for (int64_t i = 0; i < batch_out.count(); ++i) {
      WF_CHECK(multiply(eval, product, a, batch_a.offset(i), b, batch_b.offset(i), nullptr, out,
                        batch_out.offset(i)));
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "einsum",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "The sum over every letter that the result does not have of the product of both operands; a size "
           "of 1 repeats. "
           "Any equation of two operands whose terms have distinct letters (files hold 'nchw,nwhu->nchu' and "
           "'chw,whr->chr'). Source: MIL, iOS15 linear; numpy.einsum.",
}};

}  // namespace

WF_OP_FILE(einsum, kDefs);
}  // namespace wf
