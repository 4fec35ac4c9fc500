// The public C++ interface over the predictor.
#include "api/convert_values.h"
#include "runtime/serving/predictor.h"

namespace windfall {
namespace {

Result<Values> public_answer(const wf::Result<wf::Features>& answer) {
  if (!answer) return public_error(answer.error());
  auto values = public_values(*answer);
  if (!values) return public_error(values.error());
  return *std::move(values);
}

}  // namespace

struct Ticket::Impl {
  wf::Ticket ticket;
};
struct Predictor::Impl {
  std::unique_ptr<wf::Predictor> predictor;

  // The request's own inputs are read; its state stays shared.
  static wf::Result<wf::PredictionRequest> internal(const PredictionRequest& request, wf::ModelState* state) {
    wf::PredictionRequest out;
    WF_TRY(out.inputs, internal_features(request.inputs));
    if (state) out.state = std::shared_ptr<wf::ModelState>(request.state, state);
    out.deadline = request.deadline;
    out.priority = request.priority;
    out.wait_for_room = request.wait_for_room;
    return out;
  }
};

bool Ticket::done() const { return impl_->ticket.done(); }
bool Ticket::wait_for(std::chrono::milliseconds time) const { return impl_->ticket.wait_for(time); }
Result<Values> Ticket::wait() const { return public_answer(impl_->ticket.wait()); }
void Ticket::cancel() const { impl_->ticket.cancel(); }

Predictor::Predictor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

Result<Predictor> Predictor::create(const Model& model, const PredictorOptions& options) {
  wf::PredictorOptions internal;
  internal.instances = options.instances;
  internal.queue_capacity = options.queue_capacity;
  internal.deadline = options.deadline;
  internal.shed_load = options.shed_load;
  internal.max_batch = options.max_batch;
  internal.max_delay = options.max_delay;
  internal.memory_limit = options.memory_limit;
  auto predictor = wf::Predictor::create(model.impl_->model, internal);
  if (!predictor) return public_error(predictor.error());
  return Predictor(std::make_unique<Impl>(Impl{*std::move(predictor)}));
}

Result<Ticket> Predictor::submit(const PredictionRequest& request) {
  auto internal = Impl::internal(request, request.state ? &request.state->impl_->state : nullptr);
  if (!internal) return public_error(internal.error());
  auto ticket = impl_->predictor->submit(*std::move(internal));
  if (!ticket) return public_error(ticket.error());
  return Ticket(std::make_shared<const Ticket::Impl>(Ticket::Impl{*std::move(ticket)}));
}

std::vector<Result<Values>> Predictor::predict_batch(const std::vector<PredictionRequest>& requests) {
  std::vector<wf::PredictionRequest> internal;
  std::vector<Result<Values>> answers;
  std::vector<size_t> places;
  for (const PredictionRequest& request : requests) {
    auto each = Impl::internal(request, request.state ? &request.state->impl_->state : nullptr);
    if (each) {
      places.push_back(answers.size());
      internal.push_back(*std::move(each));
      answers.emplace_back(Values());
    } else {
      answers.emplace_back(public_error(each.error()));
    }
  }
  auto done = impl_->predictor->predict_batch(std::move(internal));
  for (size_t i = 0; i < done.size(); ++i) answers[places[i]] = public_answer(done[i]);
  return answers;
}

void Predictor::shutdown(std::chrono::milliseconds drain) { impl_->predictor->shutdown(drain); }

}  // namespace windfall
