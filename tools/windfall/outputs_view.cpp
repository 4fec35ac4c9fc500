#include "outputs_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "table.h"

namespace wf::tool {
namespace {

constexpr int64_t kMostJsonValues = 4096;
constexpr size_t kBarWidth = 30, kFirstValues = 6;

struct Score {
  std::string label;
  double value = 0;
};

struct Statistics {
  double smallest = std::numeric_limits<double>::infinity(), largest = -smallest, sum = 0;
  int64_t count = 0, not_finite = 0;
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

Statistics statistics_of(const std::vector<double>& values) {
  Statistics s;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      s.not_finite += 1;
      continue;
    }
    s.smallest = std::min(s.smallest, value);
    s.largest = std::max(s.largest, value);
    s.sum += value;
    s.count += 1;
  }
  return s;
}

// Largest first; equal ones in the model's order, NaN last.
std::vector<Score> best(const std::vector<Score>& scores, size_t k) {
  const auto rank = [&scores](size_t i) {
    return std::isnan(scores[i].value) ? -std::numeric_limits<double>::infinity() : scores[i].value;
  };
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return rank(a) != rank(b) ? rank(a) > rank(b) : a < b; });
  std::vector<Score> chosen;
  for (size_t i = 0; i < std::min(k, order.size()); ++i) chosen.push_back(scores[order[i]]);
  return chosen;
}

std::vector<Score> scores_of(const Dict& dict) {
  std::vector<Score> scores;
  for (const auto& [key, value] : dict.items) {
    const Json label = json_of(key);
    const double number =
        value.tensor() && value.tensor()->size() == 1 ? read_double(*value.tensor(), 0) : std::nan("");
    scores.push_back({label.is_string() ? label.get<std::string>() : label.dump(), number});
  }
  return scores;
}

// One axis of more than one element, nothing negative, a sum of one: a classifier that lost its labels.
std::optional<std::vector<Score>> probabilities(const Tensor& tensor,
                                                const std::vector<std::string>& labels) {
  constexpr int64_t kMostClasses = 100000;
  const auto& shape = tensor.shape();
  const auto longest = shape.empty() ? 0 : *std::max_element(shape.begin(), shape.end());
  if (!is_floating(tensor.dtype()) || tensor.size() < 2 || tensor.size() != longest || longest > kMostClasses)
    return {};
  const std::vector<double> values = read_doubles(tensor);
  const Statistics s = statistics_of(values);
  if (s.not_finite > 0 || s.smallest < 0 || std::fabs(s.sum - 1) > 0.01) return std::nullopt;
  std::vector<Score> scores;
  for (size_t i = 0; i < values.size(); ++i) {
    scores.push_back({labels.size() == values.size() ? labels[i] : fmt::format("class {}", i), values[i]});
  }
  return scores;
}

std::optional<std::vector<Score>> class_scores(const Datum& value, const OutputView& view) {
  if (value.dict()) return scores_of(*value.dict());
  if (value.tensor() && value.tensor()->dtype() != DType::kString)
    return probabilities(*value.tensor(), view.labels);
  return std::nullopt;
}

// Eighths of a block, so that 30 columns show 240 steps.
std::string bar(double share) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!(share > 0)) return "";
  const auto eighths = static_cast<size_t>(std::lround(std::min(share, 1.0) * kBarWidth * 8));
  std::string text;
  for (size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[eighths % 8];
}

std::string scores_text(const std::vector<Score>& scores, const OutputView& view, const Session& session) {
  const size_t total = scores.size();
  Table table({Align::kLeft, Align::kRight, Align::kLeft});
  for (const Score& score : best(scores, view.top_k)) {
    table.add({score.label, fmt::format("{:.4f}", score.value), session.good(bar(score.value))});
  }
  std::string text = table.to_string(2);
  if (total > view.top_k) text += fmt::format("  {} more\n", total - view.top_k);
  return text;
}

std::string array_text(const Tensor& tensor) {
  const std::vector<double> values = read_doubles(tensor);
  const Statistics s = statistics_of(values);
  std::string text;
  if (s.count > 0)
    text = fmt::format("  min {:.6g}, max {:.6g}, mean {:.6g}", s.smallest, s.largest, s.mean());
  if (s.not_finite > 0) text += fmt::format("  {} NaN or infinite", s.not_finite);
  text += text.empty() ? "" : "\n";
  for (size_t i = 0; i < std::min(kFirstValues, values.size()); ++i) {
    text += fmt::format("{}{:.6g}", i == 0 ? "  " : ", ", values[i]);
  }
  return text + (values.size() > kFirstValues ? ", ...\n" : "\n");
}

std::string type_word(const Datum& value, const Feature* feature) {
  if (const Tensor* tensor = value.tensor(); tensor && !(feature && feature->image())) {
    return to_string(tensor_type(tensor->dtype(), tensor->shape()));
  }
  return feature ? to_string(*feature) : to_string(type_of(value));
}

std::string output_text(const std::string& name, const Datum& value, const OutputView& view,
                        const Session& session) {
  const Tensor* tensor = value.tensor();
  if (tensor && tensor->rank() == 0) {
    const Json json = json_of(value);
    return session.bold(name) + "  " + (json.is_string() ? json.get<std::string>() : json.dump()) + "\n";
  }
  const std::string title =
      session.bold(name) + "  " + session.dim(type_word(value, view.interface.find_output(name))) + "\n";
  if (auto scores = class_scores(value, view)) return title + scores_text(*scores, view, session);
  if (!tensor || tensor->dtype() == DType::kString) {
    return title + "  " + json_of(value).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return title + array_text(*tensor);
}

Json output_json(const Datum& value, const Feature* feature, const OutputView& view) {
  Json json = {{"type", feature ? to_string(*feature) : to_string(type_of(value))}};
  if (const Tensor* tensor = value.tensor(); tensor && tensor->dtype() != DType::kString) {
    json["dtype"] = std::string(name_of(tensor->dtype()));
    json["shape"] = tensor->shape();
    const Statistics s = statistics_of(read_doubles(*tensor));
    json["min"] = json_number(s.count > 0 ? s.smallest : std::nan(""));
    json["max"] = json_number(s.count > 0 ? s.largest : std::nan(""));
    json["mean"] = json_number(s.count > 0 ? s.mean() : std::nan(""));
    json["not_finite"] = s.not_finite;
    if (tensor->size() <= kMostJsonValues) json["value"] = json_of(value);
  } else {
    json["value"] = json_of(value);
  }
  if (auto scores = class_scores(value, view)) {
    Json top = Json::array();
    for (const Score& score : best(*scores, view.top_k)) {
      top.push_back({{"label", score.label}, {"score", json_number(score.value)}});
    }
    json["top"] = top;
  }
  return json;
}

}  // namespace

std::vector<std::string> labels_of(const Metadata& metadata) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : metadata.user_defined) {
    if (key == "com.apple.coreml.model.preview.params") {
      const auto json = nlohmann::json::parse(value, nullptr, false);
      if (!json.is_object() || !json.contains("labels") || !json["labels"].is_array()) continue;
      labels.clear();
      for (const auto& label : json["labels"])
        labels.push_back(label.is_string() ? label.get<std::string>() : label.dump());
    } else if (key == "classes" && labels.empty()) {
      for (size_t from = 0; from != std::string::npos;) {
        const size_t comma = value.find(',', from);
        labels.push_back(value.substr(from, comma == std::string::npos ? comma : comma - from));
        from = comma == std::string::npos ? comma : comma + 1;
      }
    }
  }
  return labels;
}

std::string outputs_text(const Features& outputs, const OutputView& view, const Session& session) {
  std::string text;
  for (const auto& [name, value] : outputs) text += output_text(name, value, view, session);
  return text;
}

Json outputs_json(const Features& outputs, const OutputView& view) {
  Json json = Json::object();
  for (const auto& [name, value] : outputs)
    json[name] = output_json(value, view.interface.find_output(name), view);
  return json;
}

}  // namespace wf::tool
