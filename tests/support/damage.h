// Damaged copies of a file's bytes: what a reader must survive.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace wf::test {

// Calls visit(damaged) for truncations (every length of small files, evenly spread ones of large files) and
// for `flips` copies with one to four bits or bytes changed, the same ones on every run.
template <class F>
void for_each_damage(std::string_view bytes, int flips, F&& visit) {
  const size_t step = std::max<size_t>(1, bytes.size() / 300);
  for (size_t length = 0; length < bytes.size(); length += step) visit(std::string(bytes.substr(0, length)));
  std::mt19937 random(20240607);  // any fixed seed
  for (int i = 0; i < flips; ++i) {
    std::string damaged(bytes);
    for (unsigned change = 0; change <= random() % 4; ++change) {
      char& byte = damaged[random() % damaged.size()];
      byte = random() % 2 ? static_cast<char>(byte ^ (1 << random() % 8)) : static_cast<char>(random());
    }
    visit(damaged);
  }
}

}  // namespace wf::test
