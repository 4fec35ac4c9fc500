#include "tensor/json_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace wf {
namespace {

using Json = nlohmann::json;

// Builds nothing: finds out whether, and where, the text is not acceptable, so that building it is safe.
class Checker : public Json::json_sax_t {
 public:
  explicit Checker(int max_depth) : max_depth_(static_cast<size_t>(max_depth)) {}
  const std::string& problem() const { return problem_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    return keys_.back().insert(name).second || fail(fmt::format("the key '{}' occurs twice", name));
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail(fmt::format("not JSON at byte {}", position));
  }

 private:
  bool open() {
    if (keys_.size() == max_depth_) return fail(fmt::format("nested deeper than {} levels", max_depth_));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }
  bool fail(std::string message) {
    if (problem_.empty()) problem_ = std::move(message);
    return false;
  }

  size_t max_depth_;
  std::vector<std::set<std::string>> keys_;  // of every open object or array
  std::string problem_;
};

}  // namespace

// Recursion is bounded by the depth that the text was checked for.
void JsonDocument::empty(Json& value) noexcept {
  if (value.is_array()) {
    for (Json& item : value) empty(item);
    value.get_ref<Json::array_t&>().clear();
  } else if (value.is_object()) {
    for (auto& [key, item] : value.get_ref<Json::object_t&>()) empty(item);
    value.get_ref<Json::object_t&>().clear();
  }
}

Result<JsonDocument> parse_json(std::string_view text, int max_depth) {
  Checker checker(max_depth);
  if (!Json::sax_parse(text, &checker)) return Error(ErrorCode::kBadModel, checker.problem());
  JsonDocument document;  // built in place, so that what is half built is emptied too
  nlohmann::detail::json_sax_dom_parser<Json> builder(document.value_, /*allow_exceptions=*/false);
  Json::sax_parse(text, &builder);
  return document;
}

}  // namespace wf
