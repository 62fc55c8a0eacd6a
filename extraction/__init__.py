"""Extraction: find out whether a module can leave the monolith, and write it as a service of its own.

See docs/how-a-module-leaves.md.

`reading` and `analysis` read modules, and never import one: what is broken, or belongs to another folder than this one,
is analysed all the same. Where one has to run, `processes.runner` runs it in the folder it stands in, by a process of
its own:

- `writing.verification` loads and starts what was written (`extract`);
- `departure` loads what was changed, and has the service say what its interface is (`finish`, `fold`);
- `conformance` starts both, and asks the module in the monolith what its service is asked (`verify`);
- `data` asks a folder where its databases are;
- `updating` has an updated service describe its API (`update`);
- `writing.names` asks a deployable which names are taken (`startmodule`).

`check`, `list` and `cost` run none; `compat` imports contracts alone, in a process of their own.
"""
