#include "lab/matrix/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace wf {
namespace {

constexpr double kWidth = 960, kHeight = 360, kLeft = 60, kTop = 40, kLegendLine = 18;

struct Point {
  double seconds = 0, ms = 0;
  bool regression = false;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string colour(size_t i) { return fmt::format("hsl({}, 65%, 42%)", i * 137 % 360); }

std::string day_of(const std::string& date) { return date.substr(0, 10); }

// A position from `low` to `high` for `value` between `from` and `to`; the middle if these are one.
double place(double value, double from, double to, double low, double high) {
  return to > from ? low + (value - from) / (to - from) * (high - low) : (low + high) / 2;
}

std::string cell_text(const Json& line, const char* key, const char* format) {
  return line.contains(key) && line[key].is_number()
             ? fmt::format(fmt::runtime(format), line[key].get<double>())
             : "";
}

}  // namespace

std::string trend_svg(const std::vector<ArchivedRun>& runs, const Json& machine) {
  std::map<std::string, std::vector<Point>> lines;
  std::string first_day, last_day;
  for (const ArchivedRun& run : runs) {
    if (run.machine != machine) continue;
    if (first_day.empty()) first_day = day_of(run.date);
    last_day = day_of(run.date);
    for (const Json& cell : run.cells) {
      if (!cell.contains("p50_ms") || !cell["p50_ms"].is_number() || !(cell["p50_ms"].get<double>() > 0))
        continue;
      lines[cell["cell"].get<std::string>()].push_back(
          {static_cast<double>(run.seconds), cell["p50_ms"].get<double>(), cell.value("regression", false)});
    }
  }
  double from = INFINITY, to = -INFINITY, low = INFINITY, high = -INFINITY;
  for (const auto& [unused, points] : lines) {
    for (const Point& point : points) {
      from = std::min(from, point.seconds), to = std::max(to, point.seconds);
      low = std::min(low, std::log10(point.ms)), high = std::max(high, std::log10(point.ms));
    }
  }
  low = std::floor(low), high = std::max(std::ceil(high), low + 1);  // whole powers of ten
  const double bottom = kTop + kHeight, right = kLeft + kWidth;
  const double total = bottom + 40 + kLegendLine * static_cast<double>(lines.size());
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"22\" font-size=\"15\">p50 of a prediction, milliseconds</text>\n",
      right + 20, total, kLeft);
  if (lines.empty()) return svg + "<text x=\"60\" y=\"60\">no measurements</text>\n</svg>\n";
  for (double power = low; power <= high; ++power) {
    const double y = place(power, low, high, bottom, kTop);
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:g}</text>\n",
        kLeft, right, y, kLeft - 6, y + 4, std::pow(10, power));
  }
  svg +=
      fmt::format("<text x=\"{}\" y=\"{}\">{}</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                  kLeft, bottom + 18, escaped(first_day), right, bottom + 18, escaped(last_day));
  size_t i = 0;
  for (const auto& [name, points] : lines) {
    std::string path, dots;
    for (const Point& point : points) {
      const double x = place(point.seconds, from, to, kLeft, right);
      const double y = place(std::log10(point.ms), low, high, bottom, kTop);
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, y);
      dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"/>", x, y);
      if (point.regression)
        dots +=
            fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6\" fill=\"none\" stroke=\"red\"/>", x, y);
    }
    const double y = bottom + 40 + kLegendLine * static_cast<double>(i);
    svg += fmt::format(
        "<g fill=\"{0}\"><polyline points=\"{1}\" fill=\"none\" stroke=\"{0}\"/>{2}"
        "<rect x=\"{3}\" y=\"{4:.1f}\" width=\"10\" height=\"10\"/></g>"
        "<text x=\"{5}\" y=\"{6:.1f}\">{7}</text>\n",
        colour(i), path, dots, kLeft, y - 9, kLeft + 16, y, escaped(name));
    ++i;
  }
  return svg + "</svg>\n";
}

std::string markdown_table(const ArchivedRun& run) {
  std::string text = fmt::format(
      "Matrix of {}, Windfall {}, {}\n\n"
      "| cell | status | load ms | p50 ms | p95 ms | p99 ms | of before | error | served by |\n"
      "|---|---|---|---|---|---|---|---|---|\n",
      run.date, run.header.value("version", "?"), run.machine.value("processor", "?"));
  for (const Json& line : run.cells) {
    std::string served;
    const Json by = line.value("served_by", Json::object());
    for (const auto& [who, unused] : by.items()) served += (served.empty() ? "" : ", ") + who;
    const bool slower = line.value("regression", false);
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", line.value("cell", ""),
                        slower ? "slower" : line.value("status", ""), cell_text(line, "load_ms", "{:.1f}"),
                        cell_text(line, "p50_ms", "{:.3g}"), cell_text(line, "p95_ms", "{:.3g}"),
                        cell_text(line, "p99_ms", "{:.3g}"), cell_text(line, "ratio", "{:.3f}"),
                        cell_text(line, "worst_rel", "{:.1e}"), served);
  }
  return text;
}

}  // namespace wf
