// One model behind a queue: what is refused, what is run, and that every task gets exactly one answer.
#include "runtime/serving/predictor.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "runtime/cpu_engine.h"
#include "runtime/models.h"
#include "runtime/prometheus_check.h"
#include "runtime/reference_engine.h"
#include "runtime/serving/batch.h"
#include "support/eventually.h"
#include "support/fault_engine.h"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

ModelFile doubling() {
  return doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                       array_feature("y", DType::kFloat32, {2}));
}

// y = EXPRESSION of x [1..8, 3], row by row or not.
ModelFile flexible(const std::function<ValueId(Builder&, ValueId)>& expression, Shape output = {1, 3}) {
  Feature x = array_feature("x", DType::kFloat32, {1, 3});
  std::get<ArrayFeature>(x.type).ranges = {{1, 8}, {3, 3}};
  return make_file({x}, {array_feature("y", DType::kFloat32, std::move(output))}, [&](Builder& b) {
    const ValueId in = b.input("x", tensor_type(DType::kFloat32, {kUnknownSize, 3}));
    b.set_outputs({expression(b, in)});
  });
}
ModelFile flexible_doubling() {
  return flexible([](Builder& b, ValueId x) { return b.op("add", {{"x", x}, {"y", x}}, "y"); });
}

Features pair_of(double a, double b) { return {{"x", f32({2}, {a, b})}}; }
Features row_of(double a) { return {{"x", f32({1, 3}, {a, a + 1, -a})}}; }

class PredictorTest : public ::testing::Test {
 protected:
  Predictor& serve(PredictorOptions options = {}, const ModelFile& file = doubling(), bool stops = true) {
    engine_ = std::make_unique<FaultEngine>(reference_engine(Reading::kTyped), "fault", stops);
    LoadOptions load;
    load.own_engine = engine_.get();
    load.telemetry = nullptr;
    auto model = Model::prepare(std::make_shared<const ModelFile>(file), load);
    EXPECT_TRUE(model.ok()) << model.error().to_string();
    options.telemetry = &telemetry_;
    auto made = Predictor::create(*std::move(model), options);
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    predictor_ = *std::move(made);
    return *predictor_;
  }
  // One instance, which hangs in a task of its own until release().
  Predictor& busy(PredictorOptions options = {}, const ModelFile& file = doubling(), Features inputs = {}) {
    options.instances = 1;
    serve(options, file);
    engine_->script({Fault::kHang});
    holder_ = submit({.inputs = inputs.empty() ? pair_of(1, 1) : std::move(inputs)});
    engine_->wait_until_hanging(1);
    return *predictor_;
  }
  void release() {
    engine_->release();
    ASSERT_TRUE(holder_->wait().ok());
  }
  std::optional<Ticket> submit(PredictionRequest request) {
    auto ticket = predictor_->submit(std::move(request));
    EXPECT_TRUE(ticket.ok()) << ticket.error().to_string();
    if (!ticket) return std::nullopt;
    return *ticket;
  }
  uint64_t refusals(QueueRefusal refusal) {
    return telemetry_.snapshot().queue_refusals[static_cast<size_t>(refusal)];
  }
  // Nothing waits and nothing runs.
  bool settles() {
    return eventually([&] {
      const TelemetrySnapshot snapshot = telemetry_.snapshot();
      return snapshot.queued == 0 && snapshot.running == 0;
    });
  }
  static PredictorOptions with_clock(const std::atomic<std::chrono::steady_clock::time_point>& clock) {
    PredictorOptions options;
    options.now = [&clock] { return clock.load(); };
    return options;
  }
  void advance(std::chrono::milliseconds time) { now_ = now_.load() + time; }

  Telemetry telemetry_;
  // Far enough ahead that engines, which look at the real clock, never see a deadline of these tests.
  std::atomic<std::chrono::steady_clock::time_point> now_{std::chrono::steady_clock::now() + 1h};
  std::unique_ptr<FaultEngine> engine_;
  std::optional<Ticket> holder_;
  std::unique_ptr<Predictor> predictor_;  // ends before its engine
};

TEST_F(PredictorTest, AnswersAreThoseOfTheModel) {
  Predictor& predictor = serve();
  const auto outputs = predictor.predict({.inputs = pair_of(1.5, -3)});
  ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
  expect_near(tensor_of(*outputs, "y"), {2}, {3, -6}, 0);
  expect_error(predictor.predict({.inputs = {}}), ErrorCode::kInvalidArgument, "missing");
  EXPECT_TRUE(settles());
  EXPECT_TRUE(predictor.load().recent_ms.has_value());
}

TEST_F(PredictorTest, OptionsOutOfRangeAreRefused) {
  const auto create = [](PredictorOptions options) {
    auto model = prepared(doubling());
    return Predictor::create(*std::move(model), options).ok();
  };
  EXPECT_TRUE(create({}));
  EXPECT_FALSE(create({.instances = 0}));
  EXPECT_FALSE(create({.queue_capacity = 0}));
  EXPECT_FALSE(create({.max_batch = 0}));
  EXPECT_FALSE(create({.max_delay = -1us}));
}

TEST_F(PredictorTest, NoMoreThanTheInstancesRunAtOnce) {
  serve({.instances = 3});
  engine_->script(std::vector<Fault>(6, Fault::kHang));
  std::vector<Ticket> tickets;
  for (int i = 0; i < 6; ++i) tickets.push_back(*submit({.inputs = pair_of(i, i)}));
  engine_->wait_until_hanging(3);
  EXPECT_EQ(engine_->inside(), 3);
  EXPECT_EQ(predictor_->load().waiting, 3u);
  EXPECT_EQ(predictor_->load().running, 3u);
  EXPECT_TRUE(eventually([&] {
    engine_->release();
    EXPECT_LE(engine_->inside(), 3);
    return std::ranges::all_of(tickets, [](const Ticket& ticket) { return ticket.done(); });
  }));
  for (int i = 0; i < 6; ++i) {
    const auto outputs = tickets[static_cast<size_t>(i)].wait();
    ASSERT_TRUE(outputs.ok());
    EXPECT_EQ(read_double(tensor_of(*outputs, "y"), 0), 2 * i);
  }
}

TEST_F(PredictorTest, AFullQueueRefusesAtOnceOrAfterAWhile) {
  PredictorOptions options = with_clock(now_);
  options.queue_capacity = 2;
  Predictor& predictor = busy(options);
  const auto a = submit({.inputs = pair_of(1, 2)}), b = submit({.inputs = pair_of(3, 4)});
  expect_error(predictor.submit({.inputs = pair_of(5, 6)}), ErrorCode::kEnvironment, "the queue is full: 2");
  EXPECT_EQ(refusals(QueueRefusal::kQueueFull), 1u);

  // Waits as long as it said, in vain.
  std::atomic<bool> refused{false};
  std::thread patient([&] {
    expect_error(predictor.submit({.inputs = pair_of(5, 6), .wait_for_room = 100ms}), ErrorCode::kEnvironment,
                 "the queue is full");
    refused = true;
  });
  std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(refused);
  advance(100ms);
  patient.join();
  // No longer than its deadline.
  std::thread hasty([&] {
    expect_error(predictor.submit({.inputs = pair_of(5, 6), .deadline = 50ms, .wait_for_room = 10s}),
                 ErrorCode::kDeadlineExceeded, "before there was room");
  });
  EXPECT_TRUE(eventually([&] {
    advance(50ms);
    return telemetry_.snapshot().queue_expired == 1;
  }));
  hasty.join();
  // There is room once the instance goes on.
  std::thread lucky([&] {
    const auto outputs = predictor.submit({.inputs = pair_of(5, 6), .wait_for_room = 1000h});
    ASSERT_TRUE(outputs.ok());
    EXPECT_TRUE(outputs->wait().ok());
  });
  release();
  lucky.join();
  EXPECT_TRUE(a->wait().ok());
  EXPECT_TRUE(b->wait().ok());
  EXPECT_TRUE(settles());
}

TEST_F(PredictorTest, ATaskWhoseTimeRanOutInTheQueueIsNeverRun) {
  busy(with_clock(now_));
  const auto late = submit({.inputs = pair_of(1, 2), .deadline = 100ms});
  const auto patient = submit({.inputs = pair_of(3, 4), .deadline = 200ms});
  EXPECT_FALSE(late->done());
  advance(100ms);
  // Though the only instance hangs.
  expect_error(late->wait(), ErrorCode::kDeadlineExceeded, "before the prediction: it waited for 100 ms");
  EXPECT_FALSE(patient->done());
  release();
  EXPECT_TRUE(patient->wait().ok());
  EXPECT_EQ(engine_->calls(), 2u) << "the holder's and the patient one's";
  EXPECT_EQ(telemetry_.snapshot().queue_expired, 1u);
  expect_error(predictor_->submit({.inputs = pair_of(1, 2), .deadline = 0ms}), ErrorCode::kDeadlineExceeded,
               "the time was over");
}

TEST_F(PredictorTest, TheEngineSeesTheDeadlineAndTheCancel) {
  serve({.instances = 2});
  engine_->script({Fault::kHang, Fault::kHang});
  const auto timed = submit({.inputs = pair_of(1, 2), .deadline = 20ms});
  const auto cancelled = submit({.inputs = pair_of(1, 2)});
  expect_error(timed->wait(), ErrorCode::kDeadlineExceeded, "");
  cancelled->cancel();
  expect_error(cancelled->wait(), ErrorCode::kDeadlineExceeded, "");
}

TEST_F(PredictorTest, ACancelledTaskLeavesTheQueueAtOnce) {
  busy({.queue_capacity = 1});
  const auto task = submit({.inputs = pair_of(1, 2)});
  task->cancel();
  EXPECT_TRUE(task->done());
  expect_error(task->wait(), ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  const auto next = submit({.inputs = pair_of(1, 2)});  // there is room
  task->cancel();
  release();
  EXPECT_TRUE(next->wait().ok());
  next->cancel();  // of an answered task: nothing
  EXPECT_TRUE(next->wait().ok());
  EXPECT_EQ(engine_->calls(), 2u);
}

TEST_F(PredictorTest, HigherPrioritiesFirstThenTheOlder) {
  busy();
  std::mutex mutex;
  std::vector<int> order;
  std::vector<Ticket> tickets;
  const std::vector<int> priorities = {0, 5, -1, 5, 0};
  for (int i = 0; i < 5; ++i) {
    auto ticket =
        predictor_->submit({.inputs = pair_of(i, 0), .priority = priorities[static_cast<size_t>(i)]},
                           [&, i](const Result<Features>& outputs) {
                             EXPECT_TRUE(outputs.ok());
                             const std::lock_guard lock(mutex);
                             order.push_back(i);
                           });
    ASSERT_TRUE(ticket.ok());
    tickets.push_back(*ticket);
  }
  release();
  for (const Ticket& ticket : tickets)
    expect_error(ticket.wait(), ErrorCode::kInvalidArgument, "went to the task's callback");
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return order.size() == 5;
  }));
  EXPECT_EQ(order, (std::vector<int>{1, 3, 0, 4, 2}));
}

TEST_F(PredictorTest, LoadIsShedWhenTheWaitWouldBeLongerThanTheDeadline) {
  busy(with_clock(now_));
  advance(100ms);  // so long takes a prediction
  release();
  ASSERT_TRUE(settles());
  EXPECT_EQ(predictor_->load().recent_ms, 100);
  engine_->script({Fault::kHang});
  holder_ = submit({.inputs = pair_of(1, 1)});
  engine_->wait_until_hanging(1);
  // Nothing is before it: taken, however short its time.
  const auto first = submit({.inputs = pair_of(1, 2), .deadline = 50ms});
  const auto second = submit({.inputs = pair_of(1, 2), .deadline = 100ms});
  expect_error(predictor_->submit({.inputs = pair_of(1, 2), .deadline = 199ms}), ErrorCode::kEnvironment,
               "overloaded: 2 tasks are before it, at 100 ms each on 1 instances that is 200 ms, and its "
               "deadline is in 199 ms");
  EXPECT_EQ(refusals(QueueRefusal::kLoadShed), 1u);
  const auto third = submit({.inputs = pair_of(1, 2), .deadline = 200ms});
  const auto important = submit({.inputs = pair_of(1, 2), .deadline = 1ms, .priority = 1});
  const auto without = submit({.inputs = pair_of(1, 2)});
  release();
  for (const auto& task : {first, second, third, important, without}) EXPECT_TRUE(task->wait().ok());
}

TEST_F(PredictorTest, MemoryBeyondTheLimitIsRefused) {
  PredictorOptions options = with_clock(now_);
  std::atomic<int64_t> memory{900};
  options.memory = [&] { return memory.load(); };
  options.memory_limit = 1000;
  options.queue_capacity = 100;
  busy(options);
  // Eight bytes of inputs each, as far as is known.
  std::vector<Ticket> tickets;
  for (int i = 0; i < 12; ++i) tickets.push_back(*submit({.inputs = pair_of(i, 0)}));
  expect_error(predictor_->submit({.inputs = pair_of(1, 2)}), ErrorCode::kEnvironment,
               "the process holds 900 bytes");
  memory = 800;
  expect_error(predictor_->submit({.inputs = pair_of(1, 2)}), ErrorCode::kEnvironment, "the limit is 1000");
  advance(100ms);  // it is looked at again
  tickets.push_back(*submit({.inputs = pair_of(1, 2)}));
  memory = 1001;
  advance(100ms);
  expect_error(predictor_->submit({.inputs = pair_of(1, 2)}), ErrorCode::kEnvironment, "1001");
  EXPECT_EQ(refusals(QueueRefusal::kMemory), 3u);
  release();
  for (const Ticket& ticket : tickets) EXPECT_TRUE(ticket.wait().ok());
}

TEST_F(PredictorTest, EngineFaultsAreErrorsOfTheirTasksAlone) {
  serve({.instances = 1});
  engine_->script({Fault::kError, Fault::kThrow, Fault::kNone});
  expect_error(predictor_->predict({.inputs = pair_of(1, 2)}), ErrorCode::kInternal, "an injected fault");
  expect_error(predictor_->predict({.inputs = pair_of(1, 2)}), ErrorCode::kInternal,
               "the prediction threw: an injected exception");
  EXPECT_TRUE(predictor_->predict({.inputs = pair_of(1, 2)}).ok());
}

TEST_F(PredictorTest, AnEngineThatDoesNotStopIsLeftBehind) {
  serve({.instances = 1}, doubling(), /*stops=*/false);
  engine_->script({Fault::kHang, Fault::kHang});
  expect_error(predictor_->predict({.inputs = pair_of(1, 2), .deadline = 20ms}), ErrorCode::kDeadlineExceeded,
               "");
  const auto task = submit({.inputs = pair_of(1, 2)});
  engine_->wait_until_hanging(2);
  task->cancel();
  expect_error(task->wait(), ErrorCode::kDeadlineExceeded, "");
  const auto outputs = predictor_->predict({.inputs = pair_of(1, 2)});  // the instance is free
  ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
  expect_near(tensor_of(*outputs, "y"), {2}, {2, 4}, 0);
  engine_->release();
  EXPECT_TRUE(eventually([&] { return engine_->inside() == 0; }));
}

TEST_F(PredictorTest, TasksOfOneStateRunOneAfterTheOther) {
  const ModelFile summing = make_file(
      {array_feature("x", DType::kFloat16, {1})}, {array_feature("y", DType::kFloat16, {1})},
      [](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat16, {1}));
        const ValueId total = b.input("total", StateType{{DType::kFloat16, Shape{1}}});
        const ValueId sum = b.op("add", {{"x", b.op("read_state", {{"input", total}})}, {"y", x}}, "y");
        b.op_list("write_state", {{"input", total}, {"data", sum}}, 0);
        b.set_outputs({sum});
      },
      Opset::kIos18);
  for (const bool stops : {true, false}) {
    serve({.instances = 4, .max_batch = 4}, summing, stops);
    std::vector<std::shared_ptr<ModelState>> states;
    std::vector<std::vector<Ticket>> tickets(3);
    for (int i = 0; i < 3; ++i)
      states.push_back(std::make_shared<ModelState>(*predictor_->model().new_state()));
    for (int step = 0; step < 20; ++step) {
      for (size_t i = 0; i < 3; ++i)
        tickets[i].push_back(*submit({.inputs = {{"x", f32({1}, {double(i + 1)})}}, .state = states[i]}));
    }
    for (size_t i = 0; i < 3; ++i) {
      for (size_t step = 0; step < 20; ++step) {
        const auto outputs = tickets[i][step].wait();
        ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
        EXPECT_EQ(read_double(tensor_of(*outputs, "y"), 0), double((i + 1) * (step + 1)));
      }
    }
    predictor_.reset();
  }
}

// ---- batches

TEST_F(PredictorTest, WhatWaitsIsRunAsOneWithTheSameBits) {
  busy({.max_batch = 4}, flexible_doubling(), row_of(0));
  std::vector<Ticket> tickets;
  for (int i = 0; i < 12; ++i) tickets.push_back(*submit({.inputs = row_of(i * 0.1)}));
  release();
  const auto model = prepared(flexible_doubling());
  for (int i = 0; i < 12; ++i) {
    const auto outputs = tickets[static_cast<size_t>(i)].wait();
    ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
    EXPECT_TRUE(same_bits(*outputs, *model->predict(row_of(i * 0.1)))) << i;
  }
  EXPECT_EQ(engine_->calls(), 1 + (1 + 4) + 2u) << "the holder's, the first batch both ways, two more";
  EXPECT_TRUE(settles());
  auto samples = checked_prometheus(to_prometheus(telemetry_.snapshot()));
  EXPECT_EQ(samples.at("windfall_batches_total"), 2);
  EXPECT_EQ(samples.at("windfall_batched_predictions_total"), 8);
  EXPECT_EQ(samples.at("windfall_queue_depth"), 0);
  EXPECT_EQ(samples.at("windfall_queue_refusals_total{reason=\"load_shed\"}"), 0);
  EXPECT_EQ(predictor_->load().buffers_allocated, 1u) << "reused";
}

TEST_F(PredictorTest, ATaskWaitsForOthersAsLongAsItMay) {
  PredictorOptions options = with_clock(now_);
  options.instances = 2;
  options.max_batch = 3;
  options.max_delay = 10ms;
  serve(options, flexible_doubling());
  const auto a = submit({.inputs = row_of(1)}), b = submit({.inputs = row_of(2)});
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(engine_->calls(), 0u);
  EXPECT_EQ(predictor_->load().waiting, 2u);
  const auto c = submit({.inputs = row_of(3)});  // a full batch does not wait
  for (const auto& task : {a, b, c}) EXPECT_TRUE(task->wait().ok());
  const auto d = submit({.inputs = row_of(4)});
  std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(d->done());
  advance(10ms);
  EXPECT_TRUE(d->wait().ok());
  // With half of its time gone a task does not wait any more, nor once the predictor shuts down.
  const auto e = submit({.inputs = row_of(5), .deadline = 10ms});
  advance(5ms);
  EXPECT_TRUE(e->wait().ok());
  const auto f = submit({.inputs = row_of(6)});
  predictor_->shutdown(1h);
  EXPECT_TRUE(f->wait().ok());
}

TEST_F(PredictorTest, RowsThatSeeEachOtherAreNeverJoined) {
  // Sums over the first axis: that of a sequence.
  serve({.instances = 1, .max_batch = 4},
        flexible([&](Builder& b, ValueId x) { return b.op("softmax", {{"x", x}, {"axis", 0}}, "y"); }));
  for (int round = 0; round < 3; ++round) {
    std::vector<PredictionRequest> requests;
    for (int i = 0; i < 4; ++i) requests.push_back({.inputs = row_of(i)});
    for (const auto& outputs : predictor_->predict_batch(std::move(requests))) {
      ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
      expect_near(tensor_of(*outputs, "y"), {1, 3}, {1, 1, 1}, 0);
    }
  }
  EXPECT_EQ(engine_->calls(), 1 + 12u) << "tried once";
  EXPECT_EQ(telemetry_.snapshot().batches, 0u);
}

TEST_F(PredictorTest, ABatchIsInTheOrderOfItsRequestsAndSpoiltByNobody) {
  serve({.instances = 2, .queue_capacity = 3, .max_batch = 4}, flexible_doubling());
  const auto batch = [&] {
    std::vector<PredictionRequest> requests;
    for (int i = 0; i < 10; ++i) requests.push_back({.inputs = row_of(i)});
    requests[3].inputs = {{"x", f32({1, 2}, {1, 2})}};
    requests[5].inputs = {{"z", f32({1, 2}, {1, 2})}};
    requests[7].inputs = {{"x", f32({2, 3}, {1, 2, 3, 4, 5, 6})}};  // two rows
    requests[8].deadline = 0ms;
    return requests;
  };
  for (int round = 0; round < 3; ++round) {
    if (round == 2) engine_->script({Fault::kError});
    const auto answers = predictor_->predict_batch(batch());
    ASSERT_EQ(answers.size(), 10u);
    for (size_t i = 0; i < 10; ++i) {
      SCOPED_TRACE(i);
      if (i == 3 || i == 5) {
        expect_error(answers[i], ErrorCode::kInvalidArgument, i == 3 ? "given fp32 [1, 2]" : "no input 'z'");
      } else if (i == 8) {
        expect_error(answers[i], ErrorCode::kDeadlineExceeded, "the time was over");
      } else if (!answers[i]) {
        EXPECT_EQ(round, 2) << answers[i].error().to_string();  // a task that was alone when the error came
      } else if (i == 7) {
        expect_near(tensor_of(*answers[i], "y"), {2, 3}, {2, 4, 6, 8, 10, 12}, 0);
      } else {
        EXPECT_EQ(read_double(tensor_of(*answers[i], "y"), 0), 2. * double(i));
      }
    }
  }
}

TEST_F(PredictorTest, AnErrorOfABatchIsNobodys) {
  busy({.max_batch = 4}, flexible_doubling(), row_of(0));
  const auto four = [&] {
    std::vector<Ticket> tickets;
    for (int i = 0; i < 4; ++i) tickets.push_back(*submit({.inputs = row_of(i)}));
    return tickets;
  };
  auto tickets = four();
  release();
  for (const Ticket& ticket : tickets) EXPECT_TRUE(ticket.wait().ok());
  ASSERT_TRUE(settles());
  for (const Fault fault : {Fault::kError, Fault::kThrow}) {
    engine_->script({Fault::kHang, fault});
    holder_ = submit({.inputs = row_of(9)});
    engine_->wait_until_hanging(1);
    const uint64_t before = engine_->calls();
    tickets = four();
    release();
    for (size_t i = 0; i < 4; ++i) {
      const auto outputs = tickets[i].wait();
      ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
      EXPECT_EQ(read_double(tensor_of(*outputs, "y"), 0), 2. * double(i));
    }
    EXPECT_EQ(engine_->calls(), before + 5) << "once together, then each";
  }
}

TEST_F(PredictorTest, CancellingOneOfABatchLeavesTheOthers) {
  serve({.instances = 1, .max_batch = 3}, flexible_doubling());
  for (const bool all : {false, true}) {
    engine_->script({Fault::kHang, Fault::kHang});
    const auto holder = submit({.inputs = row_of(0)});
    engine_->wait_until_hanging(1);
    std::vector<Ticket> tickets;
    for (int i = 0; i < 3; ++i) tickets.push_back(*submit({.inputs = row_of(i)}));
    engine_->release();
    EXPECT_TRUE(holder->wait().ok());
    engine_->wait_until_hanging(1);  // the three
    for (size_t i = 0; i < 3; ++i) {
      if (!all && i != 1) continue;
      tickets[i].cancel();
      EXPECT_TRUE(tickets[i].done()) << "at once";
      expect_error(tickets[i].wait(), ErrorCode::kDeadlineExceeded, "cancelled");
    }
    if (all) break;  // with nobody left to want it, it ends by itself
    engine_->release();
    EXPECT_TRUE(tickets[0].wait().ok());
    EXPECT_TRUE(tickets[2].wait().ok());
  }
  EXPECT_TRUE(settles());
}

TEST(Batch, TheFastEngineIsNearTheReferenceInBatches) {
  const ModelFile file = flexible([](Builder& b, ValueId x) {
    std::vector<double> weights;
    for (int i = 0; i < 9; ++i) weights.push_back(0.37 * i - 1);
    const ValueId product = b.op("matmul", {{"x", x}, {"y", b.constant(f32({3, 3}, weights))}});
    return b.op("tanh", {{"x", product}}, "y");
  });
  auto model = prepared(file, "cpu");
  ASSERT_TRUE(model.ok()) << model.error().to_string();
  auto predictor = Predictor::create(*model, {.instances = 1, .max_batch = 8, .telemetry = nullptr});
  ASSERT_TRUE(predictor.ok());
  for (int round = 0; round < 3; ++round) {
    std::vector<PredictionRequest> requests;
    for (int i = 0; i < 8; ++i) requests.push_back({.inputs = row_of(0.1 * i + round)});
    const auto answers = (*predictor)->predict_batch(std::move(requests));
    for (int i = 0; i < 8; ++i) {
      const auto& outputs = answers[static_cast<size_t>(i)];
      ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
      const auto alone = model->predict(row_of(0.1 * i + round));
      expect_near(tensor_of(*outputs, "y"), {1, 3}, read_doubles(tensor_of(*alone, "y")), 1e-6);
    }
  }
  EXPECT_EQ((*predictor)->load().buffers_allocated, 1u);
}

TEST(Batch, OnlyShapesTheDescriptionTakesAreJoined) {
  ModelFile file = flexible_doubling();
  const Interface& interface = file.description.interface;
  EXPECT_EQ(most_together(interface, row_of(1), 5), 5u);
  EXPECT_EQ(most_together(interface, row_of(1), 50), 8u);
  EXPECT_EQ(most_together(interface, {{"x", f32({3, 3}, std::vector<double>(9))}}, 50), 2u);
  auto& array = std::get<ArrayFeature>(file.description.interface.inputs[0].type);
  array.ranges.clear();
  array.enumerated = {{1, 3}, {4, 3}, {8, 3}};
  EXPECT_EQ(most_together(interface, row_of(1), 7), 4u);
  EXPECT_EQ(most_together(interface, row_of(1), 3), 1u);
  array.enumerated.clear();
  EXPECT_EQ(most_together(interface, row_of(1), 8), 1u) << "a fixed shape";

  EXPECT_NE(batch_key(interface, row_of(1), 0), "");
  EXPECT_EQ(batch_key(interface, row_of(1), 0), batch_key(interface, row_of(2), 0));
  EXPECT_NE(batch_key(interface, row_of(1), 0), batch_key(interface, row_of(1), 1));
  EXPECT_EQ(batch_key(interface, {{"x", f32({}, {1})}}, 0), "");
  EXPECT_EQ(batch_key(interface, {{"w", f32({1}, {1})}}, 0), "");
  EXPECT_EQ(batch_key(interface, {}, 0), "");
}

TEST(Batch, JoinedAndCutApart) {
  BufferPool pool(1);
  const Features a = {{"x", f32({1, 2}, {1, 2})}, {"w", f32({2}, {5, 6})}};
  const Features b = {{"w", f32({2}, {7, 8})}, {"x", f32({1, 2}, {3, 4})}};  // in any order
  const Features* const items[] = {&a, &b};
  const auto joined = join(items, pool);
  ASSERT_TRUE(joined.ok());
  expect_near(tensor_of(*joined, "x"), {2, 2}, {1, 2, 3, 4}, 0);
  expect_near(tensor_of(*joined, "w"), {4}, {5, 6, 7, 8}, 0);
  const auto parts = cut(*joined, 2);
  ASSERT_TRUE(parts.ok());
  expect_near(tensor_of((*parts)[1], "x"), {1, 2}, {3, 4}, 0);
  expect_near(tensor_of((*parts)[0], "w"), {2}, {5, 6}, 0);
  expect_error(cut(*joined, 3), ErrorCode::kUnsupported, "3 equal parts");
  expect_error(cut({{"y", Dict{}}}, 2), ErrorCode::kUnsupported, "output 'y'");
}

TEST(BufferPool, BuffersComeBackWithTheirLastHolder) {
  std::shared_ptr<std::byte> survivor;
  {
    BufferPool pool(2);
    auto a = pool.take(100);
    auto also = a;
    std::byte* const place = a.get();
    a.reset();
    EXPECT_NE(pool.take(100).get(), place) << "still held";
    also.reset();
    EXPECT_EQ(pool.allocations(), 2u);
    EXPECT_EQ(pool.idle(), 2u);
    pool.take(100);
    EXPECT_EQ(pool.allocations(), 2u);
    {
      const auto a1 = pool.take(1), a2 = pool.take(2), a3 = pool.take(3);
    }
    EXPECT_EQ(pool.idle(), 2u);
    survivor = pool.take(50);
  }
  *survivor = std::byte{1};  // outlives the pool
}

// ---- shutting down

TEST_F(PredictorTest, DrainsWhatItTook) {
  Predictor& predictor = busy();
  std::vector<Ticket> tickets;
  for (int i = 0; i < 5; ++i) tickets.push_back(*submit({.inputs = pair_of(i, 0)}));
  std::thread closer([&] { predictor.shutdown(1h); });
  EXPECT_TRUE(eventually([&] {
    const auto refused = predictor.submit({.inputs = pair_of(1, 2)});
    if (refused) tickets.push_back(*refused);
    return !refused && refused.error().to_string().find("shutting down") != std::string::npos;
  }));
  EXPECT_FALSE(tickets[0].done());
  release();
  closer.join();
  for (const Ticket& ticket : tickets) EXPECT_TRUE(ticket.wait().ok());
  EXPECT_GE(refusals(QueueRefusal::kShuttingDown), 1u);
  predictor.shutdown(1h);  // again
  EXPECT_TRUE(settles());
}

TEST_F(PredictorTest, WhatDoesNotFinishInTimeIsCancelled) {
  busy(with_clock(now_));
  std::vector<Ticket> tickets;
  for (int i = 0; i < 5; ++i) tickets.push_back(*submit({.inputs = pair_of(i, 0)}));
  std::thread closer([&] { predictor_->shutdown(1s); });
  EXPECT_TRUE(eventually([&] { return !predictor_->submit({.inputs = pair_of(1, 2)}).ok(); }));
  EXPECT_FALSE(tickets[4].done());
  EXPECT_TRUE(eventually([&] {
    advance(1s);
    return holder_->done();
  }));
  closer.join();
  EXPECT_FALSE(holder_->wait().ok());
  for (const Ticket& ticket : tickets) {
    if (const auto answer = ticket.wait(); !answer)
      expect_error(answer, ErrorCode::kDeadlineExceeded, "shut down");
  }
  EXPECT_FALSE(tickets[4].wait().ok());
}

TEST_F(PredictorTest, MayBeFreedInEveryState) {
  serve().shutdown(0ms);
  predictor_.reset();  // shut down before
  serve();
  predictor_.reset();  // never used
  // With tasks that run, tasks that wait for others, and a submitter that waits for room.
  PredictorOptions options;
  options.instances = 1;
  options.queue_capacity = 2;
  options.max_batch = 2;
  options.max_delay = 1h;
  serve(options, flexible_doubling());
  engine_->script({Fault::kHang});
  std::vector<Ticket> tickets;
  for (int i = 0; i < 2; ++i) tickets.push_back(*submit({.inputs = row_of(i)}));
  engine_->wait_until_hanging(1);
  for (int i = 0; i < 2; ++i)
    tickets.push_back(*submit({.inputs = {{"x", f32({i + 1, 3}, std::vector<double>(size_t(i + 1) * 3))}}}));
  std::thread waits([&] {
    expect_error(predictor_->submit({.inputs = row_of(1), .wait_for_room = 1h}), ErrorCode::kEnvironment,
                 "shutting down");
  });
  std::this_thread::sleep_for(5ms);
  predictor_->shutdown(0ms);
  waits.join();
  predictor_.reset();
  for (const Ticket& ticket : tickets) {
    EXPECT_TRUE(ticket.done());
    expect_error(ticket.wait(), ErrorCode::kDeadlineExceeded, "");
    ticket.cancel();
  }
}

TEST_F(PredictorTest, ACallbackMayFreeThePredictor) {
  serve({.instances = 2});
  std::atomic<bool> freed{false};
  const auto ticket = predictor_->submit({.inputs = pair_of(1, 2)}, [&](const Result<Features>& outputs) {
    EXPECT_TRUE(outputs.ok());
    predictor_.reset();
    freed = true;
    throw std::runtime_error("and throw");
  });
  ASSERT_TRUE(ticket.ok());
  EXPECT_TRUE(eventually([&] { return freed.load(); }));
}

TEST_F(PredictorTest, ACallbackMaySubmitCancelAndShutDown) {
  serve({.instances = 1});
  std::atomic<int> answers{0};
  const auto ticket = predictor_->submit({.inputs = pair_of(1, 2)}, [&](const Result<Features>&) {
    ++answers;
    const auto more = predictor_->submit({.inputs = pair_of(1, 2)}, [&](const Result<Features>& result) {
      EXPECT_FALSE(result.ok());
      ++answers;
    });
    EXPECT_TRUE(more.ok());
    predictor_->shutdown(1h);
  });
  ASSERT_TRUE(ticket.ok());
  EXPECT_TRUE(eventually([&] { return answers == 2; }));
}

TEST_F(PredictorTest, EveryTaskGetsExactlyOneAnswer) {
  for (const bool drain : {false, true}) {
    PredictorOptions options;
    options.instances = 3;
    options.queue_capacity = 16;
    options.max_batch = 4;
    options.max_delay = 100us;
    serve(options, flexible_doubling());
    engine_->set_delay(200us);
    engine_->at_random(
        7, {{Fault::kError, 0.05}, {Fault::kThrow, 0.05}, {Fault::kSlow, 0.2}, {Fault::kHang, 0.01}});
    std::atomic<int> taken{0}, answered{0}, wrong{0}, refused{0}, submitting{16};
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 60; ++i) {
          const double value = t * 100 + i;
          PredictionRequest request{.inputs = row_of(value), .deadline = 50ms, .priority = i % 3};
          if (i % 4 == 0) request.wait_for_room = 10ms;
          const auto ticket =
              predictor_->submit(std::move(request), [&, value](const Result<Features>& outputs) {
                ++answered;
                if (outputs && read_double(tensor_of(*outputs, "y"), 0) != 2 * value) ++wrong;
              });
          if (!ticket) {
            ++refused;
            continue;
          }
          ++taken;
          if (i % 7 == 0) ticket->cancel();
          if (i % 5 == 0) ticket->wait_for(1ms);
        }
        --submitting;
      });
    }
    // The end comes in the middle of it.
    EXPECT_TRUE(eventually([&] { return taken > 200 || submitting == 0; }));
    predictor_->shutdown(drain ? 10s : 0ms);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(answered, taken);
    EXPECT_EQ(taken + refused, 16 * 60);
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(settles());
    predictor_.reset();
  }
}

}  // namespace
}  // namespace wf::test
