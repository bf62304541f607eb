"""A small warm query in a loop, in a process of its own: what an honest client feels while somebody attacks.

Run as a program with a port. It writes a line `moment milliseconds` to standard output for each answer.
"""

import socket
import sys
import time

BODY = b'{"query":"{ __typename }"}'
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nhost: bilten\r\ncontent-type: application/json\r\ncontent-length: "
    + str(len(BODY)).encode()
    + b"\r\n\r\n"
    + BODY
)
PAUSE = 0.002


def main() -> None:
    """Ask until standard output is closed."""
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            began = time.monotonic()
            line.sendall(REQUEST)
            answer = line.recv(65_536)
            while answer and not answer.endswith(b"}"):
                answer += line.recv(65_536)
            ended = time.monotonic()
            if not answer.startswith(b"HTTP/1.1 200 ") or b'"Query"' not in answer:
                raise SystemExit(answer.decode() or "the server has ended the connection of the probe")
            sys.stdout.write(f"{began:.6f} {1_000 * (ended - began):.3f}\n")
            sys.stdout.flush()
            # The probe is a clock: it asks at a steady pace, so that it measures the server and is no load itself.
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
