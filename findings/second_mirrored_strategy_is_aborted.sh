#!/usr/bin/env bash
# A second MirroredStrategy in one process fails, if it does not repeat what the first one did.
#
# Package: tensorflow 2.21.0.
# Behaviour: every MirroredStrategy numbers its collective operations from the same number, while TensorFlow remembers
#   for the whole process which operation a number stood for. If the first strategy summed under a number and the second
#   one gathers under it, the second raises InternalError, and after that no strategy works in this process. A second
#   strategy that repeats the operations of the first one works.
# Expected: strategies are independent objects, as models and optimizers are: two trainings of different models, one
#   after the other, each with a strategy of its own.
# Seen, on one CPU as two logical devices:
#   one strategy for all: sum [2.0], gather [1.0, 1.0], sum [2.0]
#   a strategy for each: sum [2.0], sum [2.0], gather InternalError, sum InternalError
#   the message: Collective instance 100 expected type 0 and data_type 1 but got type 2 and data_type 3
# Reported: github.com/tensorflow/tensorflow/issues/62790, of models of other shapes on GPUs; closed, labelled stale.
# Why it matters: in a notebook or a service that trains with strategy="mirrored" twice, the second training ends with an
#   error about collective instances, which names no strategy and asks to restart the program.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import re
import sys

import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
messages = []


def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def result(mirrored, kind):
    def replica():
        context = tf.distribute.get_replica_context()
        one = tf.ones([1])
        return context.all_reduce("sum", one) if kind == "sum" else context.all_gather(one, 0)

    try:
        values = tf.function(lambda: mirrored.experimental_local_results(mirrored.run(replica)))()
    except tf.errors.OpError as error:
        messages.append(str(error))
        return type(error).__name__
    return values[0].numpy().tolist()


shared = strategy()
together = [(kind, result(shared, kind)) for kind in ("sum", "gather", "sum")]
apart = [(kind, result(strategy(), kind)) for kind in ("sum", "sum", "gather", "sum")]
print("one strategy for all:", ", ".join(f"{kind} {values}" for kind, values in together))
print("a strategy for each:", ", ".join(f"{kind} {values}" for kind, values in apart))
told = re.search(r"Collective instance \d+ expected type.*?data_type \d+ but got type \d+ and data_type \d+", "".join(messages))
print("the message:", told[0] if told else messages)
failed = [kind for kind, values in apart if values == "InternalError"]
if [values for _, values in together] == [[2.0], [1.0, 1.0], [2.0]] and failed[:1] == ["gather"] and told:
    print("AS DESCRIBED: a second strategy that does something else is aborted")
else:
    sys.exit(f"CHANGED: {together}, {apart}")
PYTHON
