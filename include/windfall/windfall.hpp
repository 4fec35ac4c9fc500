// Windfall's C++ interface: load a Core ML model, see what it takes and gives, predict.
//
//   auto model = windfall::Model::load("model.mlpackage");
//   if (!model) return fail(model.error().message);
//   auto outputs = model->predict({{"x", *windfall::Tensor::of<float>({1, 3}, {1, 2, 3})}});
//
// Errors are values: nothing here throws but std::bad_alloc. A Model may be used by any number of threads at
// once. This header needs the C++20 standard library and nothing else. Its binary interface is not stable
// yet: build against the version you run with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#ifndef WINDFALL_API
#define WINDFALL_API __attribute__((visibility("default")))
#endif

namespace windfall {

enum class ErrorCode : int {
  kInvalidArgument = 1,   // the input does not fit the model or the call
  kNotFound = 2,          // no such file, function, feature
  kBadModel = 3,          // a file is damaged or breaks its format's rules
  kUnsupported = 4,       // understood, but cannot run here: the message names what and why
  kDeadlineExceeded = 5,  // stopped because its time was over
  kEnvironment = 6,       // disk, permission, memory of this machine
  kWeightsMissing = 7,    // the program is there, its weight file is not
  kRuntime = 8,           // an operation met values it is not defined on
  kInternal = 9,          // a fault of Windfall's
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // which file, where in it, what was found, what was expected
  std::string hint;     // what to do; may be empty
};

// Either a value or an Error. Look before you take: * and -> of a failed Result are undefined.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

enum class DType : std::uint8_t {
  kBool,
  kString,
  kFloat16,
  kFloat32,
  kFloat64,
  kBFloat16,
  kFloat8E4M3FN,
  kFloat8E5M2,
  kInt4,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt1,
  kUInt2,
  kUInt3,
  kUInt4,
  kUInt6,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
};
// "fp32", "int8", "bool", "string"
WINDFALL_API std::string_view name_of(DType dtype);

// Sizes, outermost first. [] is a single value.
using Shape = std::vector<std::int64_t>;

namespace detail {
struct Access;
template <class T>
inline constexpr bool kAlwaysFalse = false;
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return DType::kFloat32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::kFloat64;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return DType::kInt8;
  else if constexpr (std::is_same_v<T, std::int16_t>)
    return DType::kInt16;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return DType::kInt32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return DType::kInt64;
  else if constexpr (std::is_same_v<T, std::uint8_t>)
    return DType::kUInt8;
  else if constexpr (std::is_same_v<T, std::uint16_t>)
    return DType::kUInt16;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return DType::kUInt32;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return DType::kUInt64;
  else
    static_assert(kAlwaysFalse<T>, "no dtype stands for this type");
}
}  // namespace detail

// A dense, row-major array. Copies share the elements, which never change once a tensor is made.
class WINDFALL_API Tensor {
 public:
  // All zero. kEnvironment if memory does not suffice, kBadModel if the shape is absurd.
  static Result<Tensor> zeros(DType dtype, Shape shape);
  // Elements copied from `bytes`, which must be as long as dtype and shape say. Not for strings.
  static Result<Tensor> copy_of(DType dtype, Shape shape, std::span<const std::byte> bytes);
  // Elements that stay where they are; `owner` keeps them alive.
  static Result<Tensor> view_of(DType dtype, Shape shape, std::span<const std::byte> bytes,
                                std::shared_ptr<const void> owner);
  static Result<Tensor> of_strings(Shape shape, std::vector<std::string> strings);
  template <class T>
  static Result<Tensor> of(Shape shape, const std::vector<T>& elements) {
    return copy_of(detail::dtype_of<T>(), std::move(shape), std::as_bytes(std::span(elements)));
  }

  DType dtype() const;
  const Shape& shape() const;
  std::int64_t size() const;                        // elements
  std::span<const std::byte> bytes() const;         // empty for strings; not necessarily aligned
  const std::vector<std::string>& strings() const;  // empty for anything else
  // Every element as a double: exact but for 64-bit integers beyond 2^53; NaN for strings.
  std::vector<double> to_doubles() const;
  // The same values rounded to another dtype.
  Result<Tensor> converted(DType dtype) const;

 private:
  friend struct detail::Access;
  struct Impl;
  explicit Tensor(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// What a feature can hold. Numbers and strings are tensors of shape []; an image is a uint8 tensor [height,
// width, 3] in RGB order, or [height, width] if gray.
using Key = std::variant<std::int64_t, std::string>;
using Dictionary = std::vector<std::pair<Key, double>>;
using Sequence = std::vector<Key>;
using Value = std::variant<Tensor, Dictionary, Sequence>;
using Values = std::map<std::string, Value, std::less<>>;

enum class FeatureKind : std::uint8_t {
  kArray,
  kImage,
  kDictionary,
  kSequence,
  kInt64,
  kDouble,
  kString,
  kState,
  kUnknown
};

struct Feature {
  std::string name;
  std::string doc;
  FeatureKind kind = FeatureKind::kUnknown;
  bool optional = false;
  DType dtype = DType::kFloat32;  // of arrays and states; kUInt8 for images
  Shape shape;       // the usual shape of arrays, states and images; [] where the model leaves it open
  std::string text;  // all of it in words, flexible shapes too: "MultiArray (Float32 1 x 3), optional"
};

struct Description {
  std::string container;  // ".mlpackage"
  std::string type;       // "mlProgram", "neuralNetworkClassifier", ...
  std::int64_t specification_version = 0;
  std::string short_description, version, author, license;
  std::vector<Feature> inputs, outputs, states;
  std::vector<std::string> functions;  // of a multifunction model; empty otherwise
  std::string why_not;                 // why the model cannot run here; empty if it can
};

// The memory of one conversation with a stateful model. Not to be used by two predictions at once.
class WINDFALL_API State {
 public:
  State(State&&) noexcept;
  State& operator=(State&&) noexcept;
  ~State();

 private:
  friend class Model;
  friend class Predictor;
  friend struct detail::Access;
  struct Impl;
  explicit State(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct LoadOptions {
  // "cpu", "reference", or "reference:exact": floating values kept in double. "" is what WINDFALL_ENGINE
  // names in the environment, else "cpu".
  std::string engine;
  std::string function;  // of a multifunction model; "" is its default
};

class WINDFALL_API Model {
 public:
  // A .mlmodel file, a .mlpackage or .mlmodelc folder. kNotFound, kBadModel, kUnsupported, kWeightsMissing.
  static Result<Model> load(const std::filesystem::path& path, const LoadOptions& options = {});

  // Of the function that was loaded.
  const Description& description() const;
  // Zeroed; empty for a model without states.
  Result<State> new_state() const;
  // One value for each input that is not optional. dtypes are converted; shapes must be allowed by the
  // description. kInvalidArgument names the input that does not fit and what it takes. A stateful model needs
  // `state`.
  Result<Values> predict(const Values& inputs, State* state = nullptr) const;

 private:
  struct Impl;
  friend class Predictor;
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// One model, served to many callers: a bounded queue in front of a bounded number of predictions at once.
// What is promised: docs/runtime.md, "Serving".
struct PredictorOptions {
  int instances = 4;                                       // predictions at once
  std::size_t queue_capacity = 256;                        // tasks that wait
  std::optional<std::chrono::milliseconds> deadline = {};  // of tasks that name none
  bool shed_load = true;      // refuse what would wait for longer than its deadline allows
  std::size_t max_batch = 1;  // tasks that may be run as one, where the model takes that; 1: each alone
  std::chrono::microseconds max_delay{0};         // how long one may wait for others to be run with
  std::optional<std::int64_t> memory_limit = {};  // resident bytes above which nothing is taken
};

struct PredictionRequest {
  Values inputs = {};
  std::shared_ptr<State> state = {};                       // of a stateful model
  std::optional<std::chrono::milliseconds> deadline = {};  // from submission on
  int priority = 0;                                        // higher first
  std::chrono::milliseconds wait_for_room{0};  // how long submit() may wait while the queue is full
};

// A submitted prediction. Copies are of the same one; any thread.
class WINDFALL_API Ticket {
 public:
  bool done() const;
  bool wait_for(std::chrono::milliseconds time) const;  // true if there is an answer
  Result<Values> wait() const;
  // It ends with kDeadlineExceeded soon, unless it has ended.
  void cancel() const;

 private:
  friend class Predictor;
  struct Impl;
  explicit Ticket(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

class WINDFALL_API Predictor {
 public:
  // kInvalidArgument for options out of range, kEnvironment if no thread can be made.
  static Result<Predictor> create(const Model& model, const PredictorOptions& options = {});
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  // Cancels what is not finished.
  ~Predictor();

  // Refused, at once or after wait_for_room, with kEnvironment: the queue is full, the machine overloaded,
  // the memory limit reached, the predictor shut down. What is taken gets exactly one answer.
  Result<Ticket> submit(const PredictionRequest& request);
  // One answer for each request, in their order; one that fails does not spoil the others.
  std::vector<Result<Values>> predict_batch(const std::vector<PredictionRequest>& requests);
  // Takes nothing new, lets what was taken finish for at most `drain`, cancels the rest.
  void shutdown(std::chrono::milliseconds drain);

 private:
  struct Impl;
  explicit Predictor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What a model file holds, also if it cannot run here or its weights are missing.
WINDFALL_API Result<Description> describe(const std::filesystem::path& path);

// A layer whose code is not in the model file: the app the model was made for brings it along, and the file
// keeps only a class name, parameters and weights. Register an implementation under that name before loading.
using CustomParameter = std::variant<bool, std::int64_t, double, std::string>;
using CustomParameters = std::map<std::string, CustomParameter, std::less<>>;

struct CustomLayerCall {
  std::string class_name;
  std::string layer_name;  // the layer's own name in the model
  CustomParameters parameters;
  std::vector<Tensor> inputs;   // of the dtypes the model declares: fp32 in a neural network
  std::vector<Tensor> weights;  // of a neural network: flat, since its file keeps no shape for them
  struct Output {
    DType dtype = DType::kFloat32;
    Shape shape;  // -1 where the model leaves a size open
    bool any_shape = false;
  };
  std::vector<Output> outputs;  // what each output has to be
};

struct CustomLayer {
  // One tensor for each output; floating ones in any floating dtype. An error, an exception, a wrong shape or
  // dtype, and an output that is not finite end the prediction with an error that names the layer. Called by
  // as many threads as predict.
  std::function<Result<std::vector<Tensor>>(const CustomLayerCall& call)> evaluate;
  // The shape of each output for these input shapes, where -1 is a size not known yet. Left out, the outputs
  // of a neural network's layer have the shape of its first input; ML programs declare their shapes.
  std::function<Result<std::vector<Shape>>(const std::vector<Shape>& inputs,
                                           const CustomParameters& parameters)>
      output_shapes;
};

// From any thread. Registering a class again replaces it, for models loaded before as well.
WINDFALL_API Result<std::monostate> register_custom_layer(std::string class_name, CustomLayer layer);
WINDFALL_API void forget_custom_layer(std::string_view class_name);

// NumPy's .npy files.
WINDFALL_API Result<Tensor> load_npy(const std::filesystem::path& path);
WINDFALL_API Result<std::monostate> save_npy(const std::filesystem::path& path, const Tensor& tensor);
// A PNG or JPEG picture, resized to width x height unless they are 0.
WINDFALL_API Result<Tensor> load_image(const std::filesystem::path& path, std::int64_t width = 0,
                                       std::int64_t height = 0);

}  // namespace windfall
