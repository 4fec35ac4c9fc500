// The archives as pictures and tables for people.
#pragma once

#include <string>
#include <vector>

#include "lab/matrix/archive.h"

namespace wf {

// p50 in milliseconds (logarithmic) over the date: a line for each cell, of one machine's runs, oldest first.
// An SVG document; a ring marks a regression. Cells without two numbers are points.
std::string trend_svg(const std::vector<ArchivedRun>& runs, const Json& machine);

// One run as a Markdown table, a line for each cell.
std::string markdown_table(const ArchivedRun& run);

}  // namespace wf
