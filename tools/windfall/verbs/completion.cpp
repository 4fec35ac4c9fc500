// completion: shell completion, made from the command's own tree of verbs and options.
#include <fmt/format.h>

#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct CompletionOptions {
  std::string shell;
  const CLI::App* root = nullptr;
};

struct VerbWords {
  std::string path, doc;                                   // "golden record"
  std::vector<std::pair<std::string, std::string>> flags;  // "--json", its doc
  std::vector<std::pair<std::string, std::string>> verbs;  // below it
};

void collect(const CLI::App& app, const std::string& path, std::vector<VerbWords>& out) {
  VerbWords words{path, app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      words.flags.emplace_back("--" + name, option->get_description());
  }
  const auto children = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children)
    words.verbs.emplace_back(child->get_name(), child->get_description());
  out.push_back(std::move(words));
  for (const CLI::App* child : children)
    collect(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), out);
}

std::string joined(const std::vector<std::pair<std::string, std::string>>& words) {
  std::string text;
  for (const auto& [word, doc] : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Bash and zsh (through bashcompinit) share one function: words that begin with '-' are options, a verb's
// first word is a verb, everything else a file.
std::string bash_script(const std::vector<VerbWords>& verbs) {
  std::string cases;
  for (const VerbWords& verb : verbs) {
    cases += fmt::format("    \"{}\") verbs=\"{}\"; flags=\"{}\" ;;\n", verb.path, joined(verb.verbs),
                         joined(verb.flags));
  }
  return "_windfall() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" verbs=\"\" flags=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do\n"
         "    case \"${COMP_WORDS[i]}\" in -*) ;; *) case \"$path\" in \"\"|golden) path=\"${path:+$path "
         "}${COMP_WORDS[i]}\" ;; "
         "esac ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n"
         "  elif [[ -n $verbs ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _windfall windfall\n";
}

std::string zsh_script(const std::vector<VerbWords>& verbs) {
  return "#compdef windfall\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(verbs);
}

std::string quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return "'" + text + "'";
}

std::string fish_script(const std::vector<VerbWords>& verbs) {
  std::string script;
  for (const VerbWords& verb : verbs) {
    std::string condition = verb.path.empty() ? "__fish_use_subcommand" : "";
    for (size_t from = 0; !verb.path.empty() && from != std::string::npos;) {
      const size_t space = verb.path.find(' ', from);
      const std::string word = verb.path.substr(from, space == std::string::npos ? space : space - from);
      condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
      from = space == std::string::npos ? space : space + 1;
    }
    for (const auto& [name, doc] : verb.verbs) {
      script += fmt::format("complete -c windfall -n '{}' -f -a {} -d {}\n", condition, name, quoted(doc));
    }
    for (const auto& [flag, doc] : verb.flags) {
      script +=
          fmt::format("complete -c windfall -n '{}' -l {} -d {}\n", condition, flag.substr(2), quoted(doc));
    }
  }
  return script;
}

Result<int> completion(const CompletionOptions& options, Session& session) {
  std::vector<VerbWords> verbs;
  collect(*options.root, "", verbs);
  const std::string script = options.shell == "fish"  ? fish_script(verbs)
                             : options.shell == "zsh" ? zsh_script(verbs)
                                                      : bash_script(verbs);
  if (session.json) {
    session.print_json("completion", {{"shell", options.shell}, {"script", script}});
  } else {
    session.print(script);
  }
  return kOk;
}

}  // namespace

void add_completion_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<CompletionOptions>();
  options->root = &root;
  CLI::App* verb = make_verb(root, session, "completion", "Prints a completion script for bash, zsh or fish",
                             "  source <(windfall completion bash)\n"
                             "  windfall completion fish > ~/.config/fish/completions/windfall.fish",
                             options, completion);
  verb->add_option("shell", options->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace wf::tool
