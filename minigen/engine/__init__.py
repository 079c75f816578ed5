"""The engine: arrays that record how they were made, and the walk back that differentiates them.

Read from the ground up: `backend` (which array library), `modes` and `guards` (recording; faults),
`graph` (nodes and the walk back), `inplace` (writes), `tensor`, `signature` and `op` (a function on
arrays with its gradient rule), `autograd` (`grad`); beside them `creation` and `random`.
"""
