// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "heed/data/sphere/signal_options.h"
#include "heed/data/sphere/signal_set.h"

namespace heed::sphere {

/// Reads a table of signals, a row for each point of each sample (see graph/table_rows.h for separators, comments and
/// quotes). The first row names the columns, in any case and order:
///
/// lon, lat           degrees; or x, y, z, a vector of any length. With lon and lat, x, y and z are values
/// sample             optional, the sample's name; its rows follow each other. Without it the table is one sample
/// label, split       optional, the same in all rows of a sample; either may be empty. A label is a class or a number to
///                    predict. Words of splits are those of graphs: train, valid, test
/// weight             optional, the share of the area for which a point stands. Without it see point_weights.h
/// all others         values, finite numbers: the channels
///
/// The samples share their points: each has the points of the first one, in the same order. Throws Error(kData) with
/// file and line where that does not hold and for what else is wrong. `file` is the name in messages.
SignalSet parse_signal_table(std::string_view text, const std::string& file,
                             const SignalReadOptions& options = {});

}  // namespace heed::sphere
