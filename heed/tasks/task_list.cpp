// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/task_list.h"

#include "heed/tasks/classification/classification_task.h"
#include "heed/tasks/graph/graph_task.h"
#include "heed/tasks/image/image_task.h"
#include "heed/tasks/language/language_task.h"
#include "heed/tasks/music/music_task.h"
#include "heed/tasks/translation/translation_task.h"

namespace heed::tasks {

const std::vector<const Task*>& task_list() {
  static const std::vector<const Task*> tasks{&music_task(),    &translation_task(),    &image_task(),
                                              &language_task(), &classification_task(), &graph_task()};
  return tasks;
}

}  // namespace heed::tasks
