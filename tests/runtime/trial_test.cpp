// A model tried in a child process: every way in which that can end, and what is remembered of it.
#include "runtime/trial.h"

#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/save.h"
#include "runtime/auto_engine.h"
#include "runtime/models.h"
#include "runtime/reference_engine.h"
#include "support/fault_engine.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

ModelFile doubling() {
  return doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                       array_feature("y", DType::kFloat32, {2}));
}

class TrialTest : public ::testing::Test {
 protected:
  TrialTest()
      : folder_(scratch_folder(std::string("trial ") +
                               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    file_ = doubling();
    file_.path = folder_ / "model.mlpackage";
    EXPECT_TRUE(save_mlpackage(file_, file_.path).ok());
    options_.folder = folder_ / "notes";
    options_.system = "1A1";
  }
  // A shell script instead of windfall-trial; each run leaves a line in "runs".
  void program_does(const std::string& what) {
    options_.program = folder_ / "program";
    std::ofstream(options_.program) << "#!/bin/sh\necho \"$@\" >>'" << (folder_ / "runs").string() << "'\n"
                                    << what << "\n";
    fs::permissions(options_.program, fs::perms::owner_all);
  }
  int runs() const {
    std::ifstream in(folder_ / "runs");
    int count = 0;
    for (std::string line; std::getline(in, line);) ++count;
    return count;
  }
  TrialVerdict try_it(const PrepareOptions& prepare = {}) {
    return try_model(file_, prepare, "coreml", options_);
  }
  void expect(const TrialVerdict& verdict, TrialEnding ending, std::string_view words) {
    EXPECT_EQ(name_of(verdict.ending), name_of(ending)) << verdict.text;
    EXPECT_NE(verdict.text.find(words), std::string::npos) << verdict.text;
  }

  fs::path folder_;
  ModelFile file_;
  TrialOptions options_;
};

TEST_F(TrialTest, TheProgramItself) {
  options_.program = build_folder() / "tools" / "trial" / "windfall-trial";
  const TrialVerdict verdict = try_model(file_, {}, "cpu", options_);
  expect(verdict, TrialEnding::kSurvived, "");
  EXPECT_EQ(verdict.text, "") << "without an error";
  // What fails with an error ends no process.
  PrepareOptions other;
  other.function = "no such function";
  const TrialVerdict failed = try_model(file_, other, "cpu", options_);
  expect(failed, TrialEnding::kSurvived, "no such function");
  EXPECT_TRUE(to_status(failed).ok());
}

TEST_F(TrialTest, WhatItIsGiven) {
  program_does("echo windfall-trial: survived");
  PrepareOptions prepare{.function = "main", .compute_units = ComputeUnits::kCpuAndNe};
  expect(try_it(prepare), TrialEnding::kSurvived, "");
  std::ifstream in(folder_ / "runs");
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, file_.path.string() + " coreml main 3 901 ");
}

TEST_F(TrialTest, DeathIsSeenAndRemembered) {
  program_does("echo before the end; kill -ABRT $$");
  TrialVerdict verdict = try_it();
  expect(verdict, TrialEnding::kDied, "died of signal 6");
  expect(verdict, TrialEnding::kDied, "before the end");
  EXPECT_FALSE(verdict.remembered);
  expect_error(Result<bool>(to_status(verdict).error()), ErrorCode::kEnvironment, verdict.note.string());
  verdict = try_it();
  expect(verdict, TrialEnding::kDied, "died of signal 6");
  EXPECT_TRUE(verdict.remembered);
  EXPECT_EQ(runs(), 1);
  // Another system, another model, other compute units: tried again.
  options_.system = "1A2";
  EXPECT_FALSE(try_it().remembered);
  options_.system = "1A1";
  EXPECT_FALSE(try_it({.function = "", .compute_units = ComputeUnits::kCpuOnly}).remembered);
  EXPECT_TRUE(try_it().remembered);
  std::ofstream(file_.path / "more") << "bytes";
  EXPECT_FALSE(try_it().remembered);
  EXPECT_EQ(runs(), 4);
  // And once its note is gone.
  fs::remove(try_it().note);
  EXPECT_FALSE(try_it().remembered);
}

TEST_F(TrialTest, EndingWithoutAWordIsDeath) {
  program_does("exit 0");
  expect(try_it(), TrialEnding::kDied, "exit code 0");
  options_.system = "another";
  program_does("echo windfall-trial: survived; kill -SEGV $$");
  expect(try_it(), TrialEnding::kDied, "signal 11");
}

TEST_F(TrialTest, WhatDoesNotEndIsEnded) {
  options_.deadline = 300ms;
  program_does("sleep 1000 & echo $! >'" + (folder_ / "pid").string() + "'; sleep 1000");
  expect(try_it(), TrialEnding::kTimedOut, "300 ms");
  TrialVerdict verdict = try_it();
  EXPECT_TRUE(verdict.remembered);
  // Its children, too.
  pid_t child = 0;
  if (std::ifstream(folder_ / "pid") >> child) {
    for (int i = 0; i < 1000 && ::kill(child, 0) == 0; ++i) std::this_thread::sleep_for(10ms);
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string word, state;
    EXPECT_TRUE(!(stat >> word >> word >> state) || state == "Z") << "still running";
  }
  // The machine may just have been busy: a day later it is tried again.
  auto note = nlohmann::json::parse(std::ifstream(verdict.note));
  note["time"] = note["time"].get<int64_t>() - 25 * 60 * 60;
  std::ofstream(verdict.note) << note;
  program_does("echo windfall-trial: survived");
  verdict = try_it();
  EXPECT_FALSE(verdict.remembered);
  expect(verdict, TrialEnding::kSurvived, "");
  EXPECT_TRUE(try_it().remembered);
}

TEST_F(TrialTest, SomebodyElseMayTakeTheNews) {
  program_does("echo windfall-trial: survived");
  void (*const before)(int) = ::signal(SIGCHLD, SIG_IGN);
  expect(try_it(), TrialEnding::kSurvived, "");
  options_.system = "another";
  program_does("kill -ABRT $$");
  expect(try_it(), TrialEnding::kDied, "without a word");
  ::signal(SIGCHLD, before);
}

TEST_F(TrialTest, DamagedNotesAreNotBelieved) {
  program_does("echo windfall-trial: survived");
  const fs::path note = try_it().note;
  for (const char* text : {"", "{}", "[]", "{\"key\": 3}", "no JSON"}) {
    std::ofstream(note, std::ios::trunc) << text;
    EXPECT_FALSE(try_it().remembered) << text;
    EXPECT_TRUE(try_it().remembered);
  }
}

TEST_F(TrialTest, WithoutAProgramNothingIsTried) {
  options_.program = folder_ / "not there";
  TrialVerdict verdict = try_it();
  expect(verdict, TrialEnding::kNotTried, "cannot be started");
  EXPECT_TRUE(to_status(verdict).ok());
  EXPECT_FALSE(fs::exists(options_.folder)) << "nothing to remember";
  options_.program.clear();
  expect(try_it(), TrialEnding::kNotTried, "windfall-trial is not installed");
  program_does("echo windfall-trial: survived");
  ::setenv("WINDFALL_TRIAL", options_.program.c_str(), 1);
  options_.program.clear();
  verdict = try_it();
  ::unsetenv("WINDFALL_TRIAL");
  expect(verdict, TrialEnding::kSurvived, "");
  file_.path = "nowhere.mlpackage";
  expect(try_it(), TrialEnding::kNotTried, "in no file");
}

// A model that dies opens the breaker, and the next engine serves; a prepared model is not tried again.
TEST_F(TrialTest, TheChainGoesOnWithoutTheEngine) {
  int tried = 0;
  TrialVerdict verdict{TrialEnding::kDied, "died of signal 6 (Aborted)", false, {}};
  const auto first = std::make_shared<FaultEngine>(reference_engine(Reading::kTyped), "first", true);
  const auto second = std::make_shared<FaultEngine>(reference_engine(Reading::kTyped), "second", true);
  BreakerOptions::Clock::time_point now{};
  AbandonableCalls calls({});
  AutoOptions options;
  options.calls = &calls;
  ChainLink link{first, {}};
  link.breaker.memory_limit.reset();
  link.breaker.now = [&] { return now; };
  link.trial = [&](const ModelFile&, const PrepareOptions&) {
    ++tried;
    return verdict;
  };
  options.chain = {link, ChainLink{second, {}}};
  const AutoEngine engine(options);
  WF_ASSERT_OK_AND_ASSIGN(const auto prepared, engine.prepare(file_, {}));
  const auto& model = dynamic_cast<const AutoModel&>(*prepared);
  const auto served_by = [&] {
    InferReport report;
    InferOptions infer;
    infer.report = &report;
    const auto outputs = model.infer(std::vector<Datum>{Datum(f32({2}, {1.5, -3}))}, infer);
    EXPECT_TRUE(outputs.ok());
    return report.engine;
  };
  EXPECT_EQ(served_by(), "second");
  LinkStatus status = model.chain()[0];
  EXPECT_EQ(status.breaker, BreakerState::kOpen);
  EXPECT_FALSE(status.ready);
  EXPECT_NE(status.trouble.find("died of signal 6"), std::string::npos) << status.trouble;
  EXPECT_EQ(status.trial, "died: died of signal 6 (Aborted)");
  EXPECT_EQ(model.breaker(0)->trips(TripReason::kNotPrepared), 1u);
  EXPECT_EQ(tried, 1);
  // The system was updated while the process ran.
  verdict = {TrialEnding::kSurvived, "", false, {}};
  now += 10s;
  EXPECT_EQ(served_by(), "second") << "it is being prepared";
  for (int i = 0; i < 6000 && !model.chain()[0].ready; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(served_by(), "first");
  EXPECT_EQ(tried, 2);
  // Whoever forces the engine on wants no trial.
  verdict.ending = TrialEnding::kDied;
  options.chain[0].breaker.forced = true;
  const AutoEngine forced(options);
  EXPECT_TRUE(forced.prepare(file_, {}).ok());
  EXPECT_EQ(tried, 2);
}

}  // namespace
}  // namespace wf::test
