"""A trained network as ONNX: pixels in, logits out, the spike code and the time loop inside.

    pixels uint8 (B, N)  →  logits float32 (B, C)          B is dynamic

PyTorch's exporter translates three pure functions, so that no equation is written twice: what is
before the time loop, one time step (the neurons' own `step`), and what is after it. The step is the
body of one ONNX `Scan`, so the file does not grow with the number of steps. Everything that the
network computes is kept, in single precision; sums may be added in another order, so logits agree
to rounding, and a potential within rounding of its threshold may fall on its other side.

Refused, as ONNX has nothing that would give the same numbers: the poisson code, whose random
numbers are ours.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import redirect_stdout
from io import StringIO

import onnx
import torch
from onnx import compose, helper
from onnx.utils import Extractor
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.errors import ExportError
from snn.export.parts import INPUT_CURRENT, Before, Logits, Parts
from snn.networks import Network, OwnNetwork
from snn.networks.spiking import SpikingNetwork
from snn.registry import KINDS, SPIKING_KINDS

OPSET = 20
_BATCH = 2  # of the example; the exporter would take a batch of 1 for a constant


def to_onnx(network: Network) -> onnx.ModelProto:
    """The network as an ONNX model.

    Raises:
        ExportError: Its spike code is random; or it is a user's, and takes spikes or does what
            PyTorch's exporter cannot translate.
    """
    _refuse_others(network.config)
    network = network.cpu().eval()
    pixels = torch.zeros(_BATCH, network.n_pixels, dtype=torch.uint8)
    if isinstance(network, SpikingNetwork):
        model = _spiking(network, pixels)
    elif isinstance(network, OwnNetwork):
        model = _own(network, pixels)
    else:
        model = _translate(Logits(network), (pixels,), ["pixels"], ["logits"])
    config = ", ".join(f"{key}={value}" for key, value in network.config.params().items())
    helper.set_model_props(model, {"spikesweep.config": config})
    onnx.checker.check_model(model, full_check=True)
    return model


def _own(network: OwnNetwork, pixels: Tensor) -> onnx.ModelProto:
    name = f"network: {network.config.network}"
    try:
        model = _translate(Logits(network), (pixels,), ["pixels"], ["logits"])
    except Exception as error:  # whatever a user's code may do, the exporter has an error for
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ExportError(f"{name}: PyTorch cannot translate it to ONNX: {reason}") from None
    if not model.graph.input[0].type.tensor_type.shape.dim[0].dim_param:
        raise ExportError(
            f"{name}: would take batches of {_BATCH} only as ONNX; in its forward pass, write "
            "x.shape[0] for len(x)"
        )
    return model


def _refuse_others(config: TrialConfig) -> None:
    if config.has_own_network:
        if config.uses("encoding"):
            raise ExportError(
                f"network: {config.network}: takes encoded spikes; to ONNX go networks of your own "
                "that take pixels"
            )
        return
    codes = config.registry.of("encoding")
    exportable = ", ".join(each.name for each in codes if "onnx" in each.formats)
    if config.spiking and config.component("encoding").random:
        raise ExportError(
            f"encoding: {config.encoding!r} draws random spikes, which ONNX cannot draw alike; "
            f"exportable are {exportable}"
        )
    for kind in SPIKING_KINDS if config.spiking else ("neuron",):
        each = config.component(kind)
        if kind != "surrogate" and "onnx" not in each.formats:  # only training needs surrogates
            raise ExportError(f"{KINDS[kind]}: {each.name!r} does not declare that ONNX has it")
    if config.spiking and config.encoding not in INPUT_CURRENT:
        raise ExportError(f"encoding: {config.encoding!r} has no translation; {exportable} have")


def _spiking(network: SpikingNetwork, pixels: Tensor) -> onnx.ModelProto:
    with torch.no_grad():
        entries, *state = Before(network)(pixels)
        step = torch.tensor(0)
        traces = torch.zeros(network.config.n_steps, _BATCH, network.n_classes)
    states = [f"state{index}" for index in range(len(state))]
    body_in = ["entries_in", *(f"{name}_in" for name in states), "step"]
    body_out = [*(f"{name}_out" for name in states), "trace"]
    # Together, as the exporter takes a second to begin.
    together = _translate(
        Parts(network),
        (pixels, traces, entries, *state, step),
        ["pixels", "traces", *body_in],
        ["entries", *states, *body_out, "logits"],
    )
    ends = (["pixels"], ["entries", *states]), (body_in, body_out), (["traces"], ["logits"])
    before, body, after = (Extractor(together).extract_model(*each) for each in ends)
    return _joined(before, body, after, states, network.config.n_steps)


def _joined(
    before: onnx.ModelProto,
    body: onnx.ModelProto,
    after: onnx.ModelProto,
    states: list[str],
    n_steps: int,
) -> onnx.ModelProto:
    """Put the parts together; the body sees `entries_in` from outside, as it is no state."""
    for part in (before, body, after):  # it has the inputs and outputs, too, which keep their names
        del part.graph.value_info[:]
    begin, inner, end = (
        compose.add_prefix_graph(part.graph, prefix, rename_inputs=False, rename_outputs=False)
        for part, prefix in ((before, "before/"), (body, "step/"), (after, "after/"))
    )
    del inner.input[0]
    scan = helper.make_node(
        "Scan",
        [*states, "steps"],
        [*(f"{name}_end" for name in states), "traces"],
        body=inner,
        num_scan_inputs=1,
    )
    same = helper.make_node("Identity", ["entries"], ["entries_in"])
    steps = helper.make_tensor("steps", onnx.TensorProto.INT64, [n_steps], list(range(n_steps)))
    graph = helper.make_graph(
        [*begin.node, same, scan, *end.node],
        "spikesweep",
        list(begin.input),
        list(end.output),
        [*begin.initializer, steps, *end.initializer],
    )
    return helper.make_model(
        graph, opset_imports=list(body.opset_import), ir_version=body.ir_version
    )


def _translate(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    outputs: list[str],
) -> onnx.ModelProto:
    """A function of tensors (…, B, ·) and numbers by PyTorch's exporter, B dynamic."""
    batch = torch.export.Dim("batch")
    shapes = tuple({tensor.dim() - 2: batch} if tensor.dim() else None for tensor in example)
    nested = (*shapes[:3], shapes[3:]) if isinstance(module, Parts) else shapes  # by signature
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")  # of the exporter's own dependencies
        program = torch.onnx.export(
            module.eval(),
            tuple(tensor.clone() for tensor in example),  # one tensor twice would be one input
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=nested,
            dynamo=True,
            opset_version=OPSET,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    return program.model_proto
