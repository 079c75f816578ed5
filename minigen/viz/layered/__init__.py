"""Layered drawings of directed graphs without cycles, as Sugiyama draws them, in pure Python.

Four steps, a module each: every box gets a *row* (`rows`); every arrow that passes rows gets a
bend in each; the boxes and bends of a row get an *order* with few crossings (`order`); and the
places in a row get *coordinates* that keep long arrows straight (`coordinates`).

Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981).
"""

from minigen.viz.layered.layout import Layout, Point, layout

__all__ = ["Layout", "Point", "layout"]
