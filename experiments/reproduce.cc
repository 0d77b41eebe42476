// Reproduces the paper: every study for one preset, and one page with all results. A run that
// several studies need is trained once; interrupted runs continue.

#include <algorithm>

#include "experiments/html.h"
#include "experiments/readme.h"
#include "experiments/study_figure.h"
#include "simsiam/trainer.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tensor/print.h"

namespace siam {

namespace {

struct Failure {
  Study study;
  std::string message;
};

void add_study(HtmlPage& page, const StudyResult& result) {
  page.heading(2, result.study.title, result.study.name);
  if (result.not_drawn.empty())
    page.svg(read_file(result.experiment.results.folder() / "figure.svg"),
             fmt::format("{}: {}", result.study.title,
                         figure_alternative(result.study, result.experiment.runs)));
  else
    page.warning(result.not_drawn);
  page.table("Our runs, and the paper's numbers", result.table);
  if (!result.findings.empty())
    page.table("The paper's claims about their order", claims_table(result.findings));
  if (!result.note.empty()) page.warning(result.note);
  for (const StudyPicture& each : result.pictures)
    page.svg(read_file(result.experiment.results.folder() / each.file), each.alternative)
        .paragraph(each.caption);
  page.paragraph("What to look for:").list(result.study.look_for);
  if (!result.study.decisions.empty())
    page.paragraph("What the paper leaves open, and our choices:").list(result.study.decisions);
}

// A row per stored run: the studies that use it.
Table shared_runs(const std::vector<StudyResult>& results) {
  Table table{{{"run", Align::left}, {"seed"}, {"time"}, {"used as", Align::left}}, {}};
  for (const StudyResult& result : results)
    for (const RunRecord& run : result.experiment.runs) {
      const std::string use = fmt::format("{}: {}", result.study.name, run.name);
      const auto row = std::find_if(table.rows.begin(), table.rows.end(),
                                    [&](const auto& each) { return each[0] == run.id; });
      if (row == table.rows.end())
        table.rows.push_back(
            {run.id, fmt::format("{}", run.seed), format_duration(run.seconds), use});
      else
        row->back() += fmt::format("; {}", use);
    }
  return table;
}

std::vector<Finding> all_findings(const std::vector<StudyResult>& results) {
  std::vector<Finding> all;
  for (const StudyResult& result : results)
    all.insert(all.end(), result.findings.begin(), result.findings.end());
  return all;
}

void write_page(const Options& options, const std::vector<StudyResult>& results,
                const std::vector<Failure>& failures, size_t studies) {
  HtmlPage page("SimSiam: the paper's experiments, regenerated");
  page.paragraph(
      "Chen and He, Exploring Simple Siamese Representation Learning, arXiv 2011.10566. Each "
      "section is one claim: our runs, with the paper's numbers beside them. The paper's numbers "
      "are for ResNet-50 on ImageNet after 100 epochs unless a column says otherwise, so compare "
      "the effects, not the values.");
  page.command(options.command_line);
  if (!results.empty()) {
    const ExperimentInfo& info = results[0].experiment.info;
    page.table("What all runs have in common",
               {{{"setting", Align::left}, {"value", Align::left}},
                {{"preset", options.preset},
                 {"data", fmt::format("{} ({})", info.dataset, info.dataset_fingerprint)},
                 {"device", info.device},
                 {"seeds", options.seeds == 1 ? fmt::format("{}", info.seed)
                                              : fmt::format("{} to {}", info.seed,
                                                            info.seed + options.seeds - 1)}}});
  }
  if (results.size() + failures.size() < studies)
    page.warning(fmt::format("{} of {} studies are complete.", results.size(), studies));
  std::vector<std::pair<std::string, std::string>> links;
  for (const StudyResult& result : results)
    links.emplace_back(result.study.name, result.study.title);
  const std::vector<Finding> findings = all_findings(results);
  if (!findings.empty()) links.emplace_back("claims", "The claims");
  links.emplace_back("settings", "Settings and runs");
  page.contents(links);
  if (!findings.empty())
    page.heading(2, "The claims", "claims")
        .paragraph(kVerdicts)
        .table("All claims", claims_table(findings));
  for (const StudyResult& result : results) add_study(page, result);
  for (const Failure& failure : failures)
    page.heading(2, failure.study.title, failure.study.name).warning(failure.message);
  page.heading(2, "Settings and runs", "settings");
  page.paragraph(
      "A run is identified by its configuration, its data and the build, and trained once; several "
      "studies may share it.");
  page.table("The runs", shared_runs(results));
  if (!results.empty())
    page.details("The baseline's settings", config_table(results[0].experiment.info.config));
  write_file_atomically(options.out / "report.html", page.text());
}

void write_readme_rows(const std::string& file, const std::vector<StudyResult>& results,
                       const std::string& preset) {
  std::string markdown = read_file(file);
  for (const StudyResult& result : results)
    markdown = with_readme_row(std::move(markdown), readme_row(result.study, result.experiment.runs,
                                                               result.findings, preset));
  write_file_atomically(file, markdown);
}

int reproduce(const std::vector<Study>& studies, Runner& runner, const std::string& readme) {
  const Options& options = runner.options();
  for (const Study& study : studies) runner.expect(study.name, runs_of(study, runner));
  prepare_folder(options.out, {"report.html"});
  std::vector<StudyResult> results;
  std::vector<Failure> failures;
  for (const Study& study : studies) {
    runner.message(fmt::format("study {} of {}: {}", results.size() + failures.size() + 1,
                               studies.size(), study.title));
    try {
      results.push_back(run_study(study, runner));
    } catch (const NotFinite& error) {  // the other claims do not depend on it
      failures.push_back({study, error.what()});
      runner.message(error.what());
    }
    write_page(options, results, failures, studies.size());
  }
  if (!readme.empty()) write_readme_rows(readme, results, options.preset);
  print(stdout, fmt::format("{}\n", (options.out / "report.html").string()));
  check(failures.empty(), "{} of {} studies did not finish: {}", failures.size(), studies.size(),
        failures.empty() ? "" : failures[0].message);
  return 0;
}

int reproduce(const Options& options, const Communicator& ranks, const std::string& readme) {
  if (!readme.empty())  // tried before anything is trained
    with_readme_row(read_file(readme), "| none |");
  const std::vector<Study> studies = all_studies();
  for (const Study& study : studies) check_options(study, options);
  check_used(studies, options);
  Runner runner(options, ranks);
  return runner.lead([&] { return reproduce(studies, runner, readme); });
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  std::string readme;
  return siam::run_program(
      argc, argv,
      "Runs every study of the paper for a preset and writes <out>/report.html, one page with all "
      "figures and tables.",
      [&](const siam::Options& options, const siam::Communicator& ranks) {
        return siam::reproduce(options, ranks, readme);
      },
      {{"--readme", "Markdown file whose table of studies gets a row with these numbers for each",
        &readme}});
}
