"""The echo as a gRPC service: unary, a synchronous server with as many threads as the others have."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

# Compiles the .proto when it is imported.
messages, services = grpc.protos_and_services("benchmarks/rivals/echo.proto")


class Echo(services.EchoServicer):  # type: ignore[name-defined,misc]
    def Echo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  its name in the .proto
        return request


def main(port: str) -> None:
    server = grpc.server(ThreadPoolExecutor(4))
    services.add_EchoServicer_to_server(Echo(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])
