#!/usr/bin/env bash
# The demo: synthetic purchases and drawings -> recommender, AUC table, picture; -> GAN, samples; both -> designs, a page of
# it all. `make demo` sets BIN and OUT.
set -euo pipefail
data=$OUT/wardrobe run=$OUT/run gan=$OUT/gan picture=$OUT/recommendations.png samples=$OUT/samples
design=$OUT/design tailor=$OUT/tailor why=$OUT/why report=$OUT/report.html users=u00000,u00001,u00002,u00003

tool() {
	printf '\n$ python -m tools.%s\n' "$*"
	"$BIN/python" -m "tools.$@"
}

[ -e "$data" ] || tool build_dataset --source=wardrobe --output="$data"
tool train_dvbpr --dataset="$data" --workdir="$run" --preset=fast --max_photos=46080 --eval_every=60
tool evaluate_auc --workdir="$run"
tool recommend --workdir="$run" --user=$users --k=8 --picture="$picture"
tool train_gan --dataset="$data" --workdir="$gan" --preset=fast --image_size=32 --max_photos=48000 --eval_every=500 \
  --eyes=none --generator=deconvolution --discriminator_norm=batch # sooner clear at 32 pixels
tool sample_gan --workdir="$gan" --output="$samples"
tool design --recommender="$run" --gan="$gan" --user=$users --group=none --category=men_tops,men_bottoms --eta=20 --output="$design"
tool tailor --recommender="$run" --gan="$gan" --user=u00000,u00001 --item=w00024 --output="$tailor"
tool explain --workdir="$run" --gan="$gan" --user=u00000,u00001 --item=w00024 --output="$why"
tool report --recommender="$run" --gan="$gan" --samples="$samples" --design="$design" --tailor="$tailor" --explain="$why" \
	--output="$report"

printf '\nRecommendations: %s\nGarments drawn by the GAN: %s\n' "$picture" "$samples"
printf 'Garments designed for four people: %s/design.png\nAll of it on one page, for a browser: %s\n' "$design" "$report"
printf 'Why two of them dislike a garment: %s/explain.png\n' "$why"
printf 'To design, explain and tailor in the browser: %s/python -m tools.studio --workdir=%s --gan=%s\n' "$BIN" "$run" "$gan"
printf 'The runs in TensorBoard: %s/tensorboard --logdir=%s\n' "$BIN" "$OUT"
