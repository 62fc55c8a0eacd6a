"""The map: what runs now, drawn, for operators.

A document is made of what this deployable knows (manifests, topology, metrics, databases) and of what the others, that
its modules' peers live in, tell at `/health` and `/metrics`. The page draws it, and asks for the next one.
"""
