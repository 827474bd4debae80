# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that train and measure: the location of runs, and training of a run unless it is finished.
# HEED (the program), HEED_RESULTS_DATA (the data sets), HEED_RUNS, HEED_THREADS and HEED_DEVICE override the defaults here.
heed=${HEED:-build/release/heed}
data=${HEED_RESULTS_DATA:-../shared/data}
runs=${HEED_RUNS:-runs}
threads=${HEED_THREADS:-$(nproc)}
device=${HEED_DEVICE:-cpu}
mkdir -p "$runs" "$runs/json"

# train NAME PRESET DATA [--set ...]: a run under $runs/NAME, from the start, resumed, or not at all.
train() {
  local name=$1 preset=$2 input=$3
  shift 3
  local run=$runs/$name
  [ -f "$run/finished.json" ] && return
  if [ -f "$run/config.toml" ]; then
    "$heed" train --resume "$run" --threads "$threads" --device "$device" --data "$input" --json >"$run/result.json"
  else
    mkdir -p "$run"
    "$heed" train --threads "$threads" --device "$device" --preset "$preset" --data "$input" --output "$run" --json "$@" >"$runs/json/train-$name.json"
    mv "$runs/json/train-$name.json" "$run/result.json"
  fi
  mv "$run/result.json" "$run/finished.json"
  # Removes results of earlier weights of the run.
  rm -rf "$runs/$name-model"
  rm -f "$runs/json/$name.json" "$runs/json/$name"-*.json "$runs/json"/*-"$name.json" "$runs/json"/*-"$name"-*.json
}

# report NAME ARGUMENTS...: the JSON result of a command, once, under $runs/json.
report() {
  local file=$runs/json/$1.json
  shift
  [ -s "$file" ] && return
  "$heed" "$@" --threads "$threads" --json >"$file.new"
  mv "$file.new" "$file"
}
