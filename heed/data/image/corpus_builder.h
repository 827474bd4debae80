// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/image/image_corpus.h"
#include "heed/data/image/image_corpus_options.h"
#include "heed/data/image/image_source.h"

namespace heed::image {

/// Reads all images of a source into a corpus, as read_image_corpus describes. Decodes each image once, and
/// once more if the size of most images is not that of the first one read. Memory is that of the pixels, and
/// one decoded image. `path` is the source's name in messages.
ImageCorpus build_corpus(const ImageSource& source, const std::filesystem::path& path,
                         const ImageCorpusOptions& options);

/// Makes all images of a corpus fit the size in the options, if it has another one.
void fit_corpus(ImageCorpus& corpus, const ImageCorpusOptions& options);

}  // namespace heed::image
