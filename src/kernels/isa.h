// The instruction sets that kernels are compiled for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"

namespace wf {

enum class Isa : uint8_t { kPortable, kNeon, kAvx2, kAvx512 };

// "portable", "neon", "avx2", "avx512".
std::string_view name_of(Isa isa);
std::optional<Isa> isa_from_name(std::string_view name);

// What this machine can run, weakest first; never empty.
std::span<const Isa> usable_isas();
// The best of them, or the best that WINDFALL_MAX_ISA allows; a name it does not know counts as none (ask
// check_isa_setting).
Isa default_isa();
// Instructions that multiply pairs of bf16 and add them up in fp32, beside those of `isa`: AVX-512 BF16.
bool has_bfloat_products(Isa isa);
// An error if WINDFALL_MAX_ISA names no instruction set.
Status check_isa_setting();

}  // namespace wf
