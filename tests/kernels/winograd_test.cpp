// Winograd's convolution against direct sums in double: odd sizes, paddings, batches, epilogues, infinities,
// every instruction set.
#include "kernels/conv/winograd.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "base/float16.h"
#include "support/support.h"

namespace wf::test {
namespace {

struct Case {
  int64_t batch, height, width, before, after, in, out;
};

struct Problem {
  WinogradConvolution w;
  std::vector<float> x, bias, residual, zeros;
  std::vector<uint16_t> kernels;

  Problem(Isa isa, const Case& c) {
    Convolution& s = w.shape;
    s.batch = c.batch;
    s.in_channels = c.in;
    s.out_channels = c.out;
    const int64_t padding = c.before + c.after;
    s.windows[1] = {c.height, c.height + padding - 2, 3, 1, 1, c.before};
    s.windows[2] = {c.width, c.width + padding - 2, 3, 1, 1, c.before};
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    x.resize(static_cast<size_t>(c.batch * c.height * c.width * c.in));
    for (float& v : x) v = normal(random);
    for (int64_t i = 0; i < c.out * c.in * 9; ++i) kernels.push_back(float_to_half(normal(random)));
    const int64_t elements = c.in * c.out;
    std::vector<float> factors(static_cast<size_t>(kWinogradPositions * elements));
    for (int64_t i = 0; i < elements; ++i) {
      std::array<float, 9> kernel{};
      for (size_t t = 0; t < 9; ++t) kernel[t] = half_to_float(kernels[static_cast<size_t>(i) * 9 + t]);
      const auto f = winograd_factors(kernel);
      for (size_t p = 0; p < f.size(); ++p) {
        factors[p * static_cast<size_t>(elements) + static_cast<size_t>(i % c.in * c.out + i / c.in)] = f[p];
      }
    }
    for (int64_t p = 0; p < kWinogradPositions; ++p) {
      s.weights.push_back(std::make_shared<const PackedMatrix>(
          pack(isa, {factors.data() + p * elements, false, c.out, 1}, c.in, c.out)));
    }
    w.kernels = kernels.data();
    w.half = true;
    bias.resize(static_cast<size_t>(c.out + s.weights[0]->width));
    for (float& v : bias) v = normal(random);
    residual.resize(static_cast<size_t>(s.out_pixels() * c.out));
    for (float& v : residual) v = normal(random);
    zeros.resize(static_cast<size_t>(c.in));
  }

  std::vector<float> run(Isa isa, int threads) const {
    std::vector<float> out(static_cast<size_t>(w.shape.out_pixels() * w.shape.out_channels), 77.0F);
    ThreadPool pool(threads);
    AlignedBuffer scratch(aligned_size(winograd_scratch_bytes(w)) * threads);
    ConvolutionIo io;
    io.x = x.data();
    io.out = out.data();
    io.zeros = zeros.data();
    io.scratch = scratch.data();
    io.epilogue.bias = bias.data();
    io.epilogue.residual = residual.data();
    io.epilogue.residual_stride = w.shape.out_channels;
    convolve_winograd(isa, w, io, pool);
    return out;
  }

  double expected(int64_t pixel, int64_t channel) const {
    const Convolution& s = w.shape;
    const int64_t across = s.windows[2].out, down = s.windows[1].out;
    const int64_t left = pixel % across - s.windows[2].before;
    const int64_t top = pixel / across % down - s.windows[1].before, image = pixel / across / down;
    double sum = 0;
    for (int64_t t = 0; t < 9; ++t) {
      const int64_t h = top + t / 3, v = left + t % 3;
      if (h < 0 || h >= s.windows[1].in || v < 0 || v >= s.windows[2].in) continue;
      for (int64_t i = 0; i < s.in_channels; ++i) {
        const auto at = ((image * s.windows[1].in + h) * s.windows[2].in + v) * s.in_channels + i;
        sum += double{x[static_cast<size_t>(at)]} *
               double{half_to_float(kernels[static_cast<size_t>((channel * s.in_channels + i) * 9 + t)])};
      }
    }
    const auto at = static_cast<size_t>(pixel * s.out_channels + channel);
    return sum + double{bias[static_cast<size_t>(channel)]} + double{residual[at]};
  }
};

class Winograd : public testing::TestWithParam<std::tuple<Isa, Case>> {};

TEST_P(Winograd, AgreesWithDirectSums) {
  const auto [isa, c] = GetParam();
  const Problem problem(isa, c);
  const std::vector<float> one = problem.run(isa, 1);
  const double scale = std::sqrt(9.0 * static_cast<double>(c.in));  // of the sums: terms are of size 1
  for (int64_t i = 0; i < static_cast<int64_t>(one.size()); ++i) {
    ASSERT_NEAR(one[static_cast<size_t>(i)], problem.expected(i / c.out, i % c.out), 1e-5 * scale) << i;
  }
  for (const int threads : {2, 5}) {
    const std::vector<float> more = problem.run(isa, threads);
    EXPECT_EQ(std::memcmp(one.data(), more.data(), one.size() * sizeof(float)), 0) << threads << " threads";
  }
}

// An infinity or a NaN is in the sums of the nine pixels around it alone, as if computed directly.
TEST_P(Winograd, KeepsWhatIsNotFiniteWhereItBelongs) {
  const auto [isa, c] = GetParam();
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::max()}) {
    Problem problem(isa, c);
    problem.x[problem.x.size() / 2] = bad;
    const std::vector<float> out = problem.run(isa, 2);
    const double scale = std::isfinite(bad) ? std::numeric_limits<double>::infinity() : 1;
    for (int64_t i = 0; i < static_cast<int64_t>(out.size()); ++i) {
      const double expected = problem.expected(i / c.out, i % c.out);
      const float got = out[static_cast<size_t>(i)];
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(got)) << i;
      } else if (std::abs(expected) > double{std::numeric_limits<float>::max()}) {
        EXPECT_EQ(got, static_cast<float>(expected > 0 ? std::numeric_limits<float>::infinity()
                                                       : -std::numeric_limits<float>::infinity()))
            << i;
      } else {
        EXPECT_TRUE(std::isfinite(got)) << i;
        if (std::isfinite(scale)) {
          EXPECT_NEAR(got, expected, 1e-3) << i;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, Winograd,
    testing::Combine(testing::ValuesIn(usable_isas().begin(), usable_isas().end()),
                     testing::Values(Case{1, 4, 4, 1, 1, 16, 32}, Case{2, 9, 7, 1, 1, 5, 3},
                                     Case{1, 11, 22, 0, 0, 33, 40}, Case{3, 6, 13, 2, 1, 8, 17},
                                     Case{1, 1, 1, 1, 1, 4, 4}, Case{1, 30, 41, 1, 1, 48, 64})));

}  // namespace
}  // namespace wf::test
