// What the double's Objective-C++ files share: each object has a C++ part, its body, counted while it lives.
#pragma once

#import <CoreML/CoreML.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bridge/double/control.h"

namespace wf::apple_double {

// An object's reference held by a body.
template <class T>
class Held {
 public:
  Held() = default;
  explicit Held(T object) : object_([object retain]) {}
  static Held adopted(T object) {
    Held held;
    held.object_ = object;
    return held;
  }
  Held(Held&& other) noexcept : object_(std::exchange(other.object_, nil)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Held(const Held&) = delete;
  ~Held() { [object_ release]; }
  T get() const { return object_; }

 private:
  T object_ = nil;
};

// Gives `object` its body; the object's dealloc calls end_body.
template <class Body, class Object, class... Arguments>
Body& begin_body(Object* object, const char* name, Arguments&&... arguments) {
  auto* body = new Body{std::forward<Arguments>(arguments)...};
  object->body = body;
  count_object(name, 1);
  return *body;
}
template <class Body, class Object>
void end_body(Object* object, const char* name) {
  if (!object->body) return;  // an init that failed
  delete static_cast<Body*>(object->body);
  object->body = nullptr;
  count_object(name, -1);
}
template <class Body, class Object>
Body& body_of(Object* object) {
  return *static_cast<Body*>(object->body);
}

NSError* error_of(NSInteger code, NSString* text, NSError* below = nil);
inline void set_error(NSError** place, NSError* error) {
  if (place) *place = error;
}

}  // namespace wf::apple_double
