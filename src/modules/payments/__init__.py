"""Authorise, capture and refund; provider callbacks."""
