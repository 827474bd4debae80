// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gat.h"
#include "heed/models/gcn.h"
#include "heed/models/geometry_transformer.h"
#include "heed/models/graph_transformer.h"
#include "heed/models/model_table.h"
#include "heed/models/monet.h"
#include "heed/models/mpnn.h"
#include "heed/models/vain.h"

namespace heed::models {
namespace {

template <class Model, class Options>
Kind<nn::GraphModel> graph_kind(std::string name, std::string paper) {
  return kind_of<nn::GraphModel, Options>(std::move(name), std::move(paper),
                                          [](const Options& options, const nn::GraphDomain& domain) {
                                            return std::make_shared<Model>(domain, options);
                                          });
}

}  // namespace

template <>
const std::vector<Kind<nn::GraphModel>>& kinds() {
  static const std::vector<Kind<nn::GraphModel>> table{
      graph_kind<Gat, GatOptions>("gat", "Velickovic et al. 2018; with `dynamic` GATv2, Brody et al. 2022"),
      graph_kind<Gcn, GcnOptions>("gcn", "Kipf and Welling 2017"),
      graph_kind<Monet, MonetOptions>("monet", "Monti et al. 2017"),
      graph_kind<GraphTransformer, GraphTransformerOptions>(
          "graph_transformer",
          "Vaswani et al. 2017 on nodes; edge types and distances as relations, Shaw et al. 2018"),
      graph_kind<GeometryTransformer, GeometryTransformerOptions>(
          "geometry_transformer",
          "attention on points, such as a sphere's: neighbours first, then coarser levels"),
      graph_kind<Mpnn, MpnnOptions>("mpnn",
                                    "Gilmer et al. 2017; with message = \"matrix\" GG-NN, Li et al. 2016"),
      graph_kind<Vain, VainOptions>("vain",
                                    "Hoshen 2017; with weights = \"mean\" CommNet, Sukhbaatar et al. 2016"),
  };
  return table;
}

template std::shared_ptr<nn::GraphModel> make_model<nn::GraphModel>(toml::table&, const nn::GraphDomain&);
template std::string describe_kinds<nn::GraphModel>();

}  // namespace heed::models
