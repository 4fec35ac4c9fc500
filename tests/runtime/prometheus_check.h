// Holds a text against the rules of Prometheus' exposition format 0.0.4 and against what `promtool check
// metrics` lints, and reads its samples.
#pragma once

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "support/support.h"

namespace wf::test {

// Fails the test for every rule that is broken; the samples by series as written ("name{a=\"b\"}").
inline std::map<std::string, double> checked_prometheus(const std::string& text) {
  static const std::regex kHelp("# HELP ([a-z][a-z0-9_]*) (\\S.*)"),
      kType("# TYPE ([a-z][a-z0-9_]*) (counter|gauge|summary)"),
      kSample("([a-z][a-z0-9_]*)(?:\\{((?:[a-z_]+=\"[^\"\\\\\\n]*\",?)*)\\})? (\\S+)"),
      kLabel("([a-z_]+)=\"([^\"]*)\"");
  std::map<std::string, double> samples;
  std::set<std::string> families;
  std::string helped, family, type;
  EXPECT_TRUE(text.ends_with('\n'));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    SCOPED_TRACE(line);
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      helped = match[1];
      EXPECT_TRUE(families.insert(helped).second) << "a family twice";
      continue;
    }
    if (std::regex_match(line, match, kType)) {
      family = match[1], type = match[2];
      EXPECT_EQ(family, helped) << "TYPE without its HELP before it";
      EXPECT_TRUE(family.starts_with("windfall_"));
      EXPECT_EQ(type == "counter", family.ends_with("_total"));
      for (const char* bad : {"_ms", "_milliseconds", "_kib", "_mib", "_count", "_sum", "_bucket", "_gauge",
                              "_counter", "_summary", "_percent"})
        EXPECT_FALSE(family.ends_with(bad)) << bad;
      continue;
    }
    if (!std::regex_match(line, match, kSample)) {
      ADD_FAILURE() << "neither HELP, TYPE nor a sample";
      continue;
    }
    const std::string name = match[1], labels = match[2], value = match[3];
    std::set<std::string> names;
    for (auto at = std::sregex_iterator(labels.begin(), labels.end(), kLabel); at != std::sregex_iterator();
         ++at)
      EXPECT_TRUE(names.insert((*at)[1]).second) << "a label twice";
    EXPECT_FALSE(labels.ends_with(','));
    if (type == "summary") {
      const bool is_quantile = name == family;
      EXPECT_TRUE(is_quantile || name == family + "_sum" || name == family + "_count");
      EXPECT_EQ(names.contains("quantile"), is_quantile);
    } else {
      EXPECT_EQ(name, family) << "a sample outside its family";
      EXPECT_FALSE(names.contains("quantile"));
    }
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    EXPECT_EQ(*end, '\0') << "no number";
    EXPECT_FALSE(type == "counter" && number < 0);
    EXPECT_TRUE(samples.emplace(labels.empty() ? name : name + "{" + labels + "}", number).second)
        << "a series twice";
  }
  return samples;
}

}  // namespace wf::test
