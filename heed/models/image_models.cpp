// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gated_pixel_cnn.h"
#include "heed/models/image_transformer.h"
#include "heed/models/model_table.h"
#include "heed/models/pixel_snail.h"

namespace heed::models {
namespace {

template <class Model, class Options>
Kind<nn::PixelModel> image_kind(std::string name, std::string paper) {
  return kind_of<nn::PixelModel, Options>(std::move(name), std::move(paper),
                                          [](const Options& options, const nn::ImageDomain& domain) {
                                            return std::make_shared<Model>(options, domain);
                                          });
}

}  // namespace

template <>
const std::vector<Kind<nn::PixelModel>>& kinds() {
  static const std::vector<Kind<nn::PixelModel>> table{
      image_kind<ImageTransformer, ImageTransformerOptions>("image_transformer", "Parmar et al. 2018"),
      image_kind<GatedPixelCnn, GatedPixelCnnOptions>("gated_pixel_cnn", "van den Oord et al. 2016"),
      image_kind<PixelSnail, PixelSnailOptions>("pixel_snail", "Chen et al. 2017"),
  };
  return table;
}

template std::shared_ptr<nn::PixelModel> make_model<nn::PixelModel>(toml::table&, const nn::ImageDomain&);
template std::string describe_kinds<nn::PixelModel>();

}  // namespace heed::models
