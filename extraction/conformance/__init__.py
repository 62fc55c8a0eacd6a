"""Does a service still do what its contract promises, and what the module it came from does?

`stage` boots what stands in a folder, on a copy of the monolith's example data. `suite`, in a process of the monolith's
(`reference`), makes requests from the contract, asks the module in its own process and the service over the wire, and
compares.
"""
