"""Write the committed fixtures, with PyTorch: `python -m tests.parity.make_fixtures`."""

from __future__ import annotations

from . import fixtures


def main() -> None:
    for path, results in (
        (fixtures.OPS, fixtures.ops_by_torch()),
        (fixtures.OPTIMIZERS, fixtures.optimizers_by_torch()),
        (fixtures.INPLACE, fixtures.inplace_by_torch()),
    ):
        fixtures.write(path, results)
        print(f"{path.name}: {len(results)} arrays, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
