#include "ops/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "ops/random.h"

namespace wf {
namespace {

// Values lie in [low, high).
struct Range {
  double low = 0, high = 0;
};

// Small values, or all there are where those are few.
Range default_range(DType dtype) {
  const int bits = bit_width(dtype);
  if (dtype == DType::kBool) return {0, 2};
  if (!is_signed_integer(dtype)) return {0, std::ldexp(1, std::min(bits, 8))};
  return bits > 4 ? Range{-8, 9} : Range{-8, 8};
}

// Recursive descent over one sample; every tensor gets a stream of its own.
class SampleParser {
 public:
  SampleParser(std::string_view text, DType float_type, uint64_t seed)
      : text_(text), float_type_(float_type), next_seed_(seed) {}

  Result<std::vector<SampleArgument>> parse() {
    std::vector<SampleArgument> arguments;
    for (skip_spaces(); at_ < text_.size(); skip_spaces()) {
      SampleArgument argument;
      WF_TRY(const std::string_view name, word());
      argument.name = name;
      WF_CHECK(expect('='));
      if (take('(')) {
        do {
          WF_TRY(Datum item, value());
          argument.values.push_back(std::move(item));
        } while (take(','));
        WF_CHECK(expect(')'));
      } else {
        WF_TRY(Datum item, value());
        argument.values.push_back(std::move(item));
      }
      if (at_ < text_.size() && text_[at_] != ' ') return error("a space between arguments");
      arguments.push_back(std::move(argument));
    }
    return arguments;
  }

 private:
  // A literal's value and the dtype it has unless a prefix names one.
  struct Literal {
    double number = 0;
    std::optional<std::string> text;
    DType dtype = DType::kInt32;
  };

  Result<Datum> value() {
    if (take('{')) return literal_vector();
    const char c = peek();
    if (c == '"' || c == '-' || (c >= '0' && c <= '9')) return literal_scalar(std::nullopt);
    const size_t start = at_;
    WF_TRY(const std::string_view name, word());
    if (name == "true" || name == "false") {
      at_ = start;
      return literal_scalar(std::nullopt);
    }
    const auto dtype = name == "T" ? float_type_ : name == "f" ? DType::kFloat32 : dtype_from_name(name);
    if (!dtype) return error("a dtype, T or f");
    if (take(':')) return literal_scalar(dtype);
    return random_tensor(*dtype);
  }

  Result<Datum> literal_scalar(std::optional<DType> dtype) {
    WF_TRY(const Literal found, literal());
    if (found.text) return string_scalar(*found.text);
    WF_TRY(Tensor tensor, Tensor::scalar(dtype.value_or(found.dtype), found.number));
    return Datum(std::move(tensor));
  }

  Result<Datum> literal_vector() {
    std::vector<double> numbers;
    std::vector<std::string> texts;
    DType dtype = DType::kInt32;
    if (!take('}')) {
      do {
        WF_TRY(Literal found, literal());
        dtype = found.dtype;
        if (found.text)
          texts.push_back(*std::move(found.text));
        else
          numbers.push_back(found.number);
      } while (take(','));
      WF_CHECK(expect('}'));
    }
    if (!texts.empty() && !numbers.empty()) return error("strings or numbers, not both");
    Shape shape{static_cast<int64_t>(numbers.size() + texts.size())};
    WF_TRY(Tensor tensor, texts.empty() ? Tensor::of_doubles(dtype, std::move(shape), numbers)
                                        : Tensor::of_strings(std::move(shape), std::move(texts)));
    return Datum(std::move(tensor));
  }

  Result<Literal> literal() {
    if (take('"')) {
      const size_t end = text_.find('"', at_);
      if (end == std::string_view::npos) return error("a closing quote");
      Literal out{0, std::string(text_.substr(at_, end - at_)), DType::kString};
      at_ = end + 1;
      return out;
    }
    for (const bool flag : {false, true}) {
      const std::string_view name = flag ? "true" : "false";
      if (!text_.substr(at_).starts_with(name)) continue;
      at_ += name.size();
      return Literal{flag ? 1.0 : 0.0, std::nullopt, DType::kBool};
    }
    const size_t start = at_;
    WF_TRY(const double value, number());
    const bool is_float = text_.substr(start, at_ - start).find_first_of(".einf") != std::string_view::npos;
    return Literal{value, std::nullopt, is_float ? float_type_ : DType::kInt32};
  }

  Result<Datum> random_tensor(DType dtype) {
    WF_CHECK(expect('['));
    Shape shape;
    if (!take(']')) {
      do {
        WF_TRY(const double size, number());
        shape.push_back(static_cast<int64_t>(size));
      } while (take(','));
      WF_CHECK(expect(']'));
    }
    std::optional<Range> range;
    if (take('@')) {
      range.emplace();
      WF_TRY(range->low, number());
      WF_CHECK(expect(':'));
      WF_TRY(range->high, number());
    } else if (!is_floating(dtype)) {
      range = default_range(dtype);
    }
    WF_TRY(Tensor tensor, Tensor::allocate(dtype, std::move(shape)));
    const RandomStream random(next_seed_++);
    for (int64_t i = 0; i < tensor.size(); ++i) {
      const auto counter = static_cast<uint64_t>(i);
      double element =
          range ? range->low + (range->high - range->low) * random.uniform(counter) : random.normal(counter);
      if (!is_floating(dtype)) element = std::floor(element);
      write_doubles(tensor, i, std::span<const double>(&element, 1));
    }
    return Datum(std::move(tensor));
  }

  Result<double> number() {
    double value = 0;
    const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (code != std::errc()) return error("a number");
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }

  Result<std::string_view> word() {
    const size_t start = at_;
    const auto is_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (at_ == start) return error("a name");
    return text_.substr(start, at_ - start);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  Status expect(char c) {
    if (!take(c)) return error(fmt::format("'{}'", c));
    return {};
  }
  Error error(std::string_view expected) const {
    return {ErrorCode::kInvalidArgument,
            fmt::format("sample '{}': expected {} at character {}", text_, expected, at_)};
  }

  std::string_view text_;
  size_t at_ = 0;
  DType float_type_;
  uint64_t next_seed_;
};

}  // namespace

Result<std::vector<SampleArgument>> parse_sample(std::string_view text, DType float_type, uint64_t seed) {
  return SampleParser(text, float_type, seed).parse();
}

}  // namespace wf
