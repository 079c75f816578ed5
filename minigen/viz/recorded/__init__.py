"""The recorded graph as a picture.

`reading` makes a `sketch` of the engine's nodes, `pruning` makes it small enough, and `svg` draws
it where `minigen.viz.layered` says.
"""

from minigen.viz.recorded.picture import GraphPicture, graph

__all__ = ["GraphPicture", "graph"]
