"""HTTP/1.1 to other processes: kept-alive connections, and responses as they come in."""
