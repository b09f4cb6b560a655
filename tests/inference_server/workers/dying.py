"""Stands in for a worker: says hello and dies of the first task. At the log level DEBUG it says nothing at all."""

from __future__ import annotations

import socket
import sys

from inference_server.workers import wire

connection = socket.socket(fileno=int(sys.argv[1]))
if "DEBUG" not in sys.argv[3]:
    connection.sendall(wire.reply(wire.Outcome.HELLO, 0))
connection.recv(1)
