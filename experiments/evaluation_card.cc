#include "experiments/evaluation_card.h"

#include "experiments/json_text.h"
#include "experiments/report.h"
#include "simsiam/config_json.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

struct Measure {
  const char* key;    ///< in the JSON
  const char* title;  ///< in the table
  double RepresentationPanel::*value;
  int digits;
  const char* reading;
};
constexpr Measure kMeasures[] = {
    {"std*sqrt(d)", "std·√d", &RepresentationPanel::std, 3, "0: one vector; 1: spread evenly"},
    {"effective_rank", "effective rank (RankMe)", &RepresentationPanel::effective_rank, 1,
     "1: one direction; at most the width"},
    {"alignment", "alignment of two views", &RepresentationPanel::alignment, 3,
     "0: equal; 2: unrelated"},
    {"uniformity", "uniformity, t = 2", &RepresentationPanel::uniformity, 3,
     "0: one point; about -4: spread evenly"},
    {"dead_channels", "share of dead channels", &RepresentationPanel::dead_channels, 3,
     "deviation below 1 % of the mean"},
};

const char* name_of(ProbeOptimizer optimizer) {
  return optimizer == ProbeOptimizer::sgd ? "SGD" : "LARS";
}

// Follows the numbers of images: how they relate to those that the network was trained on.
std::string relation(const EvaluationSource& source) {
  if (source.trained_images == 0) return ", not the images it was trained on";
  if (source.trained_images < source.train_images)
    return fmt::format(", the {} it was trained on among them", source.trained_images);
  if (source.trained_images > source.train_images)
    return fmt::format(", a part of the {} it was trained on", source.trained_images);
  return "";
}

Table knn_table(const Evaluation& evaluation) {
  Table table{{{"k"}, {"T"}, {"backbone (%)"}, {"projection (%)"}}, {}};
  for (const KnnResult& each : evaluation.knn)
    table.rows.push_back({fmt::format("{}", each.setting.k),
                          format_number(each.setting.temperature, 2),
                          format_number(each.backbone, 2), format_number(each.projection, 2)});
  return table;
}

Table probe_table(const Evaluation& evaluation) {
  Table table{{{"optimiser", Align::left},
               {"base rate"},
               {"last epoch (%)"},
               {"best epoch (%)"},
               {"at epoch"},
               {"training loss"}},
              {}};
  for (const ProbeSweep& sweep : evaluation.probes)
    for (const ProbeResult& each : sweep.results)
      table.rows.push_back({name_of(sweep.config.optimizer),
                            fmt::format("{}", each.base_learning_rate), format_number(each.last, 2),
                            format_number(each.best, 2),
                            fmt::format("{} of {}", each.best_epoch, sweep.config.epochs),
                            format_number(each.loss, 3)});
  return table;
}

Table panel_table(const TrainedModel& trained, const Evaluation& evaluation) {
  Table table{{{"measure", Align::left}, {"backbone"}, {"projection"}, {"reading", Align::left}},
              {{"width", fmt::format("{}", trained.config.model.backbone.feature_width()),
                fmt::format("{}", trained.config.model.dim), "channels"}}};
  for (const Measure& measure : kMeasures)
    table.rows.push_back(
        {measure.title, format_number(evaluation.backbone.*measure.value, measure.digits),
         format_number(evaluation.projection.*measure.value, measure.digits), measure.reading});
  return table;
}

Json panel_json(const RepresentationPanel& panel) {
  Json json;
  for (const Measure& measure : kMeasures) json[measure.key] = panel.*measure.value;
  return json;
}

}  // namespace

std::string evaluation_json(const EvaluationSource& source, const TrainedModel& trained,
                            const Evaluation& evaluation) {
  Json json = {{"checkpoint", source.checkpoint},
               {"command line", source.command_line},
               {"epochs", trained.epochs},
               {"data set", {{"name", source.dataset}, {"fingerprint", source.fingerprint}}},
               {"trained on the same data set", source.trained_images > 0},
               {"trained on the same images", source.trained_images == source.train_images},
               {"train images", source.train_images},
               {"test images", source.test_images},
               {"device", std::string(name_of(trained.config.device))}};
  json["config"] = to_json(describe(trained.config));
  json["knn"] = Json::array();
  for (const KnnResult& each : evaluation.knn)
    json["knn"].push_back({{"k", each.setting.k},
                           {"T", each.setting.temperature},
                           {"backbone (%)", each.backbone},
                           {"projection (%)", each.projection}});
  json["linear probe"] = Json::array();
  for (const ProbeSweep& sweep : evaluation.probes)
    for (const ProbeResult& each : sweep.results)
      json["linear probe"].push_back({{"optimiser", name_of(sweep.config.optimizer)},
                                      {"batch", sweep.config.batch_size},
                                      {"epochs", sweep.config.epochs},
                                      {"base learning rate", each.base_learning_rate},
                                      {"last epoch (%)", each.last},
                                      {"best epoch (%)", each.best},
                                      {"best epoch", each.best_epoch},
                                      {"training loss", each.loss}});
  json["representation"] = {{"images", evaluation.panel_rows},
                            {"pairs of views", evaluation.view_rows},
                            {"backbone", panel_json(evaluation.backbone)},
                            {"projection", panel_json(evaluation.projection)}};
  return json_text(json);
}

std::string evaluation_card(const EvaluationSource& source, const TrainedModel& trained,
                            const Evaluation& evaluation) {
  Report card;
  card.heading(1, "Evaluation card");
  card.paragraph(fmt::format(
      "`{}`, {} of {} epochs, {}; {} ({}), {} training and {} test images{}; {}.",
      source.checkpoint, trained.epochs, trained.config.epochs,
      name_of(trained.config.objective.method), source.dataset, source.fingerprint,
      source.train_images, source.test_images, relation(source), name_of(trained.config.device)));
  card.heading(2, "kNN accuracy");
  card.table(knn_table(evaluation));
  if (!evaluation.probes.empty()) {
    card.heading(2, "Linear probe on the backbone");
    for (const ProbeSweep& sweep : evaluation.probes) {
      const ProbeResult& best = best_of(sweep);
      card.paragraph(fmt::format("**{}: {} %** after the last epoch at base rate {}; batch {}.",
                                 name_of(sweep.config.optimizer), format_number(best.last, 2),
                                 best.base_learning_rate, sweep.config.batch_size));
    }
    card.table(probe_table(evaluation));
    card.paragraph(
        "Features under the test transform, cached: training images are not augmented. The best of "
        "a sweep, and of the epochs, is chosen on the test images themselves.");
  }
  card.heading(2, "Representation");
  card.table(panel_table(trained, evaluation));
  card.paragraph(fmt::format("Of {} test images; alignment of {} pairs of augmented views.",
                             evaluation.panel_rows, evaluation.view_rows));
  return card.text();
}

}  // namespace siam
