// The notation of an operation's samples: arguments separated by spaces, in the order of no importance.
//
//   x=T[2,3]           a tensor of the float type under test with seeded values about N(0, 1)
//   x=int32[4]         a tensor of that dtype, small values (bool: both, unsigned: 0..255, ints: -8..8)
//   x=T[2,3]@0.1:4     values in [0.1, 4) for floats, [lo, hi) for integers
//   axes={0,-1}        an int32 vector        axis=1   an int32 scalar      epsilon=1e-5   a float scalar of
//   type T scale=f:2.0        an fp32 scalar         flag=true  a bool scalar      masks={true,false}  a bool
//   vector mode="EXACT"       a string scalar        names={"a","b"}   a string vector x=(T[2,3],T[2,3])  a
//   variadic parameter   zero=uint8:3      a scalar of that dtype limits={0.5,2.0}   a vector of type T
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "program/datum.h"

namespace wf {

struct SampleArgument {
  std::string name;
  std::vector<Datum> values;
};

// Every tensor is a constant; `float_type` stands for T.
Result<std::vector<SampleArgument>> parse_sample(std::string_view text, DType float_type, uint64_t seed);

}  // namespace wf
