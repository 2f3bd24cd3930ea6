#!/usr/bin/env bash
# The demo: synthetic purchases and drawings -> recommender, AUC table, picture; -> GAN, samples. `make demo` sets BIN and OUT.
set -euo pipefail
data=$OUT/wardrobe run=$OUT/run gan=$OUT/gan picture=$OUT/recommendations.png samples=$OUT/samples

tool() {
	printf '\n$ python -m tools.%s\n' "$*"
	"$BIN/python" -m "tools.$@"
}

[ -e "$data" ] || tool build_dataset --source=wardrobe --output="$data"
tool train_dvbpr --dataset="$data" --workdir="$run" --preset=fast --max_photos=46080 --eval_every=60
tool evaluate_auc --workdir="$run"
tool recommend --workdir="$run" --user=u00000,u00001,u00002,u00003 --k=8 --picture="$picture"
tool train_gan --dataset="$data" --workdir="$gan" --preset=fast --image_size=32 --max_photos=48000 --eval_every=500
tool sample_gan --workdir="$gan" --output="$samples"

printf '\nRecommendations: %s\nGarments drawn by the GAN: %s\n' "$picture" "$samples"
printf 'The runs in TensorBoard: %s/tensorboard --logdir=%s\n' "$BIN" "$OUT"
