"""Mistakes and trouble through the command line: one clear line, the right code, nothing lost."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from snn.config import TrialConfig
from snn.data.idx import _SHAPES
from snn.networks import build
from snn.training.checkpoints import checkpoint
from sweep.cli import run
from tests.snn_tests.networks.test_pictures import png
from tests.sweep_tests.workplace import REFERENCE, Done, Workplace

MNIST = Path("data/MNIST/raw")
LABELS = "train-labels-idx1-ubyte"


pytestmark = pytest.mark.usefixtures("ray_here")


@pytest.fixture
def folder(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SPIKESWEEP_DATA", raising=False)
    return in_folder


def fail(arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a command that fails in one line; its code and the line."""
    code = run(arguments.split())
    captured = capsys.readouterr()
    lines = Done(code, captured.out, captured.err).mistakes
    assert code in (1, 2, 130)
    assert len(lines) == 1, captured.err
    assert captured.out == ""
    return code, lines[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("xyzzy", "No such command 'xyzzy'. (see spikesweep --help)"),
        ("pipeline quickstart", "No such command 'pipeline'. Did you mean 'figure pipeline'? (see"),
        ("run", "Missing argument 'SPEC'. (see spikesweep run --help)"),
        ("run quickstart --bogus", "No such option: --bogus"),
        ("run nope", "nope: no such file; spikesweep specs lists the bundled sweeps"),
        ("run best-fasion.yaml", "did you mean best-fashion or best-mlp-fashion or "),
        ("run quickstart --trials 0", "trials:"),
        ("run quickstart --set epochs", "needs KEY=VALUE"),
        ("run quickstart --set epochs=none", "base.epochs:"),
        ("run quickstart --set dataset=digits --resume", "no launch of 'quickstart'"),
        ("validate nope.yaml", "no such file"),
        (
            "train --set dynamics=hodgkin",
            "'alif', 'lif', 'izhikevich', 'adlif', 'se_adlif', 'brf' or 'mlp'",
        ),
        ("train --set lr=-1", "lr: must be above 0, got -1"),
        ("train --set learning_rate=1", "learning_rate: unknown key"),
        ("train --set hidden=[64,0]", "hidden: needs a whole number of neurons"),
        ("train --set backend=fast", "'auto', 'reference', 'cpu' or 'cuda'"),
        ("train --set backend=cuda --set dataset=digits", "backend: 'cuda' cannot be used: it "),
        (
            "run quickstart --set dataset=digits --set backend=cuda",
            "base.backend: 'cuda' cannot be used: it computes on a GPU, and this is on a CPU; use "
            "auto or reference (resources.gpu is 0)",
        ),
        (
            "run quickstart --set dataset=digits --set backend=cpu --set dynamics=izhikevich",
            "base.backend: 'cpu' cannot be used: no compiled loops for izhikevich neurons",
        ),
        ("train --set val_fraction=0.9999 --set dataset=digits", "val_fraction: 0.9999 leaves no"),
        ("show nope", "no sweep here yet"),
        ("best nope", "no sweep here yet"),
        ("table nope", "no sweep here yet"),
        ("list", "no sweep here yet"),
        ("confirm nope", "no sweep here yet"),
        ("confirm nope --seeds one", "--seeds one: needs two whole numbers"),
        ("predict nope test:1", "no sweep here yet"),
        ("predict nope.pt test:1", "nope.pt: no such checkpoint"),
        ("predict nope.pt test:1 --figure f.gif", "cannot save a figure as '.gif'; known: .png"),
        ("figure bars nope -o f.png", "no sweep here yet"),
        ("figure pie nope -o f.png", "'bars', 'strip', 'profile', 'curves'"),
        ("figure bas nope -o f.png", "did you mean bars?"),
        ("data shwo", "did you mean show?"),
        ("run quikstart", "quikstart: no such file; did you mean quickstart?"),
        ("run quickstart --set sampler.name=tpee", "got 'tpee'; did you mean tpe?"),
        ("run quickstart --set scheduler.name=ahsa", "got 'ahsa'; did you mean asha?"),
        ("run quickstart --set metric=val_acuracy", "did you mean val_accuracy?"),
        (
            "run quickstart --set leak=0.9",
            "--set leak: unknown key; keys: spikesweep schema; one of "
            "your own needs its file: plugins: [FILE], or --plugin FILE",
        ),
        (
            "train --set dynamics=adex",
            "got 'adex'; one of your own needs its file: plugins: [FILE]",
        ),
        ("figure bars nope -o f.bmp", "cannot save a figure as '.bmp'; known: .png, .svg, .pdf"),
        ("figure bars nope", "Missing option '--output'"),
        ("figure bars", "Missing argument 'NAME"),
        ("figure synops nope -o f.png --by hidden", "--by: synops takes none, got hidden"),
        ("figure strip nope -o f.png", "--by: a strip needs a param"),
        ("figure curves nope -o f.png --by hidden --by lr", "--by: curves takes at most 1"),
        ("figure curves nope -o f.png --metric test_loss", "is not measured after every epoch"),
        ("figure confusion nope -o f.png --metric test_loss", "--metric: confusion takes none"),
        ("effects nope --tuned", "--tuned: needs a --factor, such as dynamics"),
        (
            "effects nope --tuned --interactions --factor lr",
            "--interactions: does not go with --tuned",
        ),
        ("effects nope --across hidden", "--across: goes with --changes"),
        ("effects nope --changes --factor lr", "--changes: does not go with --factor"),
        (
            "effects nope --changes --interactions --margin 10%",
            "--margin: an interaction has no errors to be a part of",
        ),
        ("export nope -o m.onnx", "no sweep here yet"),
        ("export nope.pt -o m.nir", "nope.pt: no such checkpoint"),
        ("export nope.pt -o m.h5", "m.h5: ends in neither .onnx nor .nir"),
        ("ui --port 99999", "--port"),
        ("data nonsense", "'show', 'fetch', 'verify'"),
        (
            "data describe photso",
            "data set 'photso' is unknown; images of your own need their path, such as ./photos or "
            "images.npz; spikesweep data lists all with a name",
        ),
        ("data describe kmnits", "data set 'kmnits' is unknown; did you mean kmnist? images of"),
        ("data fetch photso", "photso: no named data set; spikesweep data lists them"),
        ("data verify kmnits", "kmnits: no named data set; did you mean kmnist?"),
    ],
)
def test_a_wrong_command_is_one_line_and_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, told: str
) -> None:
    code, line = fail(arguments, capsys)
    assert code == 2
    assert told in line
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        (
            "run quickstart --set trails=3 --set lr=-1 --trials 0",
            ["--set trails", "trials", "base.lr"],
        ),
        ("train --set epochs=0 --set hiden=3", ["epochs", "hiden"]),
        ("validate quickstart --plugin a.py --plugin b.py", ["plugins: a.py", "plugins: b.py"]),
        ("train --set epochs --set lr", ["--set epochs", "--set lr"]),
    ],
)
def test_several_mistakes_are_a_line_each(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, places: list[str]
) -> None:
    assert run(arguments.split()) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(places)
    for line, place in zip(lines, places, strict=True):
        assert (
            line.removeprefix("spikesweep: ").removeprefix("quickstart: ").startswith(f"{place}:")
        )
    assert list(folder.iterdir()) == []


def test_of_very_many_mistakes_the_first_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", *(f"--set=none_{number}=1" for number in range(50))]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (21, "spikesweep: and 30 more")


def test_ctrl_c_is_told_whenever_it_comes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ctrl_c() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("analysis.data.runs.list_sweeps", ctrl_c)
    assert fail("list", capsys) == (130, "spikesweep: interrupted")


def write_idx(path: Path, shape: tuple[int, ...]) -> None:
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    count = torch.tensor(shape).prod().item()
    path.write_bytes(bytes([0, 0, 8, len(shape)]) + sizes + bytes(int(count)))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-5]), "bytes instead of"),
        (lambda path: path.write_bytes(b""), "is no such IDX file"),
        (lambda path: path.write_bytes(gzip.compress(path.read_bytes())), "is gzipped"),
        (lambda path: write_idx(path, (60_000, 28, 28)), "is no such IDX file"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    ],
)
def test_a_damaged_data_file_is_named(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], object],
    told: str,
) -> None:
    MNIST.mkdir(parents=True)
    for name, shape in _SHAPES.items():
        write_idx(MNIST / name, shape)
    spoil(MNIST / LABELS)
    for command in ("train --set dataset=mnist", "run quickstart"):
        code, line = fail(command, capsys)
        assert code == 2
        assert told in line
        assert str(MNIST / LABELS) in line
    assert [path.name for path in folder.iterdir()] == ["data"]


def test_missing_data_say_what_to_put_where(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody there: no network
    monkeypatch.setattr("urllib.request._opener", None)  # it would keep the proxy for later tests
    code = run(["train", "--set", "dataset=mnist"])
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 2
    assert "the download failed" in line
    assert "train-images-idx3-ubyte" in line and "data/MNIST/raw" in line


@pytest.mark.parametrize("content", [b"", b"\x00" * 1000, b"PK\x03\x04 cut off", b"hello"])
def test_a_corrupt_checkpoint_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    Path("model.pt").write_bytes(content)
    code, line = fail("predict model.pt test:0", capsys)
    assert code == 2
    assert "model.pt" in line and "damaged" in line


def test_a_crafted_checkpoint_a_huge_picture_and_odd_digits_are_one_line_each(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = build(TrialConfig(dataset="digits", hidden=4, n_steps=20), 64)
    checkpoint.save_network("model.pt", network, {})
    checkpoint.save("crafted.pt", checkpoint.load("model.pt") | {"n_pixels": 0})
    Path("huge.png").write_bytes(png(30_000, 30_000))
    for arguments, told in (
        ("predict crafted.pt test:0", "n_pixels: must be at least 1"),
        ("export crafted.pt -o model.onnx", "n_pixels: must be at least"),
        ("predict model.pt huge.png", "huge.png: has more than 67 million pixels"),
        ("predict model.pt test:²", "test:²: there are test:0 to test:358"),
        ("predict . test:0", "no sweep here yet"),
        ("predict folder.pt test:0", "folder.pt: is a folder, and no checkpoint"),
    ):
        Path("folder.pt").mkdir(exist_ok=True)
        code, line = fail(arguments, capsys)
        assert code == 2
        assert told in line


@pytest.mark.parametrize("arguments", ["train --set dataset=digits --set epochs=1", "run s.yaml"])
def test_a_storage_that_cannot_be_written_is_named(place: Workplace, arguments: str) -> None:
    place.spec(name="s")
    done = place.run(*arguments.split(), SPIKESWEEP_STORAGE="/proc/nowhere")
    assert done.returncode == 1
    assert "/proc/nowhere" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_opened_is_named_without_its_password(place: Workplace) -> None:
    spec = place.spec()
    url = "postgresql://me:secret@127.0.0.1:9/optuna"
    done = place.run("run", spec, SPIKESWEEP_OPTUNA=url)
    assert done.returncode == 1
    assert "the Optuna database" in done.stderr.splitlines()[-1]
    assert "secret" not in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in place.folder.iterdir()] == [spec]


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ({"cpu": 1000}, "a trial asks for 1000 CPUs, and none has it: "),
        ({"cpu": 1, "gpu": 1}, "a trial asks for 1 CPUs, 1 GPUs, and none has it: "),
        ({"cpu": 1, "memory": 9999}, "a trial asks for 1 CPUs, 9999 GiB of memory, and none"),
    ],
)
def test_a_trial_that_fits_on_no_machine_is_refused(
    place: Workplace, resources: dict[str, int], told: str
) -> None:
    done = place.run("run", place.spec(resources=resources))
    assert done.returncode == 1
    assert told in done.stderr.splitlines()[-1]


def test_a_full_disk_stops_the_sweep_and_loses_nothing(place: Workplace) -> None:
    """The trials' folder is a file system of 150 kB, in a mount namespace of the test's own."""
    namespace = ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True).returncode != 0:
        assert not os.environ.get("CI"), "no mount namespaces here"
        pytest.skip("no mount namespaces for this user")
    small = place.folder / "small"
    small.mkdir()
    base = {"dataset": "digits", "epochs": 4, "n_steps": 10, "encoding": "constant", "hidden": 200}
    spec = place.spec(base=base | REFERENCE, trials=2)
    script = f'mount -t tmpfs -o size=150k tmpfs "{small}" && exec "$@"'
    command = [*namespace, "sh", "-c", script, "sh"]
    full = subprocess.run(
        [*command, sys.executable, "-m", "sweep.cli", "run", spec],
        cwd=place.folder,
        env=place.environment | {"SPIKESWEEP_STORAGE": str(small)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert full.returncode == 1, full.stderr
    assert "No space left on device" in full.stderr
    assert "--resume" in full.stderr
    assert "Traceback" not in full.stderr
