#!/usr/bin/env bash
# The demo: synthetic purchases and drawings -> training -> AUC table -> picture. `make demo` sets BIN and OUT.
set -euo pipefail
data=$OUT/wardrobe run=$OUT/run picture=$OUT/recommendations.png

tool() {
	printf '\n$ python -m tools.%s\n' "$*"
	"$BIN/python" -m "tools.$@"
}

[ -e "$data" ] || tool build_dataset --source=wardrobe --output="$data"
tool train_dvbpr --dataset="$data" --workdir="$run" --preset=fast --max_photos=46080 --eval_every=60
tool evaluate_auc --workdir="$run"
tool recommend --workdir="$run" --user=u00000,u00001,u00002,u00003 --k=8 --picture="$picture"

printf '\nThe picture: %s\nThe run in TensorBoard: %s/tensorboard --logdir=%s\n' "$picture" "$BIN" "$run"
