// SPDX-License-Identifier: Apache-2.0
// The list of tasks with one more line: it takes the place of heed/tasks/task_list.cpp in the test program.
#include "heed/tasks/task_list.h"

#include "digits/digits_task.h"

#include "heed/tasks/image/image_task.h"
#include "heed/tasks/music/music_task.h"
#include "heed/tasks/translation/translation_task.h"

namespace heed::tasks {

const std::vector<const Task*>& task_list() {
  static const std::vector<const Task*> tasks{&music_task(), &translation_task(), &image_task(),
                                              &digits_task()};
  return tasks;
}

}  // namespace heed::tasks
