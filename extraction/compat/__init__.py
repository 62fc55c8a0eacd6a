"""Compatibility: do peers that were built from different versions of the contracts still understand each other?

Deployables are not upgraded at one instant, and a service extracted months ago speaks what was locked then. So a change
is compatible only if both directions hold, old with new and new with old, and if many such changes after each other
hold too. `contracts/lock/` has what was promised so far; `rules` says which change breaks a promise, and why.
"""
