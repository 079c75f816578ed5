"""The command: ``python -m benchmarks``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks import checks, cuda, learning, machine, report, runs, scaling, trace, work
from benchmarks.contender import Contender, WorkerError
from benchmarks.contest import (
    MINIGEN,
    TORCH,
    TUNED_TORCH,
    DisagreementError,
    Result,
    Rules,
    run_ops,
    run_workload,
)
from benchmarks.libraries import (
    LIBRARIES,
    ONLY_ON_A_CARD,
    WITH_OPS,
    can_train,
    is_installed,
)
from benchmarks.ops import OPS
from benchmarks.timing import summarize
from benchmarks.workloads import WORKLOADS
from minigen.data import DataError
from minigen.distributed import DistributedError
from minigen.engine.backend import DeviceError
from minigen.viz.style import format_of

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 120
"""How many columns the tables have at least, in a narrower terminal or a file too."""

EXPECTED = (
    DataError,
    DeviceError,
    DisagreementError,
    DistributedError,
    WorkerError,
    runs.RunsError,
    OSError,
)
"""Errors that are told in a line."""

PEERS = tuple(library for library in LIBRARIES if library not in ("minigen", *ONLY_ON_A_CARD))


def _names(known: Sequence[str]) -> Callable[[Any, Any, str | None], list[str] | None]:
    """Make a callback that reads some of the known names, separated by commas."""

    def read(_ctx: Any, _option: Any, text: str | None) -> list[str] | None:
        if text is None:
            return None
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}")
        return list(dict.fromkeys(names))

    return read


def _cores(_ctx: Any, _option: Any, threads: int) -> int:
    if threads > machine.available_cores():
        raise click.BadParameter(f"there are {machine.available_cores()} cores, not {threads}")
    return threads


def _result_file(_ctx: Any, _option: Any, path: Path | None) -> Path | None:
    """Refuse, before anything is measured, a file that can't be written after it."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(path.parent)!r}")
    return path


def _figure_file(ctx: Any, option: Any, path: Path | None) -> Path | None:
    """Refuse, beside a file that can't be written, one whose name does not end as a picture's."""
    if path is not None:
        try:
            format_of(path)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return _result_file(ctx, option, path)


threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=machine.available_cores,
    show_default="the cores there are",
    callback=_cores,
    help="Threads, and cores, that each library gets.",
)


def json_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option of a file for the figures."""
    return click.option(
        "--json",
        "file",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=_result_file,
        help=what,
    )


def figure_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option of a file for a picture."""
    return click.option(
        "--figure",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=_figure_file,
        help=what,
    )


class Command(click.Group):
    """The command and its subcommands, whose expected failures are messages, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run what was asked for."""
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            raise click.ClickException(str(error)) from error


@click.group(
    cls=Command,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--workloads",
    metavar="W1,W2,...",
    callback=_names(tuple(WORKLOADS)),
    help="The training steps to time.  [default: all; with --ops alone, none]",
)
@click.option("--ops", is_flag=True, help="Time single ops, too: minigen and PyTorch.")
@click.option(
    "--peers",
    metavar="torch,compile,...",
    default="torch",
    show_default=True,
    callback=_names(PEERS),
    help=f"Whom to compare with: {', '.join(PEERS)}. Ratios are to torch. hand has W1 alone; "
    "dezero and jax do not have W5.",
)
@click.option("--turns", type=click.IntRange(min=3), default=15, show_default=True)
@click.option("--steps", type=click.IntRange(min=1), help="Steps a turn; by default half a second.")
@click.option(
    "--steps-before",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Steps before the first turn: after 2000, subnormal numbers would show.",
)
@threads_option
@click.option("--profile", is_flag=True, help="Show the share of each op in minigen's step.")
@click.option(
    "--tuned/--as-it-comes",
    "tuned",
    default=None,
    help="Time torch with malloc tuned as minigen's is, too, or only as it comes.  [default: too, "
    "where malloc is glibc's]",
)
@json_option("Write every turn, versions and the machine to a file.")
@click.pass_context
def main(
    ctx: click.Context,
    *,
    workloads: list[str] | None,
    ops: bool,
    peers: list[str],
    turns: int,
    steps: int | None,
    steps_before: int,
    threads: int,
    profile: bool,
    tuned: bool | None,
    file: Path | None,
) -> None:
    """Compare minigen's speed and memory with other libraries'.

    Each library has a process of its own. All start from the same weights; if their losses differ,
    nothing is timed. They take turns; shown are the shortest and the median, and ratios of both.
    """
    if ctx.invoked_subcommand is not None:
        return
    rules = Rules(threads, turns, steps, steps_before)
    contenders = choose_contenders(peers, tuned=tuned)
    console = _console()
    if workloads is None:
        workloads = [] if ops else list(WORKLOADS)
    with machine.watched() as since:
        trained = [
            run_workload(name, having(name, contenders), rules, profile=profile)
            for name in workloads
        ]
        able = [who for who in contenders if who.library in WITH_OPS and not who.tuned_malloc]
        single = list(run_ops(list(OPS), able, rules)) if ops else []
        disturbance = since()
    _show(console, trained, single)
    console.print(report.disturbance_line(disturbance, rules), soft_wrap=True)
    if file is not None:
        report.write_json(file, [*trained, *single], rules, disturbance, datetime.now(UTC))


def choose_contenders(peers: Sequence[str], *, tuned: bool | None) -> list[Contender]:
    """Return who takes part: minigen and the peers as they come, and PyTorch with a tuned malloc.

    Without a word about it, this takes part where it can.

    Raises
    ------
    click.UsageError
        If a peer is not installed, or the malloc that is to be tuned is not glibc's.
    """
    for peer in peers:
        if not is_installed(peer):
            raise click.UsageError(
                f"--peers {peer}: {LIBRARIES[peer]} is not installed; "
                f"python -m pip install {LIBRARIES[peer]}"
            )
    contenders = [MINIGEN, *map(Contender, peers)]
    if tuned and not machine.has_glibc():
        raise click.UsageError("--tuned sets glibc's malloc, which this system does not have")
    if tuned is False or TORCH not in contenders or not machine.has_glibc():
        return contenders
    return [*contenders, TUNED_TORCH]


def having(workload: str, contenders: Sequence[Contender]) -> list[Contender]:
    """Return those of the contenders that have a workload."""
    return [who for who in contenders if can_train(who.library, workload)]


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    return console


def _show(console: Console, trained: Sequence[Result], single: Sequence[Result]) -> None:
    for result in trained:
        console.print(report.workload_table(result), "")
        if result.profile:
            console.print(report.profile_table(result), "")
    if single:
        console.print(report.op_table(single))


def _verdict(what: str, measured: str, limit: str, *, kept: bool) -> None:
    """Say what was measured; exit with status 1 if it is over the limit."""
    click.echo(f"{what}: {measured}; {'within' if kept else 'OVER'} the limit of {limit}")
    if not kept:
        raise SystemExit(1)


@main.command()
@click.option("--dataset", default="mnist", show_default=True)
@click.option("--examples", type=click.IntRange(min=1), help="Images an epoch; all by default.")
@click.option("--epochs", type=click.IntRange(min=1), default=3, show_default=True)
@threads_option
def epoch(dataset: str, examples: int | None, epochs: int, threads: int) -> None:
    """Compare an epoch of the dense VAE, data handling included, with the sum of its steps."""
    found = summarize(checks.time_epochs(dataset, examples, epochs, threads))
    _verdict(
        f"an epoch of {dataset} over the sum of its steps",
        f"{found.median:.3f} ({found.low:.3f}-{found.high:.3f})",
        f"{checks.EPOCH_LIMIT:g}",
        kept=found.median <= checks.EPOCH_LIMIT,
    )


@main.command(name="import")
@click.option("--processes", type=click.IntRange(min=1), default=9, show_default=True)
def import_time(processes: int) -> None:
    """Time `import minigen` in fresh processes, beyond NumPy's own import."""
    found = summarize(checks.time_imports(processes))
    _verdict(
        "import minigen, after numpy",
        f"{found.median:.3f} s ({found.low:.3f}-{found.high:.3f})",
        f"{checks.IMPORT_LIMIT:g} s",
        kept=found.median <= checks.IMPORT_LIMIT,
    )


@main.command()
@click.option("--workload", type=click.Choice(tuple(WORKLOADS)), default="W1", show_default=True)
@click.option(
    "--steps",
    type=click.IntRange(min=2 * checks.GROWTH_WARM_UP),
    default=2000,
    show_default=True,
)
@threads_option
def growth(workload: str, steps: int, threads: int) -> None:
    """Measure whether a process's memory grows while it trains on."""
    held = checks.measure_growth(workload, steps, every=250, threads=threads)
    for done, size in held.items():
        click.echo(f"after {done:5} steps: {size / report.MEGABYTE:8.2f} MB")
    gained = checks.growth(held)
    _verdict(
        f"growth of {workload} from step {checks.GROWTH_WARM_UP} to {steps}",
        f"{gained / report.MEGABYTE:.2f} MB",
        f"{checks.GROWTH_LIMIT / report.MEGABYTE:.2f} MB",
        kept=gained <= checks.GROWTH_LIMIT,
    )


@main.command(name="report")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def report_runs(files: tuple[Path, ...]) -> None:
    """Take runs together that `--json` kept: the worst ratio of each, and the range.

    The table is Markdown, for docs/performance.md.
    """
    click.echo(runs.table(runs.read(files)))


@main.command(name="result")
@click.option(
    "--datasets",
    metavar="NAME,...",
    default="mnist",
    show_default=True,
    callback=_names(learning.DATASETS),
    help=f"Of {', '.join(learning.DATASETS)}.",
)
@click.option("--steps", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=250,
    show_default=True,
    help="Steps after which samples are judged.",
)
@click.option(
    "--samples",
    type=click.IntRange(100, 10_000),
    default=10_000,
    show_default=True,
    help="How many are judged, beside as many test images.",
)
@threads_option
@json_option("Write what was measured to a file.")
@figure_option("Draw the distance against the steps.")
def time_to_result(
    datasets: list[str],
    steps: int,
    every: int,
    samples: int,
    threads: int,
    file: Path | None,
    figure: Path | None,
) -> None:
    """Train a conditional GAN with minigen and with PyTorch, and judge what both make.

    Both start from the same weights, and are shown the same images. The tables are Markdown, for
    docs/results.md.
    """
    if not is_installed("torch"):
        raise click.UsageError("torch is not installed; python -m pip install torch")
    outcomes = []
    for dataset in datasets:
        outcomes.append(learning.compare(dataset, steps, every, samples, threads))
        click.echo(learning.table(outcomes[-1]) + "\n")
    if file is not None:
        learning.write_json(file, outcomes)
    if figure is not None:
        learning.draw(figure, outcomes)


@main.command(name="cuda")
@click.option(
    "--workloads",
    metavar="W1,W2,...",
    default=",".join(cuda.MEASURED),
    show_default=True,
    callback=_names(cuda.MEASURED),
    help="The training steps to time.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=cuda.LEAST_STEPS),
    default=200,
    show_default=True,
    help="Steps that are timed.",
)
@click.option(
    "--warm-up",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Steps before that.",
)
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every measurement to this file, each as soon as it is made.",
)
@threads_option
def on_cuda(
    workloads: list[str], steps: int, warm_up: int, file: Path | None, threads: int
) -> None:
    """Compare training steps on a GPU with PyTorch's, each eager and as CUDA graphs.

    Of each workload it is checked first that all compute the same. Then each contender is alone on
    the card, and is timed by the card's own events. The table is Markdown, for docs/performance.md.
    """
    card = cuda.find_card()
    click.echo(f"{card}; medians of {steps} steps after {warm_up}")
    record = cuda.Record(card, steps, warm_up, file)
    measured = {}
    for name in workloads:

        def tell(who: Contender, found: cuda.Measurement, name: str = name) -> None:
            click.echo(record.add(name, who, found), err=True)

        measured[name] = cuda.measure_workload(name, steps, warm_up, threads, tell)
    click.echo(cuda.table(measured))


@main.command(name="scaling")
@click.option("--batch", type=click.IntRange(2), default=128, show_default=True)
@click.option("--steps", type=click.IntRange(1), default=20, show_default=True)
@click.option(
    "--latency",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    help="Of a message between machines.  [default: as between two ranks here]",
)
@click.option(
    "--bandwidth",
    metavar="BYTES",
    type=click.FloatRange(0, min_open=True),
    help="Bytes a second between machines: 1.25e9 of 10 Gbit/s.  [default: as here]",
)
@json_option("Write what was measured, and predicted, to a file.")
@figure_option("Draw the speed-up against the number of machines.")
def scale_out(
    batch: int,
    steps: int,
    latency: float | None,
    bandwidth: float | None,
    file: Path | None,
    figure: Path | None,
) -> None:
    """Time a DCGAN's step on one rank and on two, and predict it for up to 64 machines.

    A rank computes with one thread. What two ranks take is compared with the prediction for two
    processes that share this machine: each alone with its rows, at the same time, and messages on
    top. Two machines would not slow each other down. The table is Markdown.
    """
    sizes = [batch // machines for machines in scaling.MACHINES if batch // machines >= 2]
    alone = {rows: scaling.measure(1, rows, steps)[0] for rows in sizes}
    threaded, _ = scaling.measure(1, batch, steps, threads=2)
    apart, _ = scaling.measure(2, batch // 2, steps, apart=True)
    together, here = scaling.measure(2, batch, steps)
    network = scaling.Network(latency or here.latency, bandwidth or here.bandwidth)
    expected = scaling.predict(apart.seconds, 2, together, here)
    predicted = scaling.scale(alone, together, network, batch)
    click.echo(scaling.table(predicted))
    for what, seconds in (
        ("one rank of two threads", threaded.seconds),
        ("two ranks of one thread", together.seconds),
        ("half the rows alone", alone[batch // 2].seconds),
        ("the same beside another", apart.seconds),
        ("two ranks here, predicted", expected),
    ):
        click.echo(f"{what:25} {1e3 * seconds:8.1f} ms a step")
    click.echo(
        f"{together.exchanges} exchanges of {together.bytes:,} bytes a step; here "
        f"{1e6 * here.latency:.0f} us and {1e-9 * here.bandwidth:.2f} GB/s"
    )
    if file is not None:
        measured = [*alone.values(), threaded, apart, together]
        scaling.write_json(file, measured, network, predicted)
    if figure is not None:
        scaling.draw(figure, [alone[batch], together], predicted)
    _verdict(
        "two ranks over their prediction",
        f"{together.seconds / expected:.2f}",
        f"{1 + scaling.TOLERANCE:g}",
        kept=together.seconds <= (1 + scaling.TOLERANCE) * expected,
    )


@main.command(name="trace")
@click.argument("model", default="vae")
def trace_step(model: str) -> None:
    """Show which files, lines and functions of minigen one training step enters."""
    click.echo(trace.table(trace.trace_step(model)))


@main.command(name="work")
@click.option("--write", is_flag=True, help="Replace the committed table.")
def work_counts(write: bool) -> None:
    """Count the work of minigen's training steps, and compare with the committed table."""
    counted = {name: work.count_work(name) for name in work.COUNTED}
    if write:
        work.write_table(counted)
    table = work.read_table()
    changes = [line for name in counted for line in work.changes(name, counted[name], table[name])]
    for line in changes:
        click.echo(line)
    for name, counts in counted.items():
        sizes = ", ".join(f"{k} {counts[k]:,}" for k in ("result_bytes", *work.BYTES))
        click.echo(f"{name}: {sum(counts['forward'].values())} calls of ops, {sizes}")
    if changes:
        raise SystemExit(1)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
