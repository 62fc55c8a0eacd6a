"""Tests of the system as a whole. A module's own are beside it, in `src/modules/NAME/tests`."""
