#!/usr/bin/env bash
# Table III on the synthetic wardrobe. `make compare-demo` sets BIN and OUT; WEIGHTS names a file of ResNet50's ImageNet
# weights, EPSILON the epsilon of their batch normalisation where it is not the library's.
set -euo pipefail
data=$OUT/wardrobe run=$OUT/run

tool() {
	printf '\n$ python -m tools.%s\n' "$*"
	"$BIN/python" -m "tools.$@"
}

[ -e "$data" ] || tool build_dataset --source=wardrobe --output="$data"
tool train_dvbpr --dataset="$data" --workdir="$run" --preset=fast --max_photos=102400 --eval_every=80
features=resnet50
if ! tool extract_features --dataset="$data" --network=resnet50 ${WEIGHTS:+--weights="$WEIGHTS"} \
	${EPSILON:+--batch_norm_epsilon="$EPSILON"}; then
	[ -z "${WEIGHTS:-}" ] || exit 1
	echo "ResNet50's weights could not be fetched: the visual baselines get the features of DVBPR's own network instead." \
		"WEIGHTS=FILE make compare-demo takes them from a file."
	features=cnnf
	tool extract_features --dataset="$data" --workdir="$run"
fi
tool compare --dataset="$data" --output="$OUT/table3" --models=all --grid=quick --features="$features" --dvbpr_workdir="$run"
printf '\nThe table: %s/table3.md, as a chart: %s/table3.png\n' "$OUT/table3" "$OUT/table3"
