"""Extraction: find out whether a module can leave the monolith, and write it as a service of its own.

This process reads modules, and never imports one: what is broken, or belongs to another folder than this one, is
analysed all the same. Where one has to run, a process of its own runs it in the folder it stands in:

- `verification` loads and tests what was written or changed (`extract`, `finish`, `fold`, `verify`);
- `boot` migrates and serves it (`extract`, `verify`);
- `conformance.reference` asks the module in the monolith what its service is asked (`verify`);
- `departure.places` has the service say what its interface is (`finish`, `fold`).

The analysis (`check`, `list`, `cost`) runs none; `compat` imports contracts alone, in a process of their own.

See docs/how-a-module-leaves.md.
"""
