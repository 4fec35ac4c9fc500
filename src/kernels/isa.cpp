#include "kernels/isa.h"

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace wf {
namespace {

std::vector<Isa> find_usable() {
#if defined(__aarch64__)
  return {Isa::kNeon};  // part of the architecture
#else
  std::vector<Isa> usable{Isa::kPortable};
#if defined(__x86_64__)
  __builtin_cpu_init();
  // What Highway compiles its AVX2 and AVX-512 forms with.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("aes")) {
    usable.push_back(Isa::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
      usable.push_back(Isa::kAvx512);
    }
  }
#endif
  return usable;
#endif
}

constexpr std::array<std::string_view, 4> kNames{"portable", "neon", "avx2", "avx512"};

}  // namespace

std::string_view name_of(Isa isa) { return kNames[static_cast<size_t>(isa)]; }

std::optional<Isa> isa_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Isa>(i);
  }
  return std::nullopt;
}

std::span<const Isa> usable_isas() {
  static const std::vector<Isa> usable = find_usable();
  return usable;
}

bool has_bfloat_products(Isa isa) {
#if defined(__x86_64__)
  return isa == Isa::kAvx512 && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

Status check_isa_setting() {
  const char* wanted = std::getenv("WINDFALL_MAX_ISA");
  if (!wanted || isa_from_name(wanted)) return {};
  std::string known;
  for (const std::string_view name : kNames) known += (known.empty() ? "" : ", ") + std::string(name);
  return Error(ErrorCode::kInvalidArgument, std::string("WINDFALL_MAX_ISA is '") + wanted + "'", {},
               "known: " + known);
}

Isa default_isa() {
  const char* wanted = std::getenv("WINDFALL_MAX_ISA");
  const std::optional<Isa> most = wanted ? isa_from_name(wanted) : std::nullopt;
  Isa best = usable_isas().front();
  for (const Isa isa : usable_isas()) {
    if (!most || isa <= *most) best = isa;
  }
  return best;
}

}  // namespace wf
