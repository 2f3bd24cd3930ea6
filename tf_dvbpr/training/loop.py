"""The one training loop: steps, progress, TensorBoard, checkpoints, exact resume, validation, best model."""

import abc
import contextlib
import dataclasses
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import tensorflow as tf

from tf_dvbpr.training import gradient_registry
from tf_dvbpr.training.checkpoint import Checkpoints, drop_unfinished
from tf_dvbpr.training.metrics_log import MetricsLog
from tf_dvbpr.training.signals import StopSignal
from tf_dvbpr.training.strategy import is_chief
from tfrecords.errors import InputError, option
from tfrecords.progress_bar import progress_bar, write_line


class Trainable(abc.ABC):
    """The model's part of a training: its variables, its step on one batch and its validation.

    Attributes:
        metric_names: names of the scalars that `train_step` returns.
        photos_per_step: photos (or other units, see `unit`) per step, over all replicas.
        unit: what the progress bar counts.
        rate_name: TensorBoard's name of the units per second.
    """

    metric_names: tuple[str, ...]
    photos_per_step: int
    unit = "photo"
    rate_name = "images/s"

    @abc.abstractmethod
    def weights(self) -> dict[str, tf.Variable]:
        """Returns the variables that make up the model; `best/` keeps them."""

    @abc.abstractmethod
    def state(self) -> dict[str, tf.Variable]:
        """Returns the weights and everything else that a resumed run needs, such as optimiser state."""

    @abc.abstractmethod
    def batches(self, context: tf.distribute.InputContext, first: int, last: int) -> tf.data.Dataset:
        """Yields the batches of steps first..last-1 for this pipeline's replicas in turn, drawn from (seed, step)."""

    @abc.abstractmethod
    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Makes one update, in replica context; returns scalars to be summed over replicas."""

    @abc.abstractmethod
    def validate(self, step: int) -> dict[str, float]:
        """Returns the current model's metrics; ``score`` (larger is better) chooses the best weights."""

    def keep_best(self, step: int) -> None:
        """Keeps the best weights; the chief calls it after a validation with a new best score, before a checkpoint."""

    def show(self, step: int) -> None:
        """Writes pictures or text to the current TensorBoard writer, once at the start."""


@dataclasses.dataclass(frozen=True)
class LoopConfig:
    """The loop's schedule in steps; see TrainConfig for `patience`.

    Attributes:
        total_steps: length of the run.
        eval_every: steps between validations; the last step is always validated.
        checkpoint_every: steps between additional checkpoints; 0: only at validations.
        patience: stop after this many validations without an improvement; 0: never.
        steps_per_call: steps in one compiled call.
    """

    total_steps: int
    eval_every: int
    checkpoint_every: int = 0
    patience: int = 0
    steps_per_call: int = 1


def steps_per_call() -> int:
    """Steps for one compiled call: a GPU waits for Python in between; a CPU hardly does."""
    return 10 if tf.config.list_logical_devices("GPU") else 1


@dataclasses.dataclass
class _Progress:
    """The loop's own state, which a checkpoint holds besides the variables."""

    step: int = 0
    best_score: float = -math.inf
    best_step: int = 0
    misses: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    summed_steps: int = 0


def run(
    trainable: Trainable,
    config: LoopConfig,
    workdir: Path,
    strategy: tf.distribute.Strategy | None = None,
    show_progress: bool = True,
) -> dict:
    """Trains to the end, or resumes from the newest checkpoint in `workdir`.

    Returns ``step``, ``best_score``, ``best_step`` and ``seconds`` (of training, summed over all starts). Raises
    InputError when a loss is no longer finite (the last good checkpoint is kept) or the workdir is
    removed, and KeyboardInterrupt, after a checkpoint, on the first Ctrl-C or SIGTERM.
    """
    with gradient_registry.forget_custom_gradients(), _removal_reported(workdir):
        return _Loop(trainable, config, workdir, strategy or tf.distribute.get_strategy(), show_progress).run()


def adopt(trainable: Trainable, step: int, workdir: Path, show_progress: bool = True) -> dict:
    """Validates a model that was trained elsewhere, and writes to `workdir` what `run` would have written at this step.

    The line in metrics.jsonl has no losses. Returns what `run` does.
    """
    loop = _Loop(trainable, LoopConfig(step, 1), workdir, tf.distribute.get_strategy(), show_progress)
    return loop.adopt(step)


@contextlib.contextmanager
def _removal_reported(workdir: Path) -> Iterator[None]:
    """Turns any error into an InputError that says so if the workdir was removed."""
    there = workdir.is_dir()
    try:
        yield
    except (tf.errors.OpError, OSError) as error:
        if there and not workdir.is_dir():
            raise InputError(f"{workdir}: was removed while the training ran; train again from the start") from error
        raise


class _Loop:
    def __init__(
        self,
        trainable: Trainable,
        config: LoopConfig,
        workdir: Path,
        strategy: tf.distribute.Strategy,
        show_progress: bool,
    ) -> None:
        self.trainable, self.config, self.workdir, self.strategy = trainable, config, workdir, strategy
        self.chief = is_chief(strategy)
        self.show_progress = show_progress and self.chief
        self.checkpoints = Checkpoints(workdir / "checkpoints", trainable.state())
        self.log = MetricsLog(workdir / "metrics.jsonl")
        self.now = _Progress(sums=dict.fromkeys(trainable.metric_names, 0.0))
        self.rate_from = (0, 0.0)

    def run(self) -> dict:
        restored = self.checkpoints.restore()
        if restored:
            self.now = _Progress(**restored)
        self.rate_from = (self.now.step, self.now.seconds)
        if self.chief:
            for folder in ("checkpoints", "best"):
                drop_unfinished(self.workdir / folder)
            self.log.cut_after(self.now.step)
            if self.show_progress and (remark := self.log.remark()):
                write_line(f"warning: {self.workdir}: {remark}", file=sys.stderr)
        if not self._finished():
            with self._tensorboard():
                self._train()
        return self._result()

    def adopt(self, step: int) -> dict:
        self.now.step, self.rate_from = step, (step, 0.0)
        with self._tensorboard():
            self.trainable.show(step)
            self._evaluate()
            self.checkpoints.save(step, dataclasses.asdict(self.now))
        return self._result()

    @contextlib.contextmanager
    def _tensorboard(self) -> Iterator[None]:
        writer = tf.summary.create_file_writer(str(self.workdir / "tensorboard"))
        with writer.as_default() if self.chief else tf.summary.create_noop_writer().as_default():
            yield
        writer.close()

    def _result(self) -> dict:
        now = self.now
        return {
            "step": now.step,
            "best_score": now.best_score,
            "best_step": now.best_step,
            "seconds": now.seconds,
        }

    def _finished(self) -> bool:
        patience = self.config.patience
        return self.now.step >= self.config.total_steps or bool(patience and self.now.misses >= patience)

    def _train(self) -> None:
        now, config, per_step = self.now, self.config, self.trainable.photos_per_step
        run_steps = self._compile()
        first = now.step
        iterator = iter(
            self.strategy.distribute_datasets_from_function(
                lambda context: self.trainable.batches(context, first, config.total_steps)
            )
        )
        if now.step == 0:
            self.trainable.show(0)
        bar = progress_bar(
            total=config.total_steps * per_step,
            initial=now.step * per_step,
            unit=self.trainable.unit,
            desc="training",
            disable=not self.show_progress,
            smoothing=0.1,
        )
        with bar, StopSignal() as stop:
            while not self._finished():
                started = time.perf_counter()
                count = self._steps_to_go()
                sums = run_steps(iterator, tf.constant(count))
                for name, value in sums.items():
                    now.sums[name] += float(value)
                now.step += count
                now.summed_steps += count
                now.seconds += time.perf_counter() - started
                self._check_finite()
                bar.update(count * per_step)
                bar.set_postfix({name: f"{now.sums[name] / now.summed_steps:.4g}" for name in now.sums}, refresh=False)
                evaluated = now.step % config.eval_every == 0 or now.step == config.total_steps
                if evaluated:
                    self._evaluate()
                between = config.checkpoint_every and now.step % config.checkpoint_every == 0
                if self.chief and (evaluated or between or stop.received):
                    self.checkpoints.save(now.step, dataclasses.asdict(now))
                if stop.received:
                    raise KeyboardInterrupt(
                        f"A checkpoint of step {now.step} is in {self.workdir}: the same command goes on from there"
                    )

    def _compile(self) -> Callable:
        strategy, trainable = self.strategy, self.trainable

        def step(iterator: object) -> dict[str, tf.Tensor]:
            parts = strategy.run(trainable.train_step, args=(next(iterator),))
            return {name: strategy.reduce(tf.distribute.ReduceOp.SUM, parts[name], axis=None) for name in parts}

        if self.config.steps_per_call == 1:
            return tf.function(lambda iterator, count: step(iterator))

        @tf.function
        def run_steps(iterator: object, count: tf.Tensor) -> dict[str, tf.Tensor]:
            sums = {name: tf.zeros([]) for name in trainable.metric_names}
            for _ in tf.range(count):
                parts = step(iterator)
                sums = {name: total + parts[name] for name, total in sums.items()}
            return sums

        return run_steps

    def _steps_to_go(self) -> int:
        """Returns the steps of the next call; it ends at the next validation, checkpoint, or the end of the run."""
        step, config = self.now.step, self.config
        ends = [step + config.steps_per_call - step % config.steps_per_call, config.total_steps]
        ends += [step + every - step % every for every in (config.eval_every, config.checkpoint_every) if every]
        return min(ends) - step

    def _check_finite(self) -> None:
        for name, value in self.now.sums.items():
            if not math.isfinite(value):
                raise InputError(
                    f"{self.workdir}: the loss '{name}' is {value} at step {self.now.step}; the checkpoint before it "
                    f"is kept. Start again in a new workdir with a lower {option('learning_rate')}"
                )

    def _evaluate(self) -> None:
        now, per_step = self.now, self.trainable.photos_per_step
        means = {name: value / now.summed_steps for name, value in now.sums.items()} if now.summed_steps else {}
        figures = self.trainable.validate(now.step)
        steps, seconds = now.step - self.rate_from[0], now.seconds - self.rate_from[1]
        self.rate_from = (now.step, now.seconds)
        better = figures["score"] > now.best_score
        now.misses = 0 if better else now.misses + 1
        if better:
            now.best_score, now.best_step = figures["score"], now.step
        now.sums, now.summed_steps = dict.fromkeys(now.sums, 0.0), 0
        if not self.chief:
            return
        for name, value in means.items():
            tf.summary.scalar(f"loss/{name}", value, now.step)
        for name, value in figures.items():
            if name != "score":
                tf.summary.scalar(name, value, now.step)
        tf.summary.scalar(self.trainable.rate_name, steps * per_step / max(seconds, 1e-9), now.step)
        tf.summary.flush()
        line = {"step": now.step, f"{self.trainable.unit}s": now.step * per_step, "loss": means, **figures}
        self.log.append({**line, "best": better, "seconds": round(now.seconds, 2)})
        if better:
            self.trainable.keep_best(now.step)
        if self.show_progress:
            shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items() if name != "score")
            write_line(f"step {now.step:>7}  {shown}{'  best' if better else ''}")
