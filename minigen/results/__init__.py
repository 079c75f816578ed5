"""Published figures, the commands that made them, and whether they hold on another machine."""

from minigen.results.published import Row, Table, published
from minigen.results.reproduction import Reproduction, reproduce

__all__ = ["Reproduction", "Row", "Table", "published", "reproduce"]
