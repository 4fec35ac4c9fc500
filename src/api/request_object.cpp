#include "api/request_object.h"

#include <algorithm>

#include "api/detach.h"

namespace wf::api {

RequestObject::RequestObject(std::shared_ptr<const ModelObject> model)
    : model_(std::move(model)),
      buffers_(model_->model().interface().outputs.size()),
      deadline_ms_(model_->deadline_ms) {}

namespace {

Error state_in_use() {
  return refuse("the state is in use by another call", "one prediction after the other, or a state for each");
}

}  // namespace

Status RequestObject::idle() const {
  if (busy_)
    return refuse("the request is running", "wait for it, or make a request for each prediction at once");
  return {};
}

// Where the input's value is, a new place if it has none yet.
Result<Features::iterator> RequestObject::slot(const char* name) {
  WF_CHECK(idle());
  if (!name) return refuse("name is NULL");
  const auto found =
      std::ranges::find(inputs_, name, [](const auto& input) -> const std::string& { return input.first; });
  if (found != inputs_.end()) return found;
  if (!model_->model().interface().find_input(name)) {
    std::string known;
    for (const Feature& feature : model_->model().interface().inputs)
      known += (known.empty() ? "'" : ", '") + feature.name + "'";
    return Error(ErrorCode::kNotFound, fmt::format("the model has no input '{}'; it takes {}", name, known));
  }
  strided_.reserve(inputs_.size() + 1);
  borrowed_.reserve(inputs_.size() + 1);
  inputs_.emplace_back(name, Datum());
  strided_.emplace_back();
  borrowed_.push_back(0);
  return inputs_.end() - 1;
}

Status RequestObject::set_input(const char* name, std::shared_ptr<const TensorObject> tensor) {
  WF_TRY(const auto input, slot(name));
  const auto at = input - inputs_.begin();
  if (!tensor) {
    inputs_.erase(input);
    strided_.erase(strided_.begin() + at);
    borrowed_.erase(borrowed_.begin() + at);
    return {};
  }
  borrowed_[static_cast<size_t>(at)] = tensor->dense && tensor->borrowed() ? 1 : 0;
  if (tensor->dense) {
    WF_TRY(Tensor view, dense_tensor(tensor));
    input->second = Datum(std::move(view));
    tensor = nullptr;
  } else {
    input->second = Datum();
  }
  strided_[static_cast<size_t>(at)] = std::move(tensor);
  return {};
}

Status RequestObject::set_value(const char* name, Datum value) {
  WF_TRY(const auto input, slot(name));
  input->second = std::move(value);
  strided_[static_cast<size_t>(input - inputs_.begin())] = nullptr;
  borrowed_[static_cast<size_t>(input - inputs_.begin())] = 0;
  return {};
}

Result<size_t> RequestObject::output_index(const char* name) const {
  WF_CHECK(idle());
  if (!name) return refuse("name is NULL");
  const auto& outputs = model_->model().interface().outputs;
  const auto found = std::ranges::find(outputs, name, &Feature::name);
  if (found == outputs.end())
    return Error(ErrorCode::kNotFound, fmt::format("the model has no output '{}'", name));
  return static_cast<size_t>(found - outputs.begin());
}

Status RequestObject::set_output(const char* name, std::shared_ptr<TensorObject> buffer) {
  WF_TRY(const size_t index, output_index(name));
  if (buffer && buffer->dtype == DType::kString)
    return refuse("texts cannot be written to a tensor of the caller's");
  if (buffer && overlaps_itself(*buffer)) return refuse("elements of the buffer lie on each other");
  buffers_[index] = std::move(buffer);
  has_outputs_ = false;  // they are not there
  return {};
}

Status RequestObject::set_state(std::shared_ptr<StateObject> state) {
  WF_CHECK(idle());
  state_ = std::move(state);
  return {};
}

Status RequestObject::set_deadline(int64_t milliseconds) {
  WF_CHECK(idle());
  WF_CHECK(check_deadline(milliseconds));
  deadline_ms_ = milliseconds;
  has_deadline_ = true;
  return {};
}

Status RequestObject::set_seed(uint64_t seed) {
  WF_CHECK(idle());
  seed_ = seed;
  return {};
}

void RequestObject::begin() {
  cancelled_ = false;
  has_outputs_ = false;
  deadline_ = Clock::now() + std::chrono::milliseconds(deadline_ms_);
}

void RequestObject::end() noexcept {
  hold_.reset();
  std::optional<Ticket> ticket;  // let go of outside of the lock
  const std::lock_guard lock(mutex_);
  ticket_.swap(ticket);
  busy_ = false;
  ended_.notify_all();
}

void RequestObject::cancel() const {
  std::optional<Ticket> ticket;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    ticket = ticket_;
  }
  if (ticket) ticket->cancel();
}

Status RequestObject::run() {
  if (busy_.exchange(true)) return refuse("the request is running");
  struct End {
    RequestObject& request;
    ~End() { request.end(); }
  } const end{*this};
  begin();
  return predict();
}

Status RequestObject::start(windfall_done_fn done, void* context) {
  if (busy_.exchange(true)) return refuse("the request is running");
  done_ = done;
  done_context_ = context;
  {
    const std::lock_guard lock(mutex_);
    untold_.reset();
  }
  begin();
  struct Undo {
    RequestObject* request;
    ~Undo() {
      if (request) request->end();
    }
  } undo{this};
  WF_CHECK(AsyncRunner::shared().start(shared_from_this()));
  undo.request = nullptr;
  return {};
}

Result<PredictionRequest> RequestObject::claim() {
  if (busy_.exchange(true)) return refuse("the request is running");
  struct Undo {
    RequestObject* request;
    ~Undo() {
      if (request) request->end();
    }
  } undo{this};
  {
    const std::lock_guard lock(mutex_);
    untold_.reset();
    ++turn_;
  }
  begin();
  PredictionRequest out;
  if (state_) {
    hold_.emplace(*state_);
    if (!hold_->ok()) return state_in_use();
    out.state = std::shared_ptr<ModelState>(state_, &state_->state);
  }
  enter_stage("marshal_in");
  WF_CHECK(gather());
  out.inputs = inputs_;
  // A task that is cancelled is answered at once, perhaps before its inputs have been read for the last time.
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!borrowed_[i]) continue;
    WF_TRY(Tensor copy, own_copy(*inputs_[i].second.tensor()));
    out.inputs[i].second = Datum(std::move(copy));
  }
  if (has_deadline_) out.deadline = std::chrono::milliseconds(deadline_ms_);
  out.seed = seed_;
  undo.request = nullptr;
  return out;
}

Status RequestObject::settle(Result<Features>&& answer) {
  if (!answer) return std::move(answer).error();
  outputs_ = *std::move(answer);
  ModelState none;
  return deliver(state_ ? state_->state : none, {});
}

Status RequestObject::submit(Predictor& predictor, int priority, std::chrono::milliseconds wait_for_room,
                             windfall_done_fn done, void* context) {
  WF_TRY(PredictionRequest request, claim());
  done_ = done;
  done_context_ = context;
  request.priority = priority;
  request.wait_for_room = wait_for_room;
  const uint64_t turn = turn_;
  struct Undo {
    RequestObject* request;
    ~Undo() {
      if (request) request->end();
    }
  } undo{this};
  WF_TRY(Ticket ticket,
         predictor.submit(std::move(request), [self = shared_from_this()](Result<Features> answer) {
           const auto object = self;  // lives on though the task lets go of this function
           object->conclude([&] { return object->settle(std::move(answer)); });
         }));
  undo.request = nullptr;
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    if (!busy_ || turn_ != turn) return {};  // it has ended, perhaps begun anew
    ticket_ = ticket;
    cancelled = cancelled_;
  }
  if (cancelled) ticket.cancel();
  return {};
}

void RequestObject::run_in_thread() noexcept {
  conclude([this] { return predict(); });
}

// The end of what goes on while the caller does something else: the one who waits for it is told.
template <class Work>
void RequestObject::conclude(Work&& work) noexcept {
  const auto keep = [this](const Error* error) {
    if (!error) return;
    const std::lock_guard lock(mutex_);
    untold_ = *error;
  };
  const windfall_done_fn done = done_;
  void* const context = done_context_;
  if (!done) {
    const auto no_memory = [this] {
      const std::lock_guard lock(mutex_);
      untold_.emplace();  // its text is short enough to need no memory
      untold_->code = ErrorCode::kEnvironment;
      untold_->message = kOutOfMemoryText;
    };
    guard(work, keep, no_memory);
    end();
    return;
  }
  windfall_error_t* error = checked(work);
  end();
  try {
    done(context, error);
  } catch (...) {  // of a caller in C++: there is nobody to tell
  }
}

Status RequestObject::wait(std::chrono::milliseconds time, bool for_ever, bool* done) const {
  std::unique_lock lock(mutex_);
  const auto ended = [this] { return !busy_; };
  if (for_ever) {
    ended_.wait(lock, ended);
  } else {
    ended_.wait_for(lock, time, ended);
  }
  if (done) *done = !busy_;
  if (busy_ || !untold_) return {};
  Error error = *std::move(untold_);
  untold_.reset();
  return error;
}

Status RequestObject::predict() {
  if (!state_) {
    ModelState none;
    return predict_with(none);
  }
  const Change change(*state_);
  if (!change.ok()) return state_in_use();
  return predict_with(state_->state);
}

// Strided inputs as they are now.
Status RequestObject::gather() {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!strided_[i]) continue;
    WF_TRY(Tensor dense, dense_tensor(strided_[i]));
    inputs_[i].second = Datum(std::move(dense));
  }
  return {};
}

Status RequestObject::predict_with(ModelState& state) {
  enter_stage("marshal_in");
  WF_CHECK(gather());
  InferOptions options;
  options.deadline = deadline_;
  options.cancelled = &cancelled_;
  options.seed = seed_;
  if (cancelled_) return Error(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  if (Clock::now() >= deadline_)
    return Error(ErrorCode::kDeadlineExceeded, "the time was over before the prediction");
  enter_stage("predict");
  PredictTimes times;
  WF_TRY(outputs_, model_->model().predict(inputs_, state_ ? &state : nullptr, options, &times));
  return deliver(state, times);
}

// The outputs to where they belong.
Status RequestObject::deliver(ModelState& state, PredictTimes times) {
  const auto predicted = Clock::now();
  enter_stage("marshal_out");
  WF_CHECK(detach(inputs_, state, outputs_));
  for (size_t i = 0; i < buffers_.size(); ++i) {
    if (!buffers_[i]) continue;
    const auto& [name, value] = outputs_[i];
    auto status = value.tensor() ? copy_into(*value.tensor(), *buffers_[i])
                                 : Status(refuse("it is no tensor, so no buffer can take it"));
    if (!status) return std::move(status).error().at(fmt::format("output '{}'", name));
  }
  times.marshal_out_ms += std::chrono::duration<double, std::milli>(Clock::now() - predicted).count();
  times_ = times;
  has_outputs_ = true;
  return {};
}

Result<Datum> RequestObject::output(const char* name) const {
  WF_TRY(const size_t index, output_index(name));
  if (!has_outputs_) return refuse("there are no outputs: the request has not run, or failed");
  return outputs_[index].second;
}

Result<std::shared_ptr<TensorObject>> RequestObject::buffer(const char* name) const {
  WF_TRY(const size_t index, output_index(name));
  return buffers_[index];
}

Result<PredictTimes> RequestObject::times() const {
  WF_CHECK(idle());
  if (!has_outputs_) return refuse("there are no times: the request has not run, or failed");
  return times_;
}

}  // namespace wf::api
