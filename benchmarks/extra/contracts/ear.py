"""Ear: hears the bell, and answers nothing."""
