// A scratch folder of the running test's own: tests run side by side, and one that reads thousands of damaged
// files keeps its folder.
#pragma once

#include <gtest/gtest.h>

#include "support/support.h"

namespace wf::test {

inline std::filesystem::path own_scratch() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = std::string(info->test_suite_name()) + "." + info->name();
  static std::string made;
  if (made == name) return build_folder() / "scratch" / name;
  made = name;
  return scratch_folder(name);
}

}  // namespace wf::test
