// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace heed::cli {

/// docs/options.md: the options of every verb of every task, in Markdown, from the same tables as the help.
std::string options_page();

}  // namespace heed::cli
