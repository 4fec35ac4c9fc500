// cache: the compiled models kept on disk.
#include "runtime/cache/cache.h"

#include <fmt/format.h>

#include "table.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct CacheVerbOptions {
  int64_t budget_bytes = -1;        // gc: -1 is the environment's
  std::vector<std::string> models;  // prewarm
};

Json evictions_json(const std::vector<Eviction>& evictions) {
  Json list = Json::array();
  for (const Eviction& each : evictions)
    list.push_back({{"id", each.id}, {"reason", each.reason}, {"bytes", each.bytes}});
  return list;
}

int64_t bytes_of(const std::vector<Eviction>& evictions) {
  int64_t bytes = 0;
  for (const Eviction& each : evictions) bytes += each.bytes;
  return bytes;
}

void print_evictions(const std::vector<Eviction>& evictions, std::string_view nothing, Session& session) {
  if (evictions.empty()) return session.print(std::string(nothing) + "\n");
  Table table({Align::kLeft, Align::kRight, Align::kLeft});
  for (const Eviction& each : evictions)
    table.add({each.id, human_bytes(static_cast<uint64_t>(each.bytes)), each.reason});
  session.print(table.to_string(0));
}

Result<int> list(const CacheVerbOptions&, Session& session) {
  WF_TRY(const auto cache, Cache::shared());
  WF_TRY(const std::vector<CacheEntry> entries, cache->list());
  int64_t total = 0;
  for (const CacheEntry& entry : entries) total += entry.bytes;
  const auto seconds_of = [](const CacheEntry& entry) {
    return std::chrono::duration_cast<std::chrono::seconds>(entry.last_used.time_since_epoch()).count();
  };
  if (session.json) {
    Json json = Json::array();
    for (const CacheEntry& entry : entries) {
      json.push_back({{"id", entry.id},
                      {"key", entry.key},
                      {"path", entry.path.string()},
                      {"source", entry.source_name},
                      {"version", entry.runtime_version},
                      {"bytes", entry.bytes},
                      {"last_used", seconds_of(entry)},
                      {"in_use", entry.is_in_use}});
    }
    session.print_json("cache.ls", {{"folder", cache->options().folder.string()},
                                    {"bytes", total},
                                    {"budget_bytes", cache->options().budget_bytes},
                                    {"entries", std::move(json)}});
    return kOk;
  }
  const auto now = std::chrono::system_clock::now();
  Table table({Align::kLeft, Align::kLeft, Align::kRight, Align::kLeft, Align::kLeft});
  for (const CacheEntry& entry : entries) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - entry.last_used).count();
    const std::string used = entry.is_in_use ? "in use"
                             : minutes < 120 ? fmt::format("{} min ago", minutes)
                                             : fmt::format("{} h ago", minutes / 60);
    table.add({entry.id, entry.source_name, human_bytes(static_cast<uint64_t>(entry.bytes)), used,
               session.dim(entry.runtime_version)});
  }
  session.print(table.to_string(0));
  session.tell(fmt::format("{}: {} entries, {} of {}", cache->options().folder.string(), entries.size(),
                           human_bytes(static_cast<uint64_t>(total)),
                           human_bytes(static_cast<uint64_t>(cache->options().budget_bytes))));
  return kOk;
}

Result<int> collect(const CacheVerbOptions& options, Session& session) {
  WF_TRY(const auto cache, Cache::shared());
  WF_TRY(const std::vector<Eviction> evictions,
         cache->collect(options.budget_bytes < 0 ? cache->options().budget_bytes : options.budget_bytes));
  if (session.json) {
    session.print_json("cache.gc",
                       {{"bytes", bytes_of(evictions)}, {"evictions", evictions_json(evictions)}});
  } else {
    print_evictions(evictions, "nothing to delete", session);
  }
  return kOk;
}

Result<int> verify(const CacheVerbOptions&, Session& session) {
  WF_TRY(const auto cache, Cache::shared());
  WF_TRY(const std::vector<Eviction> evictions, cache->verify());
  if (session.json) {
    session.print_json("cache.verify",
                       {{"damaged", evictions.size()}, {"evictions", evictions_json(evictions)}});
  } else {
    print_evictions(evictions, "every entry is as it was written", session);
  }
  return evictions.empty() ? kOk : kFinding;
}

Result<int> path(const CacheVerbOptions&, Session& session) {
  WF_TRY(const auto cache, Cache::shared());
  const std::string folder = cache->options().folder.string();
  if (session.json) {
    session.print_json("cache.path", {{"folder", folder}});
  } else {
    session.print(folder + "\n");
  }
  return kOk;
}

Result<int> prewarm(const CacheVerbOptions& options, Session& session) {
  WF_TRY(const auto cache, Cache::shared());
  Json models = Json::array();
  int code = kOk;
  for (const std::string& model : options.models) {
    auto compiled = cache->get(model);
    Json json = {{"model", model}};
    if (!compiled) {
      code = exit_code_of(compiled.error().code);
      json["error"] = error_json(compiled.error());
      session.tell(compiled.error().to_string());
    } else {
      json.update({{"origin", std::string(name_of(compiled->origin))},
                   {"path", compiled->path.string()},
                   {"key", compiled->key},
                   {"note", compiled->note}});
      if (compiled->origin == CacheOrigin::kUncached) code = kEnvironment;
      if (!session.json) {
        session.print(fmt::format("{} {}\n", name_of(compiled->origin), compiled->path.string()));
        if (!compiled->note.empty()) session.tell(compiled->note);
      }
    }
    models.push_back(std::move(json));
  }
  if (session.json) session.print_json("cache.prewarm", {{"models", std::move(models)}});
  return code;
}

}  // namespace

void add_cache_verb(CLI::App& root, Session& session) {
  CLI::App* verb = root.add_subcommand("cache", "The compiled models kept on disk");
  verb->require_subcommand(1);
  verb->footer(
      "WINDFALL_CACHE_DIR says where they are, WINDFALL_CACHE_BYTES how much they may take (10 GiB).\n"
      "Examples:\n"
      "  windfall cache prewarm *.mlpackage && windfall run model.mlpackage --cache ...\n"
      "  windfall cache gc --bytes 1000000000");
  auto options = std::make_shared<CacheVerbOptions>();
  const auto add = [&](const char* name, const char* doc,
                       Result<int> (*work)(const CacheVerbOptions&, Session&)) {
    CLI::App* each = verb->add_subcommand(name, doc);
    each->add_flag("--json", session.json, "One JSON document on standard output");
    each->callback([options, work, &session] { session.finish(work(*options, session)); });
    return each;
  };
  add("ls", "What is there, least recently used first", list);
  add("gc", "Deletes what is stale, then the least recently used until the budget is kept", collect)
      ->add_option("--bytes", options->budget_bytes, "The budget, instead of WINDFALL_CACHE_BYTES")
      ->check(CLI::NonNegativeNumber);
  add("verify", "Reads every byte; deletes what is damaged (exit code 1 if anything was)", verify);
  add("path", "Prints the folder", path);
  add("prewarm", "Compiles models before they are needed", prewarm)
      ->add_option("models", options->models, "The models")
      ->required();
}

}  // namespace wf::tool
