#include "formats/mlmodel/classic/keys.h"

#include "proto/data_structures.h"

namespace wf {

Keys read_keys(const Message& message, uint32_t texts_field, uint32_t integers_field) {
  Keys keys;
  const uint32_t which = message.which({texts_field, integers_field});
  if (which == texts_field) {
    for (std::string& text : message.message(which).texts(proto::StringVector::kVector))
      keys.emplace_back(std::move(text));
  } else if (which == integers_field) {
    for (const int64_t integer : message.message(which).i64s(proto::Int64Vector::kVector))
      keys.emplace_back(integer);
  }
  return keys;
}

}  // namespace wf
