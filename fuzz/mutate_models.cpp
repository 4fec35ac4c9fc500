// Randomly damaged models, in the containers they come in: every one must end in an answer or an error.
//
//   mutate_models FOLDER COUNT [SEED [FIRST]]    FOLDER holds models (searched recursively); FIRST repeats
//   from a round
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <sanitizer/common_interface_defs.h>

#include "scratch.h"

namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

bool is_model(const fs::path& path) {
  const std::string extension = path.extension();
  return extension == ".mlmodel" || extension == ".mlpackage" || extension == ".mlmodelc";
}

// Which round a sanitizer's report belongs to.
std::string g_round;
void tell_round() { fmt::print(stderr, "\nthe damaged model: {}\n", g_round); }

// Models above this size would make ten thousand rounds take hours; what they hold, smaller ones hold too.
constexpr uintmax_t kLargestFile = 3 << 20;

std::vector<fs::path> find_models(const fs::path& folder) {
  std::vector<fs::path> models;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator(); ++it) {
    if (!is_model(it->path())) continue;
    it.disable_recursion_pending();
    uintmax_t size = 0;
    if (it->is_directory()) {
      for (const auto& inner : fs::recursive_directory_iterator(it->path())) {
        if (inner.is_regular_file()) size += inner.file_size();
      }
    } else {
      size = it->file_size();
    }
    if (size <= kLargestFile) models.push_back(it->path());
  }
  std::ranges::sort(models);
  return models;
}

std::string read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// One wound: the kinds of damage that disks, transfers and people with hex editors do.
void damage(std::string& bytes, Random& random) {
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % std::max<size_t>(limit, 1)); };
  if (bytes.empty()) return;
  switch (below(7)) {
    case 0:
      bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
      break;
    case 1:
      bytes[below(bytes.size())] = static_cast<char>(random());
      break;
    case 2:
      bytes.resize(below(bytes.size()));
      break;
    case 3: {  // a number made extreme
      constexpr unsigned char kExtremes[] = {0x00, 0x7f, 0x80, 0xff};
      const size_t at = below(bytes.size()), length = std::min<size_t>(1 + below(10), bytes.size() - at);
      std::fill_n(bytes.begin() + static_cast<long>(at), length, static_cast<char>(kExtremes[below(4)]));
      break;
    }
    case 4: {  // a piece twice
      const size_t at = below(bytes.size()), length = std::min<size_t>(below(64), bytes.size() - at);
      bytes.insert(below(bytes.size()), bytes.substr(at, length));
      break;
    }
    case 5:
      bytes.erase(below(bytes.size()), below(64));
      break;
    default: {  // a digit of a text changed
      const size_t start = below(bytes.size());
      const size_t at = bytes.find_first_of("0123456789", start);
      if (at != std::string::npos) bytes[at] = static_cast<char>('0' + below(10));
    }
  }
}

void copy_damaged(const fs::path& model, const fs::path& target, Random& random) {
  fs::remove_all(target);
  if (!fs::is_directory(model)) {
    std::string bytes = read_all(model);
    for (size_t wounds = 1 + random() % 4; wounds > 0; --wounds) damage(bytes, random);
    wf::fuzz::put(target, bytes);
    return;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(model)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  const size_t victim = random() % files.size();
  for (size_t i = 0; i < files.size(); ++i) {
    std::string bytes = read_all(files[i]);
    if (i == victim) {
      if (random() % 16 == 0) continue;  // a missing file
      for (size_t wounds = 1 + random() % 4; wounds > 0; --wounds) damage(bytes, random);
    }
    wf::fuzz::put(target / fs::relative(files[i], model), bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: mutate_models FOLDER COUNT [SEED [FIRST]]\n");
    return 2;
  }
  const std::vector<fs::path> models = find_models(argv[1]);
  if (models.empty()) {
    fmt::print(stderr, "no models below {}\n", argv[1]);
    return 2;
  }
  const auto count = std::strtoull(argv[2], nullptr, 10);
  const auto seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const auto first = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 0;
  __sanitizer_set_death_callback(tell_round);
  unsigned long long answers = 0;
  double slowest = 0;
  std::string slowest_name;
  for (unsigned long long round = first; round < first + count; ++round) {
    Random random(seed * 1000003 + round);  // each round stands alone
    const fs::path& model = models[random() % models.size()];
    const fs::path target = wf::fuzz::scratch_folder() / ("damaged" + model.extension().string());
    copy_damaged(model, target, random);
    g_round = fmt::format("round {} of seed {}, from {}", round, seed, model.string());
    const auto start = std::chrono::steady_clock::now();
    if (wf::fuzz::read_and_run(target)) ++answers;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds > slowest) {
      slowest = seconds;
      slowest_name = g_round;
    }
    if ((round + 1) % 1000 == 0) fmt::print(stderr, "{} rounds\n", round + 1);
  }
  fmt::print("{} damaged models: {} answers, {} errors, no crash; slowest {:.2f} s ({})\n", count, answers,
             count - answers, slowest, slowest_name);
  return 0;
}
