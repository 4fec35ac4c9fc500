#include "lab/matrix/archive.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "base/file.h"
#include "base/folder.h"
#include "base/thread_pool.h"
#include "engine/cpu/pack_function.h"
#include "lab/matrix/calibration.h"
#include "runtime/platform.h"

namespace wf {
namespace {

// As the system calls it; "" where it does not.
std::string processor_name() {
#ifdef __APPLE__
  char name[256] = {};
  size_t length = sizeof name - 1;
  return sysctlbyname("machdep.cpu.brand_string", name, &length, nullptr, 0) == 0 ? name : "";
#else
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
#endif
}

Result<ArchivedRun> parse_run(const std::string& content) {
  ArchivedRun run;
  size_t number = 0;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    Json line = Json::parse(content.substr(begin, end - begin), nullptr, false);
    begin = end + 1;
    ++number;
    const std::string event = line.is_object() ? line.value("event", "") : "";
    if (event == "run" && number == 1 && line.value("schema", "") == "windfall.matrix/1" &&
        line.contains("machine")) {
      run.date = line.value("date", "");
      WF_TRY(run.seconds, seconds_of_date(run.date));
      run.machine = line["machine"];
      run.header = std::move(line);
    } else if (event == "cell" && number > 1 && line.contains("cell") && line["cell"].is_string()) {
      run.cells.push_back(std::move(line));
    } else if (event.empty() || number == 1) {
      return Error(ErrorCode::kBadModel, "no line of a matrix archive", fmt::format("line {}", number));
    }
  }
  WF_REQUIRE(number > 0, kBadModel, "the archive is empty");
  return run;
}

}  // namespace

Json this_machine() {
  return {{"platform", platform_name()},
          {"processor", processor_name()},
          {"instruction_set", name_of(default_isa())},
          {"threads", default_thread_count()},
          {"calibration", kCalibrationVersion}};
}

std::string system_name() {
  utsname system{};
  return uname(&system) == 0 ? fmt::format("{} {}", system.sysname, system.release) : "";
}

Result<int64_t> seconds_of_date(const std::string& date) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  const char* const text = date.c_str();
  const auto whole = [&] { return used > 0 && static_cast<size_t>(used) == date.size(); };
  const bool parsed =
      (std::sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 && whole()) ||
      (std::sscanf(text, "%4d-%2d-%2dT%2d:%2dZ%n", &year, &month, &day, &hour, &minute, &used) == 5 &&
       whole()) ||
      (std::sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute, &second, &used) ==
           6 &&
       whole());
  const std::chrono::year_month_day calendar{std::chrono::year(year),
                                             std::chrono::month(static_cast<unsigned>(std::max(month, 0))),
                                             std::chrono::day(static_cast<unsigned>(std::max(day, 0)))};
  WF_REQUIRE(parsed && calendar.ok() && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
                 second <= 60,
             kInvalidArgument,
             fmt::format("'{}' is no date, expected 2026-11-22 or 2026-11-22T03:00:00Z", date));
  const auto days = std::chrono::sys_days(calendar).time_since_epoch().count();
  return ((int64_t{days} * 24 + hour) * 60 + minute) * 60 + second;
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

const Json* ArchivedRun::find(const std::string& cell) const {
  const auto found = std::ranges::find_if(cells, [&](const Json& line) { return line["cell"] == cell; });
  return found == cells.end() ? nullptr : &*found;
}

void sort_by_date(std::vector<ArchivedRun>& runs) {
  std::ranges::sort(runs, {}, [](const ArchivedRun& run) { return std::pair(run.seconds, run.date); });
}

Result<std::vector<ArchivedRun>> read_archives(const std::filesystem::path& folder) {
  std::vector<ArchivedRun> runs;
  std::error_code code;
  if (!std::filesystem::exists(folder, code)) return runs;
  WF_TRY(const std::vector<FolderEntry> entries, list_folder(folder));
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder || !entry.name.ends_with(".jsonl")) continue;
    WF_TRY(const std::string content, read_text_file(folder / entry.name));
    auto run = parse_run(content);
    if (!run) return std::move(run).error().in_file((folder / entry.name).string());
    runs.push_back(*std::move(run));
  }
  sort_by_date(runs);
  return runs;
}

const Json* baseline_of(const std::string& cell, const std::vector<ArchivedRun>& runs, const Json& machine) {
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (run->machine != machine) continue;
    const Json* line = run->find(cell);
    if (line && line->value("status", "") == "ok" && !line->value("regression", false) &&
        line->contains("relative") && (*line)["relative"].is_number())
      return line;
  }
  return nullptr;
}

Result<std::filesystem::path> write_archive(const std::filesystem::path& folder, const std::string& date,
                                            const std::vector<Json>& lines) {
  std::string name = date, content;
  std::erase(name, ':');  // no file system minds what is left
  const std::filesystem::path path = folder / (name + ".jsonl");
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  WF_REQUIRE(!std::filesystem::exists(path, code), kInvalidArgument, "there is a run of this date already",
             path.string(), "give another date with --stamp");
  for (const Json& line : lines) content += line.dump() + "\n";
  WF_CHECK(write_file(path, content));
  return path;
}

}  // namespace wf
