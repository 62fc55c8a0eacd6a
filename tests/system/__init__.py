"""A small system for the machinery's tests: parcels go to depots, and notes are taken of it. No word of the shop.

In the tests' own process its modules stand beside the shop's (`settings`); `place.py` lays it out as a deployable of
its own, for processes.
"""
