"""Making what the moving figures of the site show: small models, trained here, saved small.

``python -m docs figures`` makes everything anew, in less than two minutes on two cores, and writes
it to ``docs/website/static/moving``: for each figure a JSON file that its script reads, and a still
picture for where no script runs. Every seed is fixed.
"""

from docs.moving.making import FOLDER, Made, figures, save

__all__ = ["FOLDER", "Made", "figures", "save"]
