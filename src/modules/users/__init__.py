"""Accounts, profiles and loyalty points."""
