"""Reading a repository: its layout, files, modules, contracts and requirements. Nothing of it is run."""
