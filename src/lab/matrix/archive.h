// Runs of the matrix that are kept: a file of JSON lines each, one folder for all.
//
//   {"event":"run","schema":"windfall.matrix/1","date":...,"version":...,"machine":{...},...}
//   {"event":"cell","cell":"resnet/fp16/default/cpu/all","status":"ok","p50_ms":...}     one for each cell
//   {"event":"end","passed":...,"regressions":[...],"failures":[...]}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/datum_json.h"

namespace wf {

// What times depend on beside the code. Only runs of the same machine are compared.
Json this_machine();
std::string system_name();  // "Darwin 24.1.0"

// "2026-11-22T03:00:00Z" (or its beginning: a day, an hour and minute) as seconds since 1970.
Result<int64_t> seconds_of_date(const std::string& date);
std::string date_now();

struct ArchivedRun {
  std::string date;
  int64_t seconds = 0;
  Json machine, header;
  std::vector<Json> cells;

  const Json* find(const std::string& cell) const;
};

void sort_by_date(std::vector<ArchivedRun>& runs);

// Every run of the folder, oldest first; none if there is no folder yet. A damaged line is an error.
Result<std::vector<ArchivedRun>> read_archives(const std::filesystem::path& folder);

// The youngest run of this machine and unit of calibration in which the cell was well and no slower than
// before: what it is held against. Its line, or null.
const Json* baseline_of(const std::string& cell, const std::vector<ArchivedRun>& runs, const Json& machine);

// FOLDER/DATE.jsonl, whole or not at all. kInvalidArgument if there is one of that date.
Result<std::filesystem::path> write_archive(const std::filesystem::path& folder, const std::string& date,
                                            const std::vector<Json>& lines);

}  // namespace wf
