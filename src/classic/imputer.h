// Values in place of missing ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "classic/call.h"
#include "classic/key.h"
#include "classic/model.h"

namespace wf {

struct ImputerParams {
  // What stands in: a number, an integer, a text; one for each element of an array; or by a dictionary's key.
  std::variant<std::monostate, double, int64_t, std::string, std::vector<double>, std::vector<int64_t>,
               std::map<Key, double>>
      imputed;
  // What counts as missing (NaN matches NaN); nothing: NaN and what is left out.
  std::variant<std::monostate, double, int64_t, std::string> missing;
};

class Imputer final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(ImputerParams params);
  Status predict(ClassicCall& call) const override;

 private:
  explicit Imputer(ImputerParams params) : params_(std::move(params)) {}
  bool is_missing(double value) const;
  bool is_missing(int64_t value) const;
  bool is_missing(const std::string& value) const;
  Result<Datum> replaced(const Tensor& input) const;
  Result<Datum> replaced_numbers(const Tensor& input) const;
  Result<Datum> replaced_integers(const Tensor& input) const;
  Result<Datum> replaced(const Dict& input, const std::map<Key, double>& imputed) const;
  Result<Datum> whole(const Feature& input) const;

  ImputerParams params_;
};

}  // namespace wf
