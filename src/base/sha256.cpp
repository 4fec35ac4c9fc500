#include "base/sha256.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace wf {
namespace {

constexpr size_t kBlock = 64;

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
alignas(16) constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using State = std::array<uint32_t, 8>;

uint32_t load_big(const std::byte* from) {
  uint32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap32(value);
  return value;
}

void digest_portable(State& state, const std::byte* from, size_t blocks) {
  for (; blocks > 0; --blocks, from += kBlock) {
    std::array<uint32_t, 64> w;
    for (size_t t = 0; t < 16; ++t) w[t] = load_big(from + 4 * t);
    for (size_t t = 16; t < 64; ++t) {
      const uint32_t a = w[t - 15], b = w[t - 2];
      w[t] = (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10)) + w[t - 7] +
             (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[t - 16];
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (size_t t = 0; t < 64; ++t) {
      const uint32_t one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                           ((e & f) ^ (~e & g)) + kRound[t] + w[t];
      const uint32_t two =
          (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + one;
      d = c;
      c = b;
      b = a;
      a = one + two;
    }
    const State sums = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; ++i) state[i] += sums[i];
  }
}

#if defined(__x86_64__)
// The SHA extensions keep the state as two registers, ABEF and CDGH, and do two rounds per instruction. The
// schedule of four words t..t+3 needs the sixteen before them, in four registers.
__attribute__((target("sha,sse4.1,ssse3"))) void digest_accelerated(State& state, const std::byte* from,
                                                                    size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const auto load_state = [&](size_t i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data() + i));
  };
  const __m128i badc = _mm_shuffle_epi32(load_state(0), 0xb1), fehg = _mm_shuffle_epi32(load_state(4), 0x1b);
  // No _mm_alignr_epi8: without optimisation GCC does not see that its operand is a constant.
  __m128i abef = _mm_unpacklo_epi64(_mm_unpackhi_epi64(fehg, fehg), badc);
  __m128i cdgh = _mm_blend_epi16(fehg, badc, 0xf0);
  for (; blocks > 0; --blocks, from += kBlock) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 16 * i)), swap);
    }
    for (int i = 0; i < 16; ++i) {
      if (i >= 4) {
        __m128i next = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
        const __m128i seven_before =
            _mm_shuffle_epi32(_mm_blend_epi16(w[(i + 2) & 3], w[(i + 3) & 3], 0x03), 0x39);
        next = _mm_add_epi32(next, seven_before);
        w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
      }
      const __m128i round = _mm_load_si128(reinterpret_cast<const __m128i*>(kRound.data() + 4 * i));
      const __m128i sum = _mm_add_epi32(w[i & 3], round);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4),
                   _mm_unpacklo_epi64(_mm_unpackhi_epi64(feba, feba), dchg));
}

bool has_sha_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & (1U << 29)) == 0) return false;
  return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
}
#endif

void digest(State& state, const std::byte* from, size_t blocks) {
#if defined(__x86_64__)
  if (sha256_is_accelerated()) return digest_accelerated(state, from, blocks);
#endif
  digest_portable(state, from, blocks);
}

}  // namespace

bool sha256_is_accelerated() {
#if defined(__x86_64__)
  static const bool has = has_sha_instructions() && !std::getenv("WINDFALL_PORTABLE_SHA256");
  return has;
#else
  return false;
#endif
}

void Sha256::add(Bytes bytes) {
  total_ += bytes.size();
  if (filled_ > 0) {
    const size_t taken = std::min(kBlock - filled_, bytes.size());
    std::memcpy(block_.data() + filled_, bytes.data(), taken);
    filled_ += taken;
    bytes = bytes.subspan(taken);
    if (filled_ < kBlock) return;
    digest(state_, block_.data(), 1);
    filled_ = 0;
  }
  digest(state_, bytes.data(), bytes.size() / kBlock);
  const Bytes rest = bytes.subspan(bytes.size() / kBlock * kBlock);
  if (!rest.empty()) std::memcpy(block_.data(), rest.data(), rest.size());
  filled_ = rest.size();
}

std::string Sha256::hex() {
  const uint64_t bits = total_ * 8;
  std::array<std::byte, 2 * kBlock> end{};
  const size_t zeros = (filled_ < 56 ? 56 : 120) - filled_;
  end[0] = std::byte{0x80};
  for (size_t i = 0; i < 8; ++i) end[zeros + i] = static_cast<std::byte>(bits >> (56 - 8 * i));
  add(Bytes(end.data(), zeros + 8));
  std::string text;
  for (const uint32_t word : state_) text += fmt::format("{:08x}", word);
  return text;
}

std::string sha256_of(Bytes bytes) {
  Sha256 sha;
  sha.add(bytes);
  return sha.hex();
}

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const auto failed = [&](std::string_view doing) {
    return Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kEnvironment,
                 fmt::format("cannot {}: {}", doing, std::strerror(errno)))
        .in_file(path.string());
  };
  if (fd < 0) return failed("open");
  std::vector<std::byte> buffer(size_t{1} << 20);
  Sha256 sha;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      Error error = failed("read");
      ::close(fd);
      return error;
    }
    if (count == 0) break;
    sha.add(Bytes(buffer.data(), static_cast<size_t>(count)));
  }
  ::close(fd);
  return sha.hex();
}

}  // namespace wf
